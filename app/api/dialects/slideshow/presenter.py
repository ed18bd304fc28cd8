"""A show as the studio reads it: the whole project, both time spellings, links of this service."""

from collections.abc import Mapping
from typing import Any

from app.core.schema import format_utc
from app.library.domain import AssetView
from app.library.links import MediaLinks
from app.shows.domain import ShowView, size_name

Json = dict[str, Any]
USUAL = {"use_case": "storytelling", "style": "educational", "voice": "alloy", "image_style": "realistic"}
SPOKEN = "audio_generated"
# Only projects that carry this key get it: one client prefers it to `audio_path`, but never brings it up to date.
AUDIO_URL = "audio_url"


def project(show: ShowView, assets: Mapping[str, AssetView], links: MediaLinks) -> Json:
    """The whole project; fields that only the front end knows stand where they stood."""
    options, made = show.options, show.made
    film = made.best
    poster = links.of(assets, film.poster_id) if film else None
    sound = links.of(assets, made.voices[0].asset_id) if made.voices else None
    times = {"created_at": format_utc(show.created_at), "updated_at": format_utc(show.updated_at)}
    return {
        **show.extra,
        "id": show.id,
        "title": show.title,
        "description": show.description,
        "language": show.language.value,
        "status": show.status.value,
        "use_case": options.use_case or USUAL["use_case"],
        "type_video": options.genre,
        "keywords": options.keywords,
        "nb_section": options.sections,
        "video_inspirations": list(options.inspirations),
        "script_text": show.script_text,
        "script_style": options.script_style or USUAL["style"],
        "voice_id": options.voice or USUAL["voice"],
        "audio_speed": options.speed,
        "audio_pitch": options.pitch,
        "audio_path": sound,
        **({AUDIO_URL: sound} if AUDIO_URL in show.extra else {}),
        "image_style": options.image_style or USUAL["image_style"],
        "images": [{"prompt": each.prompt, "url": links.of(assets, each.asset_id)} for each in made.pictures],
        "resolution": size_name(options.short_side_px),
        "fps": options.frames_per_second,
        "video_template_id": options.effect,
        "video_template_path": options.effect,
        "background_music": options.mood,
        "video_url": links.of(assets, film.asset_id) if film else None,
        "thumbnail": poster,
        "thumbnail_path": poster,
        "duration": round(film.seconds) if film else show.extra.get("duration"),
        "subtitle_path": links.of(assets, made.captions.srt_id) if made.captions else None,
        **times,
        "createdAt": times["created_at"],
        "updatedAt": times["updated_at"],
    }


def script_part(shown: Json) -> Json:
    """What a written script answers."""
    return _part(shown, "script_text", "images")


def audio_part(shown: Json, *, with_url: bool) -> Json:
    """What a spoken script answers; the client knows this status by another name, and the guide's paths the link."""
    url = {AUDIO_URL: shown["audio_path"]} if with_url else {}
    return {**_part(shown, "audio_path"), **url, "status": SPOKEN}


def images_part(shown: Json) -> Json:
    """What drawn pictures answer."""
    return _part(shown, "images")


def image_part(shown: Json, position: int) -> Json:
    """What one drawn picture answers."""
    return {**_part(shown), "image_url": shown["images"][position]["url"], "scene_index": position}


def video_part(shown: Json) -> Json:
    """What a rendered video answers."""
    return _part(shown, "video_url", "thumbnail", "thumbnail_path", "duration")


def _part(shown: Json, *names: str) -> Json:
    return {name: shown[name] for name in (*names, "status", "updated_at")}
