"""Port for whole stages of a show that an outside service takes over, set up by the operator."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from pydantic import JsonValue

from app.core.sinks import BinarySink
from app.providers.errors import AttemptDisposition, ProviderError
from app.providers.values import AttemptKey, FetchedMedia


class OutsideStage(StrEnum):
    """Which stage is taken over."""

    SCRIPT = "script"
    AUDIO = "audio"
    IMAGE = "image"
    VIDEO = "video"


class OutsideFailed(ProviderError):
    """The service answered that it could not do it, or answered something else than agreed."""

    disposition = AttemptDisposition.FAIL
    code = "outside.failed"
    message = "The outside service that does this stage failed. Try again; tell the operator if it stays."


class OutsideLate(ProviderError):
    """The service was asked and did not answer in its time; it is not asked again by itself."""

    disposition = AttemptDisposition.FAIL
    code = "outside.late"
    message = "The outside service that does this stage did not answer in time. Start it again to ask it once more."


@dataclass(frozen=True)
class DeliveredFilm:
    """Where the service keeps the film that it made."""

    link: str
    thumbnail_link: str | None
    duration_seconds: float | None


class StageService(Protocol):
    """Asks one service for one stage. Every method raises ProviderError and nothing else; each call is sent once.

    A clear no and a reply that never came are OutsideFailed and OutsideLate: the caller tells its owner, who decides.
    """

    name: str
    account: str
    deadline_seconds: float

    async def write(self, wish: dict[str, JsonValue], *, key: AttemptKey) -> str:
        """A script."""

    async def speak(self, wish: dict[str, JsonValue], *, key: AttemptKey) -> str:
        """The link of a sound."""

    async def draw(self, prompt: str, style: str, *, key: AttemptKey) -> str:
        """The link of a picture."""

    async def draw_all(self, prompts: Sequence[str], style: str, *, key: AttemptKey) -> tuple[str, ...]:
        """The links of pictures, in the order of their prompts."""

    async def render(self, wish: dict[str, JsonValue], *, key: AttemptKey) -> DeliveredFilm:
        """A film."""

    async def fetch(self, link: str, into: BinarySink, *, max_bytes: int) -> FetchedMedia:
        """Brings a delivered file; may be repeated. Links to other hosts must be public ones."""

    async def close(self) -> None:
        """Closes the adapter's connections."""
