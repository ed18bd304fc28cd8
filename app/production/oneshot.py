"""Pure: a one-shot client's wish brought to the nearest film, and what a style adds to its prompt."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.media.timeline import Mood
from app.production.domain import VideoQuality, VideoStyle, VideoWish
from app.projects.layout import proportion
from app.projects.options import AspectRatio, Resolution, Visuals
from app.projects.schemas import MAX_STORY_CHARACTERS, OF_THE_TEXT, ProjectCreate
from app.providers.values import Role

SHORTEST_SECONDS, LONGEST_SECONDS = 6, 60
FILM_FPS = 24
MOST_DIRECTION_CHARACTERS = 380
# The camera's words as the engines know them; the second says what an engine does instead.
CAMERAS: Mapping[str, tuple[str, str]] = {
    "static": ("Static shot", ""),
    "pan": ("Pan left", ""),
    "tilt": ("Tilt up", ""),
    "zoom": ("Zoom in", ""),
    "tracking": ("Tracking shot", ""),
    "handheld": ("Shake", "a slight shake"),
    "drone": ("Tracking shot, Pedestal up", "a rising tracking shot"),
    "crane": ("Pedestal up", "a rising camera"),
}
MOTIONS: Mapping[str, str] = {
    "low": "Gentle, slow movement.",
    "medium": "",
    "high": "Lively, energetic movement.",
}
# Nobody speaks in these films, so music carries them.
MUSIC: Mapping[VideoStyle, Mood] = {
    VideoStyle.ANIMATED: Mood.UPBEAT,
    VideoStyle.COMMERCIAL: Mood.UPBEAT,
    VideoStyle.DOCUMENTARY: Mood.SOFT,
    VideoStyle.REALISTIC: Mood.SOFT,
    VideoStyle.VINTAGE: Mood.SOFT,
    VideoStyle.ABSTRACT: Mood.AMBIENT,
    VideoStyle.ARTISTIC: Mood.AMBIENT,
    VideoStyle.MODERN: Mood.CORPORATE,
}
SIZES: Mapping[str, tuple[VideoQuality, str]] = {
    "720p": (VideoQuality.STANDARD, ""),
    "1080p": (VideoQuality.HIGH, ""),
    "1440p": (VideoQuality.HIGH, "The film is 1080p, the largest size on offer."),
    "4k": (VideoQuality.HIGH, "The film is 1080p, the largest size on offer."),
}


@dataclass(frozen=True, kw_only=True)
class OneShotAsked:
    """A video in its client's words; None and empty words mean that nothing was said."""

    prompt: str
    style: str = ""
    aspect_ratio: str = ""
    duration: float | None = None
    fps: float | None = None
    resolution: str = ""
    motion_intensity: str = ""
    camera_movement: str = ""
    temperature: float | None = None
    negative_prompt: str = ""
    seed: int | None = None
    first_frame_asset_id: str | None = None


def one_shot_wish(asked: OneShotAsked, *, full_size: bool = True) -> VideoWish:
    """The film that can be made; this client chooses no language and no voice, so nobody speaks in it."""
    quality, _ = _size(asked.resolution, full_size=full_size)
    seconds = min(max(round(asked.duration or SHORTEST_SECONDS), SHORTEST_SECONDS), LONGEST_SECONDS)
    style = _style(asked.style) or VideoStyle.CINEMATIC
    return VideoWish(
        prompt=asked.prompt,
        style=style,
        quality=quality,
        duration_sec=seconds,
        aspect_ratio=_ratio(asked.aspect_ratio) or (AspectRatio.WIDE if asked.aspect_ratio else None),
        narrated=False,
        mood=MUSIC.get(style, Mood.CINEMATIC).value,
        directions=_directions(asked),
        first_frame_asset_id=asked.first_frame_asset_id,
        notes=tuple(_notes(asked, seconds, full_size=full_size)),
    )


def _directions(asked: OneShotAsked) -> str:
    camera = CAMERAS.get(asked.camera_movement.lower())
    said = [
        MOTIONS.get(asked.motion_intensity.lower(), ""),
        f"Camera: {camera[0]}." if camera else "",
        f"Avoid: {asked.negative_prompt.strip()}." if asked.negative_prompt.strip() else "",
    ]
    return " ".join(part for part in said if part)[:MOST_DIRECTION_CHARACTERS]


def _notes(asked: OneShotAsked, seconds: int, *, full_size: bool) -> Iterator[str]:
    if asked.duration is not None and asked.duration != seconds:
        yield f"The film lasts {seconds} seconds: films last {SHORTEST_SECONDS} to {LONGEST_SECONDS}."
    yield from _shape_notes(asked)
    if said := _size(asked.resolution, full_size=full_size)[1]:
        yield said
    if asked.fps is not None and asked.fps != FILM_FPS:
        yield f"The film has {FILM_FPS} frames per second."
    if asked.temperature is not None:
        yield "The engines have no temperature; they choose as usual."
    if asked.seed is not None:
        yield "The video engines cannot repeat a film by a number; another film will look different."
    yield from _word_notes(asked)


def _shape_notes(asked: OneShotAsked) -> Iterator[str]:
    if asked.style and _style(asked.style) is None:
        yield f"The style {asked.style!r} is not known; the film is cinematic."
    if asked.aspect_ratio and _ratio(asked.aspect_ratio) is None:
        yield f"The shape {asked.aspect_ratio!r} is not offered; the film is 16:9."


