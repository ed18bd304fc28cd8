"""What this client sends; unknown keys and empty values are passed over, both spellings are read."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import ConfigDict, Field, JsonValue
from pydantic.alias_generators import to_camel

from app.accounts.client_settings import KNOWN_SETTINGS
from app.api.dialects.rules import FaceBody
from app.pieces.domain import MusicAsked, PictureAsked
from app.production.oneshot import OneShotAsked

__all__ = ["LARGEST_BODY_BYTES", "MusicForm", "PictureForm", "RemixForm", "SettingForm", "SettingsForm", "VideoForm"]

LARGEST_BODY_BYTES = 32 * 1024 * 1024
Word = Annotated[str, Field(max_length=64)]


class VideoForm(FaceBody):
    """A video as the page asks for it."""

    prompt: Annotated[str, Field(min_length=1, max_length=2000)]
    style: Word = ""
    aspect_ratio: Word = ""
    duration: Annotated[float, Field(ge=0, le=3600)] | None = None
    fps: Annotated[float, Field(ge=1, le=240)] | None = None
    resolution: Word = ""
    motion_intensity: Word = ""
    camera_movement: Word = ""
    temperature: float | None = None
    negative_prompt: Annotated[str, Field(max_length=2000)] = ""
    seed: Annotated[int, Field(ge=-(2**63), le=2**63 - 1)] | None = None
    reference_image: Annotated[str, Field(max_length=LARGEST_BODY_BYTES, repr=False)] = ""

    def asked(self) -> OneShotAsked:
        """In the words of the service; the reference picture goes its own way."""
        return OneShotAsked(**self.model_dump(exclude={"reference_image"}))


class PictureForm(FaceBody):
    """A picture as the page asks for it."""

    prompt: Annotated[str, Field(min_length=5, max_length=500)]
    style: Word = "cinematic"
    aspect_ratio: Word = "16:9"
    quality: Word = "standard"

    def asked(self) -> PictureAsked:
        """In the words of the service."""
        return PictureAsked(**self.model_dump())


class MusicForm(FaceBody):
    """Music as the page asks for it; a tempo comes as a word or a number."""

    prompt: Annotated[str, Field(min_length=1, max_length=2000)]
    style: Word = ""
    mood: Word = ""
    duration: Annotated[float, Field(ge=0, le=3600)] = 30
    tempo: Word | float = ""
    musical_key: Word = ""
    vocal_style: Word = ""

    def asked(self) -> MusicAsked:
        """In the words of the service."""
        tempo = self.tempo if isinstance(self.tempo, str) else f"{self.tempo:g}"
        return MusicAsked(**(self.model_dump() | {"tempo": tempo}))


class RemixForm(FaceBody):
    """The same music in another manner."""

    remix_style: Word = ""
    remix_mood: Word = ""


class SettingsForm(FaceBody):
    """Any of the page's settings; names in camelCase come as further fields, so that both spellings can be compared."""

    model_config = ConfigDict(extra="allow", alias_generator=None)
    __pydantic_extra__: dict[str, JsonValue]

    google_api_key: JsonValue = None
    google_cloud_project: JsonValue = None
    gemini_api_key: JsonValue = None
    default_style: JsonValue = None
    default_duration: JsonValue = None
    default_aspect_ratio: JsonValue = None
    auto_save: JsonValue = None
    notifications: JsonValue = None
    theme: JsonValue = None

    def changes(self, shown: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        """What was really said: of two spellings, the one that is not what the page was shown."""
        said: dict[str, JsonValue] = self.model_dump(exclude_unset=True)
        told: dict[str, JsonValue] = {}
        for name in KNOWN_SETTINGS:
            spelled = [said[each] for each in dict.fromkeys((name, to_camel(name))) if each in said]
            changed = [value for value in spelled if value != shown[name]]
            if spelled:
                told[name] = (changed or spelled)[0]
        return told


class SettingForm(FaceBody):
    """One setting; `type` says what the page makes of it."""

    value: JsonValue = None
    type: Word = ""
