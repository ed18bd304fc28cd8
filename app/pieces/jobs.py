"""piece.picture and piece.music: a prompt becomes a picture, or a piece of music."""

from datetime import timedelta
from typing import ClassVar

from pydantic import BaseModel, JsonValue
from typing_extensions import override

from app.core.database import Session
from app.jobs.context import Work
from app.jobs.handlers import Ending, JobHandler
from app.jobs.values import JobView, Lane
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
    startable: ClassVar[bool] = False
    every: ClassVar[timedelta | None] = None
    params = PieceParams

    @override
    async def run(self, work: Work, params: PieceParams) -> dict[str, JsonValue]:
        return await PieceMaking(work, params.piece_id).picture()

    @override
    async def ended(self, session: Session, job: JobView, ending: Ending) -> None:
        """Nothing else changes with it."""


class ComposeMusic(JobHandler[PieceParams]):
    """Computes one piece of music on this machine."""

    kind: ClassVar[str] = TUNE_KIND
    label: ClassVar[str] = "Compose music"
    lane: ClassVar[Lane] = Lane.RENDER
    startable: ClassVar[bool] = False
    every: ClassVar[timedelta | None] = None
    params = PieceParams

    @override
    async def run(self, work: Work, params: PieceParams) -> dict[str, JsonValue]:
        return await PieceMaking(work, params.piece_id).music()

    @override
    async def ended(self, session: Session, job: JobView, ending: Ending) -> None:
        """Nothing else changes with it."""
