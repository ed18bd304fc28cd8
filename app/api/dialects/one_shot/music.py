"""/api/v1/music: single pieces of music."""

from app.accounts.dependencies import CurrentUser
from app.api.dialects.one_shot.dependencies import FaceLinks, MusicFilter, OwnedMusic, Pieces
from app.api.dialects.one_shot.forms import MusicForm, RemixForm
from app.api.dialects.one_shot.images import BUSY, BUSY_OR_GONE, Limit, Skip
from app.api.dialects.one_shot.shapes import Asked, Download, Music, OneShotDone
from app.core.responses import documents
from app.core.routing import Router
from app.jobs.dependencies import IdempotentRoute
from app.pieces.domain import MOODS, MUSIC_STYLES, music_wish, remixed
from app.pieces.errors import PieceNotFound, PieceNotReady

__all__ = ["router"]

router = Router(route_class=IdempotentRoute)


@router.post("/generate", operation_id="music_generate", responses=BUSY)
async def generate(form: MusicForm, pieces: Pieces) -> Asked:
    """Composes music from a prompt."""
    return Asked.of(await pieces.start(music_wish(form.asked())))


@router.get("/styles", operation_id="music_styles")
async def styles(_account: CurrentUser) -> list[str]:
    """The styles that are known."""
    return list(MUSIC_STYLES)


@router.get("/moods", operation_id="music_moods")
async def moods(_account: CurrentUser) -> list[str]:
    """The moods that are known."""
    return list(MOODS)


@router.get("", operation_id="music_list")
async def list_music(
    pieces: Pieces, links: FaceLinks, wanted: MusicFilter, skip: Skip = 0, limit: Limit = 20
) -> list[Music]:
    """Your music, the newest first."""
    return [Music.of(piece, links) for piece in await pieces.listed(wanted, skip, limit)]


@router.get("/{music_id}", operation_id="music_read", responses=documents(PieceNotFound))
async def read_music(music: OwnedMusic, links: FaceLinks) -> Music:
    """One piece of music."""
    return Music.of(music, links)


@router.delete("/{music_id}", operation_id="music_delete", responses=documents(PieceNotFound))
async def delete_music(music: OwnedMusic, pieces: Pieces) -> OneShotDone:
    """Deletes music with its file; work on it is cancelled."""
    await pieces.delete(music)
    return OneShotDone(message="The music was deleted.")


@router.post("/{music_id}/regenerate", operation_id="music_regenerate", responses=BUSY_OR_GONE)
async def regenerate(music: OwnedMusic, pieces: Pieces) -> Asked:
    """Composes the same again."""
    return Asked.of(await pieces.again(music))


@router.post("/{music_id}/remix", operation_id="music_remix", responses=BUSY_OR_GONE)
async def remix(music: OwnedMusic, form: RemixForm, pieces: Pieces) -> Asked:
    """Composes the same in another manner."""
    return Asked.of(await pieces.start(remixed(music, form.remix_style, form.remix_mood)))


@router.get("/{music_id}/download", operation_id="music_download", responses=documents(PieceNotFound, PieceNotReady))
async def download(music: OwnedMusic, pieces: Pieces, links: FaceLinks) -> Download:
    """A link to the file, in the format it was made in."""
    return Download.of(pieces.file(music), links)
