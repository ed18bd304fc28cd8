"""The engine port: how jobs are run so that they survive the death of the process that runs them."""

import math
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol, Self, TypeAlias, TypeVar, TypeVarTuple

from pydantic import BaseModel, ConfigDict, Field, JsonValue

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

# Where the engine keeps its notes: a schema of Postgres, or a second file beside that of SQLite.
SCHEMA = "engine"
JobId: TypeAlias = str
ExecutorId: TypeAlias = str
JsonObject: TypeAlias = dict[str, JsonValue]


def engine_file(database: Path) -> Path:
    """The file that the engine keeps beside a SQLite database."""
    return database.with_name(f"{database.stem}.engine{database.suffix or '.db'}")


class EngineQueue(StrEnum):
    """Where orders wait: at vendors, at the processor, or hardly at all."""

    REMOTE = "remote"
    RENDER = "render"
    LIGHT = "light"


class EnginePriority(StrEnum):
    """Who goes first among the waiting orders of one queue (and, in `remote`, of one user)."""

    NORMAL = "normal"
    LOW = "low"


class RunState(StrEnum):
    """What the engine knows of a run; whether it went well stands in the job's own row."""

    WAITING = "waiting"
    RUNNING = "running"
    ENDED = "ended"
    GIVEN_UP = "given_up"


class Value(BaseModel):
    """A frozen value that checks what it is made of."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class JobOrder(Value):
    """One job to be run.

    Without a queue it starts at once in this process, whatever else runs: for a job whose caller waits.
    In a queue it waits for a free place; `partition` is the user, who has a limited number of places in each queue.
    The payload is for runners that keep nothing elsewhere; it is stored with the run and must be plain JSON.
    """

    job_id: JobId = Field(min_length=1)
    kind: str = Field(min_length=1)
    queue: EngineQueue | None = None
    partition: str = ""
    priority: EnginePriority = EnginePriority.NORMAL
    payload: JsonObject = Field(default_factory=dict)


class Retries(Value):
    """How often a step tries a call that may be repeated freely; counted in memory, so a restart begins anew."""

    attempts: int = Field(1, ge=1)
    pause_seconds: float = Field(1.0, ge=0)
    factor: float = Field(2.0, ge=1)

    def pause_after(self, attempt: int) -> float | None:
        """Seconds to wait after this failed attempt (counted from 1), or None when it was the last."""
        return None if attempt >= self.attempts else self.pause_seconds * self.factor ** (attempt - 1)


NEVER = Retries()


class RunEvent(Value):
    """Something a run says. A run that goes on elsewhere says it again under the same key: keep the first."""

    job_id: JobId
    key: str
    name: str
    facts: JsonObject


class StepFailed(Exception):
    """A step ended with an error.

    The record keeps the code, whether a retry may help and the facts that a runner adds, never the exception itself,
    so that a run meets the same failure when it goes on elsewhere. The cause is chained where it happened.
    """

    def __init__(
        self, step: str, code: str, text: str, *, retryable: bool, facts: Mapping[str, JsonValue] | None = None
    ) -> None:
        self.step = step
        self.code = code
        self.text = text
        self.retryable = retryable
        self.facts = dict(facts or {})
        super().__init__(f"{step}: {code}")


class WaitTimedOut(StepFailed):
    """A wait reached its stored end without an answer."""


@dataclass(frozen=True)
class StepOutcome:
    """What a step came to: its result or its failure, in the one shape that an engine records and a runner meets."""

    result: JsonValue = None
    failure: StepFailed | None = None

    def as_json(self) -> JsonObject:
        """What is recorded."""
        failed = self.failure
        if failed is None:
            return {"value": self.result}
        timed_out = isinstance(failed, WaitTimedOut)
        about: JsonObject = {"code": failed.code, "text": failed.text, "retryable": failed.retryable}
        return {"failure": about | {"timed_out": timed_out, "facts": failed.facts}}

    @classmethod
    def of_json(cls, step: str, recorded: Mapping[str, Any]) -> Self:
        """What was recorded of a step."""
        if "value" in recorded:
            return cls(recorded["value"])
        about = recorded.get("failure")
        if about is None:
            return cls._of_older(step, recorded["result"])
        kind = WaitTimedOut if about.get("timed_out") else StepFailed
        facts = about.get("facts")
        return cls(failure=kind(step, about["code"], about["text"], retryable=about["retryable"], facts=facts))

    @classmethod
    def _of_older(cls, step: str, kept: JsonValue) -> Self:
        """What a run recorded that began before runners and engines shared one shape; it may have bought something."""
        if not isinstance(kept, dict) or len(kept) != 1:
            return cls(kept)
        failure = kept.get("failure")
        if isinstance(failure, dict):
            code, retryable = str(failure["code"]), bool(failure.get("retryable"))
            return cls(failure=StepFailed(step, code, "", retryable=retryable, facts={"failure": failure}))
        if kept.get("cancelled"):
            return cls(failure=StepFailed(step, "job.cancelled", "", retryable=False, facts={"cancelled": True}))
        return cls(kept.get("result", kept))

    def opened(self, cause: Exception | None) -> Any:
        """The result; a failure is raised, with its cause where it happened here."""
        if self.failure is not None:
            raise self.failure from cause
        return self.result


class RunAbandoned(Exception):
    """A runner raises it, or a subclass, to let go of a run without ending it.

    This process lost the right to act for the job. Nothing is recorded; whoever holds the run by right takes it up
    from its last recorded step.
    """


class ParkedRun(Protocol):
    """A run that is not executed for a while; it stays its executor's, and keeps its place in its queue."""

    @property
    def job_id(self) -> JobId:
        """The job of the run."""

    @property
    def held(self) -> bool:
        """Whether it is still parked here; it may have been resumed, ended or taken by another executor."""

    async def resume(self) -> None:
        """Lets it go on, here or elsewhere, from its last recorded step; has no effect once it is not held."""


