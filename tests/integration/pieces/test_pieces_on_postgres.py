"""The table of pieces on Postgres."""

import pytest

from app.jobs.settlement import JobRuntime
from app.pieces.domain import MusicAsked, PictureAsked, PieceFilter, PieceKind, music_wish, picture_wish
from app.pieces.jobs import ComposeMusic, DrawPicture
from app.pieces.service import PieceFacade
from app.resources import Resources
from app.usage.ledger import LedgerBudget
from tests import factories


@pytest.fixture
def database_url(postgres_database_url: str) -> str:
    return postgres_database_url


async def test_pieces_are_listed_by_their_options(resources: Resources) -> None:
    resources.provide(JobRuntime(resources, [DrawPicture()], LedgerBudget(resources)))
    temp_dir = PieceFacade(resources, await factories.user(resources))
    piece = await temp_dir.start(picture_wish(PictureAsked(prompt="A red fox", style="vintage", quality="high")))
    found = await temp_dir.listed(PieceFilter(PieceKind.IMAGE, style="vintage", quality="high"), 0, 20)
    assert [each.id for each in found] == [piece.id]
    assert found[0].notes == ("The engine draws in one quality.",)
    assert await temp_dir.listed(PieceFilter(PieceKind.IMAGE, style="modern"), 0, 20) == []
    await temp_dir.delete(piece)
    assert await temp_dir.listed(PieceFilter(PieceKind.IMAGE), 0, 20) == []


async def test_mood_filters_music(resources: Resources) -> None:
    resources.provide(JobRuntime(resources, [ComposeMusic()], LedgerBudget(resources)))
    temp_dir = PieceFacade(resources, await factories.user(resources))
    calm, _ = [await temp_dir.start(music_wish(MusicAsked(prompt="Rain", mood=mood))) for mood in ("calm", "epic")]
    found = await temp_dir.listed(PieceFilter(PieceKind.MUSIC, mood="calm"), 0, 20)
    assert [each.id for each in found] == [calm.id]
    assert await temp_dir.listed(PieceFilter(PieceKind.MUSIC, mood="sad"), 0, 20) == []
