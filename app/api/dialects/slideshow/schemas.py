"""What the slideshow studio sends: whole objects, parts of them and cards, with fields that nobody here knows."""

from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, JsonValue
from pydantic.alias_generators import to_camel

from app.api.dialects.rules import FaceBody
from app.core.schema import CleanText

MOST_CHARACTERS = 100_000


def _text(value: object) -> object:
    """Lists of words come as one text, and numbers as their digits."""
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _texts(value: object) -> object:
    return [line.strip() for line in value.splitlines() if line.strip()] if isinstance(value, str) else value


def _number(value: object) -> object:
    """An empty field is no number."""
    return None if value == "" else value


Text = Annotated[str | None, BeforeValidator(_text)]
Texts = Annotated[list[str] | None, BeforeValidator(_texts)]
Whole = Annotated[int | None, BeforeValidator(_number)]
Real = Annotated[float | None, BeforeValidator(_number)]


class PictureBody(CleanText):
    """One picture; whatever else stands beside it is passed over."""

    model_config = ConfigDict(extra="ignore")
    prompt: str | None = None
    url: str | None = None


class ProjectBody(CleanText):
    """A project as the editor holds it; unknown fields stay in `model_extra`."""

    model_config = ConfigDict(
        frozen=True,
        extra="allow",
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,
    )
    __pydantic_extra__: dict[str, JsonValue]
    title: Text = None
    description: Text = None
    language: Text = None
    script_text: Text = None
    use_case: Text = None
    type_video: Text = None
    script_style: Text = None
    keywords: Text = None
    video_inspirations: Texts = None
    nb_section: Whole = None
    voice_id: Text = None
    audio_speed: Real = None
    audio_pitch: Real = None
    audio_path: Text = None
    image_style: Text = None
    images: list[PictureBody] | None = None
    images_prompts: list[str] | None = None
    images_urls: list[str | None] | None = None
    resolution: Text = None
    fps: Whole = None
    video_template_id: Text = None
    video_template_path: Text = None
    background_music: Text = None
    video_url: Text = None
    thumbnail: Text = None
    thumbnail_path: Text = None
    subtitle_path: Text = None
    id: Any = None
    status: Any = None
    duration: Any = None
    created_at: Any = None
    updated_at: Any = None


class MakeBody(ProjectBody):
    """A project's fields, and the names that only calls to make something use."""

    style: Text = None
    template: Text = None
    prompt: Text = None


class DescriptionBody(FaceBody):
    """What a description is written from."""

    title: Text = None
    language: Text = None
    type_video: Text = None
    keywords: Text = None
    video_inspirations: Texts = None
    duration: Real = None


class SubtitlesBody(FaceBody):
    """How captions look in the picture; the work is always waited for."""

    style_name: Text = None
    position_name: Text = None
