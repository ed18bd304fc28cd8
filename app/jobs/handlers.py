"""What a kind of job is: its typed params, its lane, what runs and what happens at its end."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Any, ClassVar, Generic, Protocol, TypeVar, runtime_checkable

from pydantic import BaseModel, JsonValue, ValidationError

from app.core.database import Session
from app.jobs.context import Work
from app.jobs.domain import AttemptView, JobView, Lane
from app.jobs.errors import KindUnknown, ParamsUnusable
from app.jobs.reconcile import Inquiry

__all__ = ["Ending", "Handlers", "Inquirer", "JobHandler", "NoParams"]

ParamsT = TypeVar("ParamsT", bound=BaseModel)


class Ending(StrEnum):
    """How a job ended."""

    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class NoParams(BaseModel):
    """A job that needs to be told nothing but what its row says."""


class JobHandler(Protocol, Generic[ParamsT]):
    """One kind of job; a handler keeps no state of a run, because a run may go on in another process."""

    kind: ClassVar[str]
    label: ClassVar[str]
    lane: ClassVar[Lane]
    startable: ClassVar[bool] = False
    every: ClassVar[timedelta | None] = None
    params: type[ParamsT]

    async def run(self, work: Work, params: ParamsT) -> dict[str, JsonValue]:
        """Does the work in named steps and gives the result; every step may run again after a crash."""

    async def ended(self, session: Session, job: JobView, ending: Ending) -> None:
        """What must change together with the job's last move, in the same transaction; usually nothing does."""
        del session, job, ending


@runtime_checkable
class Inquirer(Protocol):
    """A handler whose vendor has a list: an unknown outcome is looked up there even when the job has ended."""

    def inquiry(self, params: Any, attempt: AttemptView) -> Inquiry:
        """The call as the run meant it, and how to look it up; the params are those of the handler's kind."""


class Handlers:
    """The kind-to-handler table of this process."""

    def __init__(self, handlers: Iterable[JobHandler[Any]]) -> None:
        self._by_kind = {handler.kind: handler for handler in handlers}

    def __getitem__(self, kind: str) -> JobHandler[Any]:
        if kind not in self._by_kind:
            raise KindUnknown(facts={"kinds": list(self.startable())})
        return self._by_kind[kind]

    def lane_of(self, kind: str) -> Lane | None:
        """Where work of a kind goes on; None where there is no such kind."""
        handler = self._by_kind.get(kind)
        return None if handler is None else handler.lane

    def offered(self, kind: str) -> JobHandler[Any]:
        """The handler of a kind that requests may start."""
        if kind not in self.startable():
            raise KindUnknown(facts={"kinds": list(self.startable())})
        return self[kind]

    def kinds(self) -> Mapping[str, JobHandler[Any]]:
        """Every kind with its handler."""
        return self._by_kind

    def startable(self) -> Sequence[str]:
        """The kinds a request may start."""
        return sorted(kind for kind, handler in self._by_kind.items() if handler.startable)

    def checked(self, kind: str, params: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        """The params as the kind keeps them, or why they do not fit."""
        try:
            fitting: BaseModel = self[kind].params.model_validate(params)
        except ValidationError as faults:
            told = [f"{'.'.join(map(str, f['loc']))}: {f['msg']}" for f in faults.errors(include_input=False)]
            raise ParamsUnusable(facts={"faults": list(told)}) from None
        kept: dict[str, JsonValue] = fitting.model_dump(mode="json")
        return kept
