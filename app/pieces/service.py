"""Single pictures and pieces of music of one owner: started, listed, varied and deleted."""

from collections.abc import Sequence
from typing import Final

from app.core.database import Session
from app.jobs.domain import JobView, Lane, Phase
from app.jobs.queue import JobQueue, Order
from app.jobs.service import JobService
from app.jobs.settlement import JobControl
from app.library.domain import AssetView
from app.library.service import LibraryService, discard
from app.pieces.domain import PieceFilter, PieceKind, PieceNotFound, PieceNotReady, PieceStatus, PieceView, PieceWish
from app.pieces.repository import Piece, PieceRepository
from app.resources import Resources
from app.usage.domain import picture_micro_usd
from app.usage.ledger import LedgerBudget

DRAW_KIND: Final = "piece.picture"
TUNE_KIND: Final = "piece.music"
MOST_VARIATIONS: Final = 4
MOST_LISTED: Final = 100
STATUSES: Final = {Phase.QUEUED: PieceStatus.PENDING, Phase.SUCCEEDED: PieceStatus.COMPLETED}
ENDED_BADLY: Final = frozenset({Phase.FAILED, Phase.CANCELLED})


class PieceFacade:
    """Works on behalf of one owner in units of work of its own."""

    def __init__(self, resources: Resources, owner_id: str) -> None:
        self._resources = resources
        self._owner_id = owner_id

    async def start(self, wish: PieceWish) -> PieceView:
        """A new piece, and the job that makes it."""
        async with self._resources.database.unit_of_work() as session:
            return await self._begun(session, wish)

    async def again(self, piece: PieceView) -> PieceView:
        """Another try with the same words, as a piece of its own."""
        return await self.start(_wish_of(piece, turn=_turn(piece) + 1))

    async def varied(self, piece: PieceView, count: int) -> Sequence[PieceView]:
        """So many other pieces of the same, at most four."""
        turns = range(1, min(max(count, 1), MOST_VARIATIONS) + 1)
        async with self._resources.database.unit_of_work() as session:
            return [await self._begun(session, _wish_of(piece, turn=_turn(piece) + turn)) for turn in turns]

    async def owned(self, piece_id: str, kind: PieceKind) -> PieceView:
        """The owner's piece of this kind; a foreign one is not found."""
        async with self._resources.database.reading() as session:
            row = await PieceRepository(session, self._resources.clock).owned(piece_id, self._owner_id)
            if row is None or row.kind is not kind:
                raise PieceNotFound
            return await self._view(session, row)

    async def listed(self, wanted: PieceFilter, skip: int, limit: int) -> Sequence[PieceView]:
        """Pieces, the newest first."""
        async with self._resources.database.reading() as session:
            pieces = PieceRepository(session, self._resources.clock)
            rows = await pieces.newest(self._owner_id, wanted, skip, min(limit, MOST_LISTED))
            shown = [await self._view(session, row) for row in rows]
        return [piece for piece in shown if wanted.status in {None, piece.status}]

    def file(self, piece: PieceView) -> AssetView:
        """The finished file."""
        if piece.asset is None:
            raise PieceNotReady
        return piece.asset

    async def delete(self, piece: PieceView) -> None:
        """Cancels the work on a piece, then deletes it with its file."""
        async with self._resources.database.unit_of_work() as session:
            if not piece.job.is_final:
                await JobControl.over(session, self._resources).cancel(piece.job)
            await PieceRepository(session, self._resources.clock).forget(piece.id)
        if piece.asset is not None:
            await discard(self._resources, piece.asset)

    async def _begun(self, session: Session, wish: PieceWish) -> PieceView:
        pieces = PieceRepository(session, self._resources.clock)
        row = await pieces.add(
            Piece(
                owner_id=self._owner_id,
                kind=wish.kind,
                prompt=wish.prompt,
                style=str(wish.options.get("style", ""))[:64],
                quality=str(wish.options.get("quality", ""))[:64],
                options=dict(wish.options),
                notes=list(wish.notes),
                source_id=wish.source_id,
            )
        )
        row.job_id = (await self._ordered(session, row)).id
        await session.flush()
        return await self._view(session, row)

    async def _ordered(self, session: Session, row: Piece) -> JobView:
        is_picture = row.kind is PieceKind.IMAGE
        engine = self._resources.engines.image() if is_picture else None
        price = picture_micro_usd(engine.name) if engine is not None else 0
        order = Order(
            owner_id=self._owner_id,
            kind=DRAW_KIND if is_picture else TUNE_KIND,
            lane=Lane.REMOTE if is_picture else Lane.RENDER,
            params={"piece_id": row.id},
            same_work=f"piece:{row.id}",
            direct=True,
            estimated_micro_usd=price,
        )
        job, _ = await JobQueue(session, self._resources).enqueue(order)
        if engine is not None and price:
            await LedgerBudget(self._resources).hold(session, job, price, engine)
        return job

    async def _view(self, session: Session, row: Piece) -> PieceView:
        job = await JobService.over(session, self._resources).any(row.job_id or "")
        assets = await LibraryService.over(session, self._resources).views({row.asset_id} if row.asset_id else set())
        status = PieceStatus.FAILED if job.phase in ENDED_BADLY else STATUSES.get(job.phase, PieceStatus.PROCESSING)
        return PieceView(
            id=row.id,
            owner_id=row.owner_id,
            kind=row.kind,
            prompt=row.prompt,
            options=row.options,
            notes=tuple(row.notes),
            source_id=row.source_id,
            asset=assets.get(row.asset_id or ""),
            job=job,
            status=status,
            fault=_fault(job),
            created_at=row.created_at,
            updated_at=row.updated_at,
        )


def _fault(job: JobView) -> str | None:
    if job.failure is not None:
        return job.failure.message
    return "The work was cancelled." if job.phase is Phase.CANCELLED else None


def _turn(piece: PieceView) -> int:
    turn = piece.options.get("turn", 0)
    return turn if isinstance(turn, int) else 0


def _wish_of(piece: PieceView, *, turn: int) -> PieceWish:
    return PieceWish(
        kind=piece.kind,
        prompt=piece.prompt,
        options={**piece.options, "turn": turn},
        notes=piece.notes,
        source_id=piece.source_id or piece.id,
    )
