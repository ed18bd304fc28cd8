"""Pure: what a form offers: every choice with words for it, and the limits of every field as they are enforced."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, get_args

from pydantic import BaseModel, JsonValue

from app.assembly.captions import BurnStyle
from app.assembly.domain import MOODS
from app.planning.domain import TONGUES
from app.production.movies.values import MovieStyle
from app.production.values import NativeStyle, VideoQuality
from app.projects.camera import CameraCommand
from app.projects.options import AspectRatio, Language, Resolution, TransitionKind, Visuals

__all__ = ["Choice", "Rules", "choices", "rules_of"]

Rules = dict[str, dict[str, JsonValue]]
JsonSchema = Mapping[str, Any]
# The words of JSON Schema that limit a field, by the names under which clients read them.
LIMITS: Final[Mapping[str, str]] = {
    "minimum": "minimum",
    "maximum": "maximum",
    "minLength": "min_length",
    "maxLength": "max_length",
    "maxItems": "max_items",
    "enum": "values",
}
VISUALS: Final[Mapping[Visuals, str]] = {
    Visuals.FL2V: "Clips between shared key frames",
    Visuals.CHAINED: "Clips that begin with the last picture of the one before",
    Visuals.SLIDESHOW: "Moving stills",
}


@dataclass(frozen=True)
class Choice:
    """One value that a field takes, and words for it."""

    value: str
    label: str


def choices() -> Mapping[str, tuple[Choice, ...]]:
    """Every closed choice by its name."""
    return {
        "languages": tuple(Choice(language, TONGUES[language].name) for language in Language),
        "aspect_ratios": tuple(Choice(ratio, f"{_words(ratio.name)} {ratio}") for ratio in AspectRatio),
        "resolutions": tuple(Choice(size, size.value) for size in Resolution),
        "visuals": tuple(Choice(way, VISUALS[way]) for way in Visuals),
        "camera_commands": _named(CameraCommand),
        "music_moods": tuple(Choice(str(mood), _words(str(mood))) for mood in MOODS),
        "caption_styles": _named(BurnStyle),
        "transitions": _named(TransitionKind),
        "video_styles": _named(get_args(NativeStyle)),
        "video_qualities": _named(VideoQuality),
        "movie_styles": _named(MovieStyle),
    }


def rules_of(form: type[BaseModel]) -> Rules:
    """Field to its limits and default, read from what checks the request; nested fields have dotted names."""
    schema = form.model_json_schema(by_alias=False)
    return dict(_rules(schema, schema.get("$defs", {}), ""))


def _rules(schema: JsonSchema, named: JsonSchema, prefix: str) -> Iterator[tuple[str, dict[str, JsonValue]]]:
    for name, field in schema.get("properties", {}).items():
        forms = [_resolved(form, named) for form in (field, *field.get("anyOf", ()))]
        inner = next((form for form in forms if "properties" in form), None)
        if inner is not None:
            yield from _rules(inner, named, f"{prefix}{name}.")
        elif rule := _rule(forms, field.get("default")):
            yield f"{prefix}{name}", rule


def _rule(forms: Iterable[JsonSchema], default: JsonValue) -> dict[str, JsonValue]:
    found = {LIMITS[word]: form[word] for form in forms for word in LIMITS if word in form}
    return found | ({} if default in (None, "", []) else {"default": default})


def _resolved(form: JsonSchema, named: JsonSchema) -> JsonSchema:
    reference = str(form.get("$ref", "")).rpartition("/")[2]
    return named[reference] if reference else form


def _named(kind: Iterable[StrEnum]) -> tuple[Choice, ...]:
    return tuple(Choice(member.value, _words(member.value)) for member in kind)


def _words(name: str) -> str:
    return name.replace("_", " ").replace("-", " ").capitalize()
