"""What really arrives from MiniMax, replies and callbacks: unknown fields pass, missing parts stay missing."""

import json
import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from app.providers.video import CallbackChallenge, CallbackHint


def _as_text(value: object) -> object:
    if value is None:
        return ""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _as_list(value: object) -> object:
    return [] if value is None else value


def _as_number(value: object) -> object:
    return 0 if value in (None, "") else value


Text = Annotated[str, BeforeValidator(_as_text)]
Count = Annotated[int, BeforeValidator(_as_number)]


class Wire(BaseModel):
    """Reads leniently and is never echoed in an error."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True, allow_inf_nan=False)


class BaseResp(Wire):
    """The vendor's own verdict on a call; HTTP says 200 either way."""

    status_code: Count = 0
    status_msg: Text = ""


class BaseReply(Wire):
    """Any v1 answer."""

    base_resp: BaseResp | None = None


class CreatedReply(BaseReply):
    """Work was accepted when a task id is there."""

    task_id: Text = ""


class TaskReply(BaseReply):
    """State of a v1 clip; before success the file id is empty and the sizes are 0."""

    task_id: Text = ""
    status: Text = ""
    file_id: Text = ""
    video_width: Count = 0
    video_height: Count = 0


class FileFacts(Wire):
    """One stored file; the link lives an hour."""

    file_id: Text = ""
    filename: Text = ""
    download_url: Text = ""


class FileReply(BaseReply):
    """Answer of upload and retrieve."""

    file: FileFacts | None = None


class FileListReply(BaseReply):
    """Files of one purpose."""

    files: Annotated[list[FileFacts], BeforeValidator(_as_list)] = Field(default_factory=list)


class AudioPart(Wire):
    """Sound as hexadecimal digits."""

    audio: Text = ""
    subtitle_file: Text = ""


class SpeechExtraInfo(Wire):
    """Lengths in milliseconds."""

    audio_length: float = 0
    music_duration: float = 0
    usage_characters: Count = 0


class AudioReply(BaseReply):
    """Answer of speech and music."""

    data: AudioPart | None = None
    extra_info: SpeechExtraInfo | None = None


class DesignReply(BaseReply):
    """An invented voice and its hexadecimal preview."""

    voice_id: Text = ""
    trial_audio: Text = ""


class VoiceEntry(Wire):
    """One voice of the catalogue."""

    voice_id: Text = ""
    voice_name: Text = ""
    description: Annotated[list[str], BeforeValidator(_as_list)] = Field(default_factory=list)


VoiceEntries = Annotated[list[VoiceEntry], BeforeValidator(_as_list)]


class VoicesReply(BaseReply):
    """The catalogue; each part may be null or missing."""

    system_voice: VoiceEntries = Field(default_factory=list)
    voice_cloning: VoiceEntries = Field(default_factory=list)
    voice_generation: VoiceEntries = Field(default_factory=list)


class ImagePart(Wire):
    """Pictures as base64."""

    image_base64: Annotated[list[str], BeforeValidator(_as_list)] = Field(default_factory=list)


class ImageCounts(Wire):
    """Counts come as numbers or as text."""

    success_count: Count = 0
    failed_count: Count = 0


class ImageReply(BaseReply):
    """Answer of the picture call."""

    data: ImagePart | None = None
    metadata: ImageCounts | None = None


class SubtitleWord(Wire):
    """One word of a subtitle, times in milliseconds."""

    word: Text = ""
    time_begin: float = 0
    time_end: float = 0


class Subtitle(Wire):
    """One sentence or word of a subtitle file, times in milliseconds."""

    text: Text = ""
    time_begin: float = 0
    time_end: float = 0
    timestamped_words: Annotated[list[SubtitleWord], BeforeValidator(_as_list)] = Field(default_factory=list)


class V2Error(Wire):
    """Why a v2 clip or call failed; the code is text."""

    code: Text = ""
    type: Text = ""
    message: Text = ""


class V2Content(Wire):
    """Where the clip is for a while."""

    url: Text = ""


class TaskV2(Wire):
    """One v2 task."""

    id: Text = ""
    status: Text = ""
    model: Text = ""
    duration: Count = 0
    created_at: float = 0
    error: V2Error | None = None
    content: V2Content | None = None


class TaskV2Reply(Wire):
    """State of a v2 clip."""

    task: TaskV2 | None = None


class V2ErrorReply(Wire):
    """A v2 refusal."""

    error: V2Error | None = None
    base_resp: BaseResp | None = None
    request_id: Text = ""


class TaskV2List(Wire):
    """A page of v2 tasks; without the list itself nothing can be concluded."""

    tasks: list[TaskV2] | None = Field(default=None, validation_alias="tasks")
    total: int | None = None

    @classmethod
    def read(cls, page: dict[str, Any]) -> "TaskV2List":
        """The page under either name that has been seen for its list."""
        return cls.model_validate({"tasks": page.get("tasks", page.get("items")), "total": page.get("total")})


MAX_BODY_BYTES = 16 * 1024
MAX_CHALLENGE_BYTES = 256
TASK_ID = re.compile(r"[\w.:-]{1,64}", re.ASCII)


def hear(body: bytes) -> CallbackChallenge | CallbackHint | None:
    """The challenge to echo within three seconds, or the task that claims to have moved, or nothing usable."""
    said = _object(body)
    challenge = said.get("challenge")
    if isinstance(challenge, str) and 0 < len(challenge.encode(errors="replace")) <= MAX_CHALLENGE_BYTES:
        return CallbackChallenge({"challenge": challenge})
    task = said.get("task_id", said.get("id"))
    if isinstance(task, int) and not isinstance(task, bool):
        task = str(task)
    return CallbackHint(task) if isinstance(task, str) and TASK_ID.fullmatch(task) else None


def _object(body: bytes) -> dict[str, object]:
    if len(body) > MAX_BODY_BYTES:
        return {}
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
