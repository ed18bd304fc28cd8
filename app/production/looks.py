"""Pure: what a style adds to a prompt, and which settings a quality stands for."""

from collections.abc import Mapping

from app.production.values import VideoQuality, VideoStyle, VideoWish
from app.projects.options import Resolution, Visuals
from app.projects.schemas import ProjectCreate

__all__ = ["enriched_prompt", "project_of"]

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
LONGEST_NAME_CHARACTERS = 80


def enriched_prompt(prompt: str, style: VideoStyle) -> str:
    """The prompt with the look that its style stands for."""
    return f"{prompt.strip()} ({LOOKS[style]})"


def project_of(wish: VideoWish) -> ProjectCreate:
    """The film that is made for a wish."""
    body: dict[str, object] = {
        "name": " ".join(wish.prompt.split())[:LONGEST_NAME_CHARACTERS],
        "story_prompt": wish.prompt,
        "target_duration_sec": max(SHORTEST_FILM_SECONDS, wish.duration_sec),
        "style": f"{LOOKS[wish.style]}. {wish.directions}" if wish.directions else LOOKS[wish.style],
        "aspect_ratio": wish.aspect_ratio,
        "resolution": Resolution.P1080 if wish.quality is VideoQuality.HIGH else Resolution.P768,
        "visuals": Visuals.SLIDESHOW if wish.quality is VideoQuality.DRAFT else Visuals.FL2V,
    }
    if wish.language is not None:
        body["language"] = wish.language
    return ProjectCreate.model_validate(body)