class RunParked(RunAbandoned):
    """A runner raises it to end its execution, but not its run, until there is something to do.

    `then` is called in the same process once the run is parked; whoever gets it resumes the run. If this process dies
    the run is taken up like any other.
    """

    def __init__(self, then: Callable[[ParkedRun], None]) -> None:
        self.then = then
        super().__init__("parked")


class NotPlainJson(TypeError):
    """A payload, a result or a fact is something that JSON would give back changed."""


class JobContext(Protocol):
    """What a runner works with. Steps of one run follow each other in the same order each time it is run."""

    @property
    def order(self) -> JobOrder:
        """The order as it was first given."""

    async def step(self, name: str, call: Callable[[*Ts], Awaitable[T]], *args: *Ts, retries: Retries = NEVER) -> T:
        """Calls once and records the result; when the run goes on elsewhere the recorded result is given at once.

        A crash before the record is written runs the call again: whoever pays inside a step keeps a ledger. The result
        must be plain JSON. An error is recorded too and raised as StepFailed, each time. A cancel does not interrupt
        the call, but its result is not recorded and the run ends there.
        """

    async def wait(
        self,
        name: str,
        look: Callable[[*Ts], Awaitable[T | None]],
        *args: *Ts,
        every_seconds: float,
        until: datetime,
    ) -> T:
        """Looks until there is an answer, at once and then at this pace.

        `until` must be a stored time, because a restart goes on to the same end. Waiting holds no thread and writes
        nothing; a look may also wait by itself, for a notice. Raises WaitTimedOut after a last look at the end and
        StepFailed when a look fails. A cancel, a lost run and a closing engine interrupt it, even within a look.
        """

    async def alive(self) -> None:
        """Says that this life of the run gets on although no step has ended yet, because it waits for others.

        A run is given up when its process dies again and again before a step, a look or this has shown that it can
        live. Only the first call of a life writes, and only in a run that has died before.
        """

    async def emit(self, event: str, facts: JsonObject) -> None:
        """Hands an event to the recorder under a key that is the same whenever the run passes here."""


class EngineRunner(Protocol):
    """Runs one job to its end, and settles the job's own row itself; finds the handler of the kind."""

    async def __call__(self, job_id: JobId, context: JobContext, /) -> JsonObject | None:
        """The outcome as plain JSON, kept for diagnosis. An exception ends the run too and is logged once."""


class Recorder(Protocol):
    """Where events of runs go."""

    async def __call__(self, event: RunEvent, /) -> None:
        """Stores the event unless its (job id, key) is there."""


class JobEngine(Protocol):
    """Runs jobs durably. Its store is a diary that may be lost: the truth stands in our own tables."""

    async def open(self, *, run: EngineRunner, record: Recorder) -> None:
        """Begins to take orders from the queues; the lease of this executor must be written before."""

    async def start(self, order: JobOrder) -> None:
        """Makes the order durable, then returns. The same job id again has no effect, whatever became of it."""

    async def cancel(self, job_id: JobId) -> None:
        """Ends the run for ever: a cancelled run is never resumed, a retry is a new job.

        A wait is interrupted within a second and a half, a step is not. An unknown or ended run stays as it is.
        Only for jobs of which no paid call is on its way.
        """

    async def known(self, job_ids: Sequence[JobId]) -> Mapping[JobId, RunState]:
        """The runs there are among these; one that is missing was never started, or its record was lost or pruned."""

    async def owners(self) -> frozenset[ExecutorId]:
        """Executors that hold runs which have not ended."""

    async def recover(self, dead: Collection[ExecutorId]) -> int:
        """Lets the runs of these executors go on in any living one; says how many. Repeating it has no effect.

        To be called often, also when nobody is dead: by these calls an idle executor finds what others have started,
        and what was put back to come later comes.
        """

    async def reconcile(self) -> int:
        """Lets go of runs that another executor has taken over, puts back own runs that nobody executes; counts both.

        To be called after a lease was lost, before the next paid call, and now and then.
        """

    async def prune(self, ended_before: datetime) -> int:
        """Forgets runs that ended before this moment; says how many."""

    async def close(self) -> None:
        """Takes nothing new, lets running steps end for a while, then hands every unfinished run back. Bounded."""


def proven_json(value: Any, *, of: str) -> Any:
    """The value itself, proven to come back unchanged from JSON; subclasses such as enums would not."""
    kind = type(value)
    if kind is dict:
        for key, inner in value.items():
            if type(key) is not str:
                message = f"{of} has a key of type {type(key).__name__}"
                raise NotPlainJson(message)
            proven_json(inner, of=f"{of}.{key}")
    elif kind is list:
        for number, inner in enumerate(value):
            proven_json(inner, of=f"{of}[{number}]")
    elif not (value is None or kind in (bool, int, str) or (kind is float and math.isfinite(value))):
        message = f"{of} is a {kind.__name__}, which is not plain JSON"
        raise NotPlainJson(message)
    return value
