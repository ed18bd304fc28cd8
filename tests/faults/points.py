"""Named points of a worker, and the signal that it sends to itself at one of them."""

import os
import signal
from collections import Counter
from contextvars import ContextVar

__all__ = ["DECIDING_POINTS", "FREEZING_POINTS", "NAMED_POINTS", "PAYING_POINTS", "Points", "place"]

# Which step of a job, or which call of the worker, the code is in.
place: ContextVar[str] = ContextVar("place", default="loop")

STEPS = ("stage.buying", "adopt.video", "intend.video.1", "submit.video.1", "bind.video.1", "poll", "stage.booking")
IN_STEPS = tuple(f"{step}.{moment}" for step in STEPS for moment in ("before", "unrecorded", "after"))
# The first unit of work of a submit takes the lane, the second binds the answer.
UNITS = ("intend.video.1.unit1", "submit.video.1.unit1", "submit.video.1.unit2", "run.unit1", "run.unit2", "run.unit3")
IN_UNITS = tuple(f"{unit}.{moment}" for unit in UNITS for moment in ("before_commit", "after_commit"))
IN_BUDGET = tuple(f"budget.{act}.{moment}" for act in ("draw", "settle", "close") for moment in ("before", "after"))
IN_WORKER = ("lease.taken", "engine.opened", "start.before", "start.after", "run.before", "run.after")
IN_VENDOR = ("post.before", "post.after", "answer.spooled", "settled", "ended")
# Reached only by a worker that finds what a killed one left.
IN_RECOVERY = ("recover.before", "recover.after", "find.before", "find.after")
# Where the database and the lease decide: on Postgres these differ from SQLite, the rest is the same code.
DECIDING_POINTS = IN_UNITS[2:6] + IN_BUDGET[2:4] + IN_VENDOR[:3] + IN_RECOVERY
# Where a frozen worker could pay after another one has bought: with the lane in hand, and right before the call.
FREEZING_POINTS = ("intend.video.1.after", "submit.video.1.unit1.after_commit", "post.before", "post.after")
# Between the commit that says a call is on its way and the one that keeps its answer.
PAYING_POINTS = ("submit.video.1.unit1.after_commit", "post.before", "post.after", "submit.video.1.unit2.before_commit")
NAMED_POINTS = IN_WORKER + IN_STEPS + IN_UNITS + IN_BUDGET + IN_VENDOR + IN_RECOVERY


class Points:
    """Counts what is reached; at the chosen point the process signals itself, once."""

    def __init__(self, chosen: str | None = None, sent: signal.Signals = signal.SIGKILL) -> None:
        self._chosen = chosen
        self._sent = sent
        self.reached: Counter[str] = Counter()

    def reach(self, name: str) -> None:
        self.reached[name] += 1
        if name == self._chosen:
            self._chosen = None
            os.kill(os.getpid(), self._sent)
