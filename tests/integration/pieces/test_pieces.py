"""A picture is paid once whatever dies, judged before and after, gone when deleted; music costs nothing."""

import pytest

from app.library.models import Asset
from app.moderation.errors import ContentRefused
from app.pieces.domain import (
    MusicAsked,
    PictureAsked,
    PieceFilter,
    PieceKind,
    PieceLost,
    PieceNotFound,
    PieceNotReady,
    PieceStatus,
    music_wish,
    picture_wish,
)
from app.pieces.repository import PieceRepository
from app.pieces.service import PieceFacade
from tests import factories
from tests.doubles.context import Crash
from tests.doubles.engines import ScriptedKit
from tests.integration.pieces.conftest import Bench

FOX = picture_wish(PictureAsked(prompt="A red fox in the snow"))


async def test_a_picture_is_drawn_and_paid(bench: Bench) -> None:
    piece = await bench.temp_dir.start(FOX)
    assert piece.status is PieceStatus.PENDING
    done = await bench.run(piece)
    assert (done.status, done.fault) == (PieceStatus.COMPLETED, None)
    assert bench.temp_dir.file(done).kind == "picture"
    assert done.job.actual_micro_usd == done.job.estimated_micro_usd > 0
    (request,) = bench.kit.image.requests
    assert request.prompt.startswith("A red fox in the snow\nStyle: cinematic")


@pytest.mark.parametrize("step", ["begin", "submit.piece.1", "judge", "accept"])
async def test_a_kill_between_the_steps_pays_once(bench: Bench, step: str) -> None:
    piece = await bench.temp_dir.start(FOX)
    with pytest.raises(Crash):
        await bench.run(piece, crash_after=step)
    assert (await bench.run(piece)).status is PieceStatus.COMPLETED
    assert len(bench.kit.image.requests) == 1
    assert await factories.rows(bench.resources.database, Asset) == 1


async def test_a_refused_prompt_is_never_drawn(bench: Bench, people_kit: ScriptedKit) -> None:
    people_kit.moderation.scores["fox"] = {"sexual/minors": 0.99}
    done = await bench.run(await bench.temp_dir.start(FOX))
    assert (done.status, done.job.failure and done.job.failure.code) == (PieceStatus.FAILED, ContentRefused.code)
    assert bench.kit.image.requests == []
    assert done.job.actual_micro_usd == 0
    with pytest.raises(PieceNotReady):
        bench.temp_dir.file(done)


async def test_what_is_deleted_is_gone_with_its_file_and_its_work(bench: Bench) -> None:
    waiting = await bench.temp_dir.start(FOX)
    await bench.temp_dir.delete(waiting)
    with pytest.raises(PieceNotFound):
        await bench.temp_dir.owned(waiting.id, PieceKind.IMAGE)
    done = await bench.run(await bench.temp_dir.start(FOX))
    await bench.temp_dir.delete(done)
    assert await factories.rows(bench.resources.database, Asset) == 0


async def test_a_picture_of_a_row_that_vanished_is_thrown_away(bench: Bench) -> None:
    piece = await bench.temp_dir.start(FOX)
    with pytest.raises(Crash):
        await bench.run(piece, crash_after="judge")
    async with bench.resources.database.unit_of_work() as session:
        await PieceRepository(session, bench.resources.clock).forget(piece.id)
    with pytest.raises(PieceNotFound):
        await bench.run(piece)
    async with bench.resources.database.reading() as session:
        assert await PieceRepository(session, bench.resources.clock).owned(piece.id, piece.owner_id) is None
    assert await factories.rows(bench.resources.database, Asset) == 0
    assert PieceLost.code == "piece.gone"


async def test_music_is_made_here_for_nothing(bench: Bench) -> None:
    done = await bench.run(await bench.temp_dir.start(music_wish(MusicAsked(prompt="Rain", mood="calm", duration=5))))
    assert done.status is PieceStatus.COMPLETED
    assert bench.temp_dir.file(done).facts["duration_seconds"] == 5
    assert done.job.actual_micro_usd == 0


async def test_kinds_and_owners_do_not_mix(bench: Bench) -> None:
    piece = await bench.temp_dir.start(FOX)
    with pytest.raises(PieceNotFound):
        await bench.temp_dir.owned(piece.id, PieceKind.MUSIC)
    stranger = PieceFacade(bench.resources, await factories.user(bench.resources, "bob"))
    with pytest.raises(PieceNotFound):
        await stranger.owned(piece.id, PieceKind.IMAGE)
    assert await stranger.listed(PieceFilter(PieceKind.IMAGE), 0, 20) == []
    assert await bench.temp_dir.listed(PieceFilter(PieceKind.IMAGE, status=PieceStatus.COMPLETED), 0, 20) == []


async def test_at_most_four_variations_are_drawn_at_once(bench: Bench) -> None:
    done = await bench.run(await bench.temp_dir.start(FOX))
    assert len(await bench.temp_dir.varied(done, 50)) == 4
