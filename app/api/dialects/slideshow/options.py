"""HTTP of what the studio offers: looks and places of captions, motions of pictures."""

from app.accounts.dependencies import Public
from app.core.routing import Router
from app.shows.domain import EFFECTS, PLACES, STYLES

__all__ = ["router"]

router = Router(dependencies=[Public])

Named = dict[str, list[dict[str, str]]]


@router.get("/subtitles/styles", operation_id="studio_subtitle_styles")
async def list_styles() -> Named:
    """How captions can look."""
    return {"styles": [{"name": each.name, "description": each.description} for each in STYLES]}


@router.get("/subtitles/positions", operation_id="studio_subtitle_positions")
async def list_positions() -> Named:
    """Where captions can stand."""
    return {"positions": [{"name": each.name, "description": each.description} for each in PLACES]}


@router.get("/video-template", operation_id="studio_video_templates")
async def list_templates() -> Named:
    """How pictures can move; `absolute_path` is only a name."""
    return {"templates": [{"absolute_path": each.name, "label": each.description} for each in EFFECTS]}
