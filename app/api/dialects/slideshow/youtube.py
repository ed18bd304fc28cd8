"""HTTP of the studio's publishing, which this service does not offer: it says so in a sentence."""

from app.accounts.dependencies import CurrentUser
from app.api.dialects.slideshow.dependencies import OwnedShow
from app.core.responses import documents
from app.core.routing import Router
from app.jobs.dependencies import IdempotentRoute
from app.shows.errors import ShowNotFound, VideoSiteAbsent

__all__ = ["router"]

router = Router(prefix="/youtube", route_class=IdempotentRoute)

ABSENT = documents(VideoSiteAbsent)
ABSENT_FOR_PROJECT = documents(VideoSiteAbsent, ShowNotFound)


@router.get("/auth/status", operation_id="studio_youtube_status")
async def youtube_status(_account: CurrentUser) -> dict[str, bool]:
    """Whether a channel is connected."""
    return {"is_authenticated": False}


@router.get("/auth/url", operation_id="studio_youtube_connect", responses=ABSENT)
@router.post("/auth/disconnect", operation_id="studio_youtube_disconnect", responses=ABSENT)
@router.get("/channel/info", operation_id="studio_youtube_channel", responses=ABSENT)
async def youtube_account(_account: CurrentUser) -> None:
    """What needs a connected channel."""
    raise VideoSiteAbsent


@router.post("/videos/upload/{show_id}", operation_id="studio_youtube_upload", responses=ABSENT_FOR_PROJECT)
@router.post(
    "/thumbnail/update-by-project/{show_id}",
    operation_id="studio_youtube_project_thumbnail",
    responses=ABSENT_FOR_PROJECT,
)
async def youtube_project(_show: OwnedShow) -> None:
    """What publishes a project."""
    raise VideoSiteAbsent


@router.get("/videos/{youtube_id}", operation_id="studio_youtube_video", responses=ABSENT)
@router.patch("/videos/{youtube_id}", operation_id="studio_youtube_video_edit", responses=ABSENT)
@router.post("/thumbnail/update/{youtube_id}", operation_id="studio_youtube_thumbnail", responses=ABSENT)
@router.get("/thumbnail/info/{youtube_id}", operation_id="studio_youtube_thumbnail_facts", responses=ABSENT)
async def youtube_video(youtube_id: str, _account: CurrentUser) -> None:
    """What changes a published video."""
    raise VideoSiteAbsent(facts={"youtube_id": youtube_id})
