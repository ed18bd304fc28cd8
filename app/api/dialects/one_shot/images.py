"""/api/v1/image: single pictures."""

from typing import Annotated

from fastapi import Query

from app.accounts.dependencies import CurrentUser
from app.api.dialects.one_shot.dependencies import FaceLinks, ImageFilter, OwnedImage, Pieces
from app.api.dialects.one_shot.forms import PictureForm
from app.api.dialects.one_shot.shapes import Asked, Download, Image, OneShotDone, Variations
from app.core.responses import documents
from app.core.routing import Router
from app.jobs.dependencies import IdempotentRoute
from app.jobs.errors import QueueFull, TooManyJobs
from app.pieces.domain import PICTURE_STYLES, QUALITIES, picture_wish
from app.pieces.errors import PieceNotFound, PieceNotReady

__all__ = ["router"]

router = Router(route_class=IdempotentRoute)
BUSY = documents(QueueFull, TooManyJobs)
BUSY_OR_GONE = documents(PieceNotFound, QueueFull, TooManyJobs)
Skip = Annotated[int, Query(ge=0, le=1_000_000)]
Limit = Annotated[int, Query(ge=1, description="Over 100 counts as 100")]


@router.post("/generate", operation_id="image_generate", responses=BUSY)
async def generate(form: PictureForm, pieces: Pieces) -> Asked:
    """Draws a picture from a prompt."""
    return Asked.of(await pieces.start(picture_wish(form.asked())))


@router.get("/styles", operation_id="image_styles")
async def styles(_account: CurrentUser) -> list[str]:
    """The styles that have a look of their own."""
    return list(PICTURE_STYLES)


@router.get("/qualities", operation_id="image_qualities")
async def qualities(_account: CurrentUser) -> list[str]:
    """The qualities that may be asked for."""
    return list(QUALITIES)


@router.get("", operation_id="image_list")
async def list_images(
    pieces: Pieces, links: FaceLinks, wanted: ImageFilter, skip: Skip = 0, limit: Limit = 20
) -> list[Image]:
    """Your pictures, the newest first."""
    return [Image.of(piece, links) for piece in await pieces.listed(wanted, skip, limit)]


@router.get("/{image_id}", operation_id="image_read", responses=documents(PieceNotFound))
async def read_image(image: OwnedImage, links: FaceLinks) -> Image:
    """One picture."""
    return Image.of(image, links)


@router.delete("/{image_id}", operation_id="image_delete", responses=documents(PieceNotFound))
async def delete_image(image: OwnedImage, pieces: Pieces) -> OneShotDone:
    """Deletes a picture with its file; work on it is cancelled."""
    await pieces.delete(image)
    return OneShotDone(message="The picture was deleted.")


@router.post("/{image_id}/regenerate", operation_id="image_regenerate", responses=BUSY_OR_GONE)
async def regenerate(image: OwnedImage, pieces: Pieces) -> Asked:
    """Draws another picture with the same words."""
    return Asked.of(await pieces.again(image))


@router.post("/{image_id}/variations", operation_id="image_variations", responses=BUSY_OR_GONE)
async def variations(
    image: OwnedImage, pieces: Pieces, variation_count: Annotated[int, Query(ge=1, le=100)] = 4
) -> Variations:
    """Draws several others with the same words, four at most."""
    return Variations.of(list(await pieces.varied(image, variation_count)))


@router.get("/{image_id}/download", operation_id="image_download", responses=documents(PieceNotFound, PieceNotReady))
async def download(image: OwnedImage, pieces: Pieces, links: FaceLinks) -> Download:
    """A link to the file, in the format it was drawn in."""
    return Download.of(pieces.file(image), links)