def _word_notes(asked: OneShotAsked) -> Iterator[str]:
    camera, motion = asked.camera_movement.lower(), asked.motion_intensity.lower()
    if camera and camera not in CAMERAS:
        yield f"The camera movement {asked.camera_movement!r} is not known; the plan chooses one."
    elif camera and CAMERAS[camera][1]:
        yield f"The camera movement {camera!r} is made as {CAMERAS[camera][1]}."
    if motion and motion not in MOTIONS:
        yield f"The motion {asked.motion_intensity!r} is not known; the plan chooses it."
    if len(asked.negative_prompt) > MOST_DIRECTION_CHARACTERS // 2:
        yield "Only the beginning of the negative prompt is used."


def _style(word: str) -> VideoStyle | None:
    return next((style for style in VideoStyle if style.value == word.strip().lower()), None)


def _ratio(word: str) -> AspectRatio | None:
    return next((ratio for ratio in AspectRatio if ratio.value == word.strip()), None)


def _size(word: str, *, full_size: bool) -> tuple[VideoQuality, str]:
    if not word.strip():
        return VideoQuality.STANDARD, ""
    known = SIZES.get(word.strip().lower())
    if known is None:
        return VideoQuality.STANDARD, f"The resolution {word!r} is not known; the film is 768p."
    if known[0] is VideoQuality.HIGH and not full_size:
        return VideoQuality.STANDARD, "The film is 768p, the largest size of the chosen engine."
    return known


LOOKS: Mapping[VideoStyle, str] = {
    VideoStyle.CINEMATIC: "cinematic, professional lighting, film grain, depth of field",
    VideoStyle.REALISTIC: "photorealistic, natural light, high detail",
    VideoStyle.ANIMATED: "animated, vibrant colours, smooth motion, cartoon-like",
    VideoStyle.ARTISTIC: "artistic, creative light, stylised, expressive",
    VideoStyle.DOCUMENTARY: "documentary, natural setting, authentic, informative",
    VideoStyle.COMMERCIAL: "commercial, polished, marketing style, engaging",
    VideoStyle.ABSTRACT: "abstract shapes and colours, non-representational",
    VideoStyle.VINTAGE: "vintage, faded film colours, grain",
    VideoStyle.MODERN: "modern, clean lines, minimalist",
}
SHORTEST_FILM_SECONDS = 6
# The shorter one stands first, because it is taken where both come as near.
SEGMENT_SECONDS = (6, 10)
SHORT_SIDES_PX = {Resolution.P768: 768, Resolution.P1080: 1080}
# From here on a picture is nearer to full size than to the usual one.
FULL_SIZE_FROM_PX = 924
REMIX = "The same story, with this change: "
LONGEST_NAME_CHARACTERS = 80


def enriched_prompt(prompt: str, style: VideoStyle) -> str:
    """The prompt with the look that its style stands for."""
    return f"{prompt.strip()} ({LOOKS[style]})"


def project_of(wish: VideoWish) -> ProjectCreate:
    """The film that is made for a wish."""
    body: dict[str, object] = {
        "name": " ".join(wish.prompt.split())[:LONGEST_NAME_CHARACTERS],
        "story_prompt": wish.story or wish.prompt,
        "target_duration_sec": max(SHORTEST_FILM_SECONDS, wish.duration_sec),
        "style": f"{LOOKS[wish.style]}. {wish.directions}" if wish.directions else LOOKS[wish.style],
        "segment_len_sec": wish.segment_len_sec,
        "language": wish.language or OF_THE_TEXT,
        "resolution": Resolution.P1080 if wish.quality is VideoQuality.HIGH else Resolution.P768,
        "visuals": Visuals.SLIDESHOW if wish.quality is VideoQuality.DRAFT else Visuals.FL2V,
    }
    if wish.aspect_ratio is not None:
        body["aspect_ratio"] = wish.aspect_ratio
    if wish.mood is not None:
        body["music"] = {"mood": wish.mood}
    if wish.engine is not None:
        body["providers"] = {Role.VIDEO: wish.engine}
    return ProjectCreate.model_validate(body)


def fitting_segment_seconds(duration_sec: int, quality: VideoQuality) -> int:
    """The length of segments whose film exceeds the wanted length least; full size is made of short ones only."""
    offered = SEGMENT_SECONDS[:1] if quality is VideoQuality.HIGH else SEGMENT_SECONDS
    return min(offered, key=lambda seconds: -(-duration_sec // seconds) * seconds)


def remixed_story(story: str, change: str) -> str:
    """An earlier story with a change that outweighs it; what does not fit is cut from the earlier one."""
    told = f"{REMIX}{change.strip()}"
    room = MAX_STORY_CHARACTERS - len(told) - 1
    return f"{story.strip()[:room]}\n{told}"


def quality_for(width_px: int, height_px: int) -> VideoQuality:
    """The quality whose pictures are nearest to a size."""
    is_full = min(width_px, height_px) >= FULL_SIZE_FROM_PX
    return VideoQuality.HIGH if is_full else VideoQuality.STANDARD


def expected_size(ratio: AspectRatio, resolution: Resolution) -> tuple[int, int]:
    """Width and height of a film that is still to be made, to the nearest even pixel."""
    short, shape = SHORT_SIDES_PX[resolution], proportion(ratio)
    if shape < 1:
        return short, 2 * round(short / shape / 2)
    return 2 * round(short * shape / 2), short
