"""Port for clips: submit, poll, fetch, find; its requests, results and capabilities."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

from app.core.sinks import BinarySink
from app.providers.errors import ProviderError
from app.providers.values import AttemptKey, CameraCommand, FetchedMedia, Picture, PictureRules, Reconcile


class VideoMode(StrEnum):
    """What a clip starts from."""

    TEXT = "text"
    FIRST_FRAME = "first_frame"
    FIRST_LAST_FRAME = "first_last_frame"


class VideoResolution(StrEnum):
    """Named picture sizes; the real size follows the first frame's shape."""

    P480 = "480P"
    P512 = "512P"
    P720 = "720P"
    P768 = "768P"
    P1080 = "1080P"
    K2 = "2K"


@dataclass(frozen=True)
class VideoRequest:
    """One clip to make. Movements in `camera` happen together."""

    model: str
    prompt: str
    duration_seconds: int
    resolution: VideoResolution
    first_frame: Picture | None = None
    last_frame: Picture | None = None
    camera: tuple[CameraCommand, ...] = ()
    optimize_prompt: bool = True
    aspect_ratio: str | None = None

    @property
    def mode(self) -> VideoMode:
        """What the clip starts from."""
        if self.last_frame is not None:
            return VideoMode.FIRST_LAST_FRAME
        return VideoMode.TEXT if self.first_frame is None else VideoMode.FIRST_FRAME

    @property
    def text(self) -> str:
        """The prompt as a vendor reads it, camera movements included: `A lake at dawn [Pan left,Pedestal up]`."""
        movements = f"[{','.join(self.camera)}]" if self.camera else ""
        return " ".join(part for part in (self.prompt.strip(), movements) if part)


@dataclass(frozen=True, order=True)
class VideoOutput:
    """One length and size that can be bought."""

    duration_seconds: int
    resolution: VideoResolution


@dataclass(frozen=True)
class Misfit:
    """Which field of a request a model does not take, and what to do about it."""

    param: str
    hint: str


@dataclass(frozen=True)
class VideoCapabilities:
    """What one model takes; the same record checks requests before payment and is shown to people."""

    model: str
    outputs: dict[VideoMode, tuple[VideoOutput, ...]]
    prompt_limit_characters: int
    picture_rules: PictureRules
    reconcile: Reconcile
    usual_seconds: int
    give_up_after_seconds: int
    submit_deadline_seconds: float
    prompt_required: bool = False
    obeys_camera: bool = False
    most_camera_commands: int = 3
    makes_sound: bool = False
    max_file_bytes: int = 512 * 1024 * 1024
    aspect_ratios: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def misfit(self, request: VideoRequest) -> Misfit | None:
        """The first thing that this model would refuse, or None when it takes the request."""
        found = (*self._mode_misfits(request), *self._text_misfits(request), *self._picture_misfits(request))
        return found[0] if found else None

    def _mode_misfits(self, request: VideoRequest) -> Iterator[Misfit]:
        offered = self.outputs.get(request.mode)
        if request.mode is VideoMode.FIRST_LAST_FRAME and request.first_frame is None:
            yield Misfit("first_frame", "a last frame needs a first frame beside it")
        if offered is None:
            field_name = "last_frame" if request.mode is VideoMode.FIRST_LAST_FRAME else "model"
            yield Misfit(field_name, f"{self.model} makes clips from: {', '.join(sorted(self.outputs))}")
        elif VideoOutput(request.duration_seconds, request.resolution) not in offered:
            pairs = ", ".join(f"{pair.duration_seconds} s at {pair.resolution}" for pair in sorted(offered))
            yield Misfit("duration_seconds", f"{self.model} offers {pairs}")

    def _text_misfits(self, request: VideoRequest) -> Iterator[Misfit]:
        limit, length = self.prompt_limit_characters, len(request.text)
        if request.camera and not self.obeys_camera:
            yield Misfit("camera_commands", f"{self.model} does not know camera commands")
        if len(request.camera) > self.most_camera_commands:
            yield Misfit("camera_commands", f"use at most {self.most_camera_commands} camera commands together")
        if not request.prompt.strip() and (self.prompt_required or request.mode is VideoMode.TEXT):
            yield Misfit("prompt", "say what the clip shows")
        if length > limit:
            yield Misfit("prompt", f"use at most {limit} characters, camera commands included; now {length}")
        if request.aspect_ratio is not None and self.aspect_ratios and request.aspect_ratio not in self.aspect_ratios:
            yield Misfit("aspect_ratio", f"use one of {', '.join(self.aspect_ratios)}")

    def _picture_misfits(self, request: VideoRequest) -> Iterator[Misfit]:
        for name in ("first_frame", "last_frame"):
            picture: Picture | None = getattr(request, name)
            if picture is not None:
                yield from (Misfit(name, hint) for hint in self.picture_rules.misfits(picture))


