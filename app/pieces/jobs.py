"""piece.picture and piece.music: a prompt becomes a picture, or a piece of music."""

from typing import ClassVar

from pydantic import BaseModel, JsonValue
from typing_extensions import override

from app.jobs.domain import Lane
from app.jobs.handlers import JobHandler, Work
from app.pieces.service import DRAW_KIND, TUNE_KIND
from app.pieces.steps import PieceMaking

__all__ = ["ComposeMusic", "DrawPicture", "PieceParams"]


class PieceParams(BaseModel):
    """Which piece is made."""

    piece_id: str


class DrawPicture(JobHandler[PieceParams]):
    """Buys one picture and keeps it."""

    kind: ClassVar[str] = DRAW_KIND
    label: ClassVar[str] = "Draw a picture"
    lane: ClassVar[Lane] = Lane.REMOTE
    params = PieceParams

    @override
    async def run(self, work: Work, params: PieceParams) -> dict[str, JsonValue]:
        return await PieceMaking(work, params.piece_id).picture()


class ComposeMusic(JobHandler[PieceParams]):
    """Computes one piece of music on this machine."""

    kind: ClassVar[str] = TUNE_KIND
    label: ClassVar[str] = "Compose music"
    lane: ClassVar[Lane] = Lane.RENDER
    params = PieceParams

    @override
    async def run(self, work: Work, params: PieceParams) -> dict[str, JsonValue]:
        return await PieceMaking(work, params.piece_id).music()
