"""A painter and a camera whose answers a test writes; they remember what they were asked."""

import hashlib
import io
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime

from PIL import Image
from typing_extensions import override

from app.core.sinks import BinarySink
from app.providers.errors import TaskLost
from app.providers.image import ImageCapabilities, ImageProvider, ImageRequest, MadePictures, ReferenceUse, Still
from app.providers.values import AttemptKey, FetchedMedia, MediaType, PictureRules, Reconcile
from app.providers.video import (
    CannotTell,
    Failed,
    Found,
    NotReceived,
    RemoteTask,
    Running,
    Succeeded,
    VideoCapabilities,
    VideoMode,
    VideoOutput,
    VideoProvider,
    VideoRequest,
    VideoResolution,
)
from tests.standins.minimax.media import clip

VENDOR, ACCOUNT = "minimax", "minimax:scripted"
RULES = PictureRules(frozenset({MediaType.PNG, MediaType.JPEG, MediaType.WEBP}), 20_000_000, 63)
OUTPUTS = tuple(VideoOutput(seconds, VideoResolution.P768) for seconds in (6, 10))
Draw = Callable[[ImageRequest], MadePictures]
Look = Callable[[RemoteTask], Running | Succeeded | Failed]


def drawn(request: ImageRequest) -> MadePictures:
    """A picture whose colour follows from what was asked, a little different each time."""
    known = request.prompt.encode() + b"".join(picture.content for picture in request.references)
    red, green, blue = hashlib.sha256(known).digest()[:3]
    made = io.BytesIO()
    Image.new("RGB", (640, 360), (red, green, blue)).save(made, "PNG")
    return MadePictures((Still(made.getvalue(), MediaType.PNG),))


def good_clip(seconds: int = 6) -> bytes:
    return clip((160, 96), seconds, None, None)


class ScriptedPainter(ImageProvider):
    """Draws by its script, then plain pictures."""

    def __init__(self) -> None:
        self.name, self.account = VENDOR, ACCOUNT
        self.script: list[Draw] = []
        self.requests: list[ImageRequest] = []
        self.reference_use = ReferenceUse.SCENE
        self.prompt_limit_characters = 1500
        self.takes_seed = False

    @override
    def models(self) -> tuple[str, ...]:
        return ("image-01",)

    @override
    def capabilities(self, model: str = "") -> ImageCapabilities:
        sizes = {"16:9": (1280, 720), "9:16": (720, 1280)}
        limit = self.prompt_limit_characters
        return ImageCapabilities("image-01", limit, sizes, self.reference_use, 1, RULES, 1, self.takes_seed, 5.0)

    @override
    async def draw(self, request: ImageRequest, *, key: AttemptKey) -> MadePictures:
        self.requests.append(request)
        return self.script.pop(0)(request) if self.script else drawn(request)

    @override
    async def close(self) -> None:
        return


class ScriptedCamera(VideoProvider):
    """Takes every request, is ready at the second look, and delivers by its script, then good clips."""

    def __init__(self) -> None:
        self.name, self.account = VENDOR, ACCOUNT
        self.requests: list[VideoRequest] = []
        self.keys: list[AttemptKey] = []
        self.before: list[Exception] = []
        self.after: list[BaseException] = []
        self.looks: list[Look] = []
        self.looks_always: Look | None = None
        self.files: list[bytes] = []
        self.fetches = 0
        self.forgotten: list[str] = []
        self.modes = frozenset(VideoMode)
        self.obeys_camera = True
        self.prompt_limit_characters = 2000
        self.fate: Found | NotReceived | CannotTell = CannotTell()
        self._looked: set[str] = set()

    @override
    def models(self) -> tuple[str, ...]:
        return ("MiniMax-Hailuo-02",)

    @override
    def capabilities(self, model: str) -> VideoCapabilities:
        return VideoCapabilities(
            model="MiniMax-Hailuo-02",
            outputs=dict.fromkeys(sorted(self.modes), OUTPUTS),
            prompt_limit_characters=self.prompt_limit_characters,
            picture_rules=RULES,
            reconcile=Reconcile.BY_LIST,
            usual_seconds=2,
            give_up_after_seconds=900,
            submit_deadline_seconds=5,
            obeys_camera=self.obeys_camera,
        )

    @override
    async def submit(self, request: VideoRequest, *, key: AttemptKey) -> RemoteTask:
        if self.before:
            raise self.before.pop(0)
        self.requests.append(request)
        self.keys.append(key)
        if self.after:
            raise self.after.pop(0)
        return RemoteTask(f"task-{len(self.requests)}", request.model, datetime.now(UTC))

    @override
    async def poll(self, task: RemoteTask) -> Running | Succeeded | Failed:
        if self.looks_always is not None:
            return self.looks_always(task)
        if self.looks:
            return self.looks.pop(0)(task)
        if task.id in self._looked:
            return Succeeded(task, f"file-{task.id}")
        self._looked.add(task.id)
        return Running(0.0, "Processing")

    @override
    async def fetch(self, done: Succeeded, into: BinarySink) -> FetchedMedia:
        self.fetches += 1
        content = self.files.pop(0) if self.files else good_clip()
        if not content:
            raise TaskLost(provider=self.name)
        await into.write(b"a cut download")
        await into.restart()
        await into.write(content)
        return FetchedMedia(len(content), hashlib.sha256(content).hexdigest(), "video/mp4")

    @override
    async def find(
        self, key: AttemptKey, *, since: datetime, request: VideoRequest, known: Collection[str]
    ) -> Found | NotReceived | CannotTell:
        return self.fate

    @override
    async def forget(self, task: RemoteTask) -> None:
        self.forgotten.append(task.id)

    @override
    async def close(self) -> None:
        return


@dataclass
class VisualKit:
    """The engines of pictures and clips of one test, handed over in the place of a vendor's."""

    image: ScriptedPainter = field(default_factory=ScriptedPainter)
    video: ScriptedCamera = field(default_factory=ScriptedCamera)

    async def check(self) -> None:
        return

    async def close(self) -> None:
        return