@dataclass(frozen=True)
class RemoteTask:
    """Work that the vendor has accepted; plain enough to be kept as JSON and read back after a restart."""

    id: str
    model: str
    submitted_at: datetime


@dataclass(frozen=True)
class Running:
    """Not finished; asking again sooner than `look_again_seconds` is answered from memory."""

    look_again_seconds: float
    status: str = ""


@dataclass(frozen=True)
class Succeeded:
    """Finished; `file_id` or a fresh question about the task leads to the file."""

    task: RemoteTask
    file_id: str = ""
    width_px: int = 0
    height_px: int = 0


@dataclass(frozen=True)
class Failed:
    """Ended without a clip; `error` says why, and its disposition what may be tried."""

    error: ProviderError


@dataclass(frozen=True)
class Found:
    """The vendor has exactly one piece of work that can be this attempt's."""

    task: RemoteTask


@dataclass(frozen=True)
class NotReceived:
    """The vendor's complete list proves that nothing of this attempt arrived."""


@dataclass(frozen=True)
class CannotTell:
    """There is no list, or it leaves more than one possibility."""


@dataclass(frozen=True)
class CallbackChallenge:
    """The vendor asks whether this address listens; `answer` is to be returned as it is, at once."""

    answer: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class CallbackHint:
    """Somebody claims that this task moved: worth a look, proof of nothing."""

    task_id: str


@runtime_checkable
class CallbackListener(Protocol):
    """Reads what arrives at an attempt's callback address. The sender is unknown: nothing here may be believed."""

    def hear(self, body: bytes) -> CallbackChallenge | CallbackHint | None:
        """What the body says, or None when it says nothing usable; never raises."""

    async def knows(self, task_id: str) -> bool:
        """Whether the vendor itself has work of this name on our account: free, looked up at once."""


class VideoProvider(Protocol):
    """Makes clips. The core owns when to submit, keep, poll, give up, repeat and pay; the adapter owns the wire.

    `name` is the vendor; `account` is one credential of it, which means one rate limit and one submit lane. Every
    method raises ProviderError and nothing else; cancelling a call leaves no connection behind.
    """

    name: str
    account: str

    def models(self) -> tuple[str, ...]:
        """Models on offer, the preferred one first."""

    def capabilities(self, model: str) -> VideoCapabilities:
        """What this model takes; an unknown model is InvalidRequest."""

    async def submit(self, request: VideoRequest, *, key: AttemptKey) -> RemoteTask:
        """Pays for one clip; sends at most once per call and is never repeated inside.

        RateLimited and Unreachable mean that surely nothing was accepted; OutcomeUnknown that maybe something was.
        Ends within the model's `submit_deadline_seconds`.
        """

    async def poll(self, task: RemoteTask) -> Running | Succeeded | Failed:
        """Looks at the work: free, repeatable, paced inside. A passing trouble of the vendor counts as Running."""

    async def fetch(self, done: Succeeded, into: BinarySink) -> FetchedMedia:
        """Streams the clip into the caller's sink: free and repeatable; resumes cuts and renews links by itself.

        TaskLost means that the vendor has the file no more. The caller must still probe what arrived.
        """

    async def find(
        self, key: AttemptKey, *, since: datetime, request: VideoRequest, known: Collection[str]
    ) -> Found | NotReceived | CannotTell:
        """What became of an attempt whose reply was lost; looks, never sends. `known`: tasks of other attempts."""

    async def forget(self, task: RemoteTask) -> None:
        """Takes back work that has not begun where the vendor can; frees its place in our own count either way."""

    async def close(self) -> None:
        """Closes the adapter's connections."""
