"""What the jobs slice of one process is made of, built once from the handlers and the purse."""

from collections.abc import Iterable
from typing import Any

from typing_extensions import override

from app.jobs.aftermath import Aftermath
from app.jobs.attempts import Attempts, Fence, Purse
from app.jobs.cancels import CancelWatch
from app.jobs.handlers import Handlers, JobHandler
from app.jobs.reconcile import Reconciler
from app.jobs.settlement import Settlement
from app.jobs.spool import Spool
from app.jobs.waiting import Patience, WaitingRoom
from app.resources import Resources

__all__ = ["NoFence", "Workshop"]


class NoFence(Fence):
    """The fence of a process that runs no jobs: it never sends a paid call."""

    name = "none"

    @override
    def fresh(self) -> bool:
        """Never."""
        return False


class Workshop:
    """Handlers, settlement, attempts, reconciliation and waits, shared by routes, runner and dispatcher."""

    def __init__(
        self,
        resources: Resources,
        handlers: Iterable[JobHandler[Any]],
        purse: Purse,
        fence: Fence | None = None,
        patience: Patience | None = None,
        *,
        spool: Spool | None = None,
    ) -> None:
        self.handlers = Handlers(handlers)
        self.purse = purse
        self.attempts = Attempts(resources, purse, fence or NoFence(), spool)
        self.reconciler = Reconciler(resources, self.attempts)
        self.aftermath = Aftermath(resources, self.handlers, self.reconciler)
        self.settlement = Settlement(resources, self.handlers, purse)
        self.cancels = CancelWatch(resources)
        self.room = WaitingRoom(resources.clock, self.cancels, patience or Patience())
