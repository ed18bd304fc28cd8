"""Pure: what a style adds to a prompt, and which settings a quality stands for."""

from collections.abc import Mapping

from app.production.values import VideoQuality, VideoStyle, VideoWish
from app.projects.options import AspectRatio, Resolution, Role, Visuals
from app.projects.schemas import MAX_STORY_CHARACTERS, OF_THE_TEXT, ProjectCreate
from app.projects.shapes import proportion

__all__ = ["enriched_prompt", "fitting_segment_seconds", "project_of", "remixed_story"]
__all__ += ["expected_size", "quality_for"]

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
