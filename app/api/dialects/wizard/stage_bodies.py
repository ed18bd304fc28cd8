"""What the wizard client sends to its stages."""

from dataclasses import replace
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field
from typing_extensions import override

from app.api.dialects.rules import FaceBody
from app.projects.options import Language
from app.shows.staged import StagedWish

__all__ = ["ContentBody", "ImageBody", "ImagesBody", "ModeBody", "PipelineBody", "ScriptsBody", "WizardMusicBody"]
__all__ += ["StageBody", "VoicesBody"]


def _known_language(sent: Any) -> Any:
    """A language that nobody here speaks means the usual one."""
    return sent if sent in set(Language) else None


def _said(sent: list[str]) -> list[str]:
    return [each.strip() for each in sent if each.strip()]


Texts = Annotated[list[Annotated[str, Field(max_length=5000)]], Field(max_length=60), AfterValidator(_said)]
Title = Annotated[str, Field(max_length=2000)]
ShownTongue = Annotated[Language | None, BeforeValidator(_known_language)]


class StageBody(FaceBody):
    """What every stage may be told; without a job the one is meant that was touched last."""

    job_id: Annotated[str | None, Field(max_length=64)] = None
    video_mode: Annotated[bool | None, Field(description="true: 16:9, false: 9:16")] = None
    channel_type: Annotated[str | None, Field(max_length=200)] = None

    def as_wish(self) -> StagedWish:
        """What the service is asked for."""
        return StagedWish(show_id=self.job_id, is_wide=self.video_mode, channel=self.channel_type)


class ContentBody(StageBody):
    """What a show is about."""

    title: Title = ""
    topic: Title = ""
    prompt: Title = ""
    language: ShownTongue = None
    duration: Annotated[float | None, Field(ge=1, le=3600, description="Seconds")] = None

    @override
    def as_wish(self) -> StagedWish:
        about = self.topic or self.prompt
        return StagedWish(
            show_id=self.job_id,
            title=self.title or about,
            description=about if self.title and about else None,
            is_wide=self.video_mode,
            channel=self.channel_type,
            language=self.language,
            duration_seconds=None if self.duration is None else round(self.duration),
        )


class ScriptsBody(ContentBody):
    """What the script is written from."""

    content: Annotated[str | None, Field(max_length=50_000)] = None

    @override
    def as_wish(self) -> StagedWish:
        return replace(super().as_wish(), content=self.content)


class ImagesBody(StageBody):
    """What the pictures show."""

    prompts: Texts = Field(default_factory=list)


class ImageBody(StageBody):
    """Which picture is drawn anew, by a link that we gave, and what it shows then."""

    image_path: Annotated[str, Field(max_length=2000)]
    prompt: Annotated[str, Field(min_length=1, max_length=5000)]


class VoicesBody(StageBody):
    """What is said, and by whom; a voice that nobody here knows is replaced by another one."""

    sentences: Texts = Field(default_factory=list)
    voice: Annotated[str | None, Field(max_length=200)] = None
    own_voice: bool = False

    @override
    def as_wish(self) -> StagedWish:
        return replace(super().as_wish(), voice=self.voice, own_voice=self.own_voice)


class WizardMusicBody(StageBody):
    """Which track is laid under the film."""

    music_path: Annotated[str, Field(max_length=2000)] = ""


class PipelineBody(ContentBody):
    """The whole way with one request."""

    voice: Annotated[str | None, Field(max_length=200)] = None

    @override
    def as_wish(self) -> StagedWish:
        return replace(super().as_wish(), voice=self.voice)


class ModeBody(FaceBody):
    """The shape of the film."""

    video_mode: bool
