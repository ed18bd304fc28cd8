"""Pictures and music: what comes back is real, what is held back is told."""

import io
from dataclasses import replace

import pytest
from PIL import Image

from app.providers.errors import ContentBlocked, InvalidRequest, OutcomeUnknown
from app.providers.image import ImageRequest
from app.providers.minimax.bundle import MiniMaxBundle
from app.providers.minimax.models import IMAGE_01, MUSIC_MODELS
from app.providers.speech import MusicRequest
from tests.contract.providers.samples import KEY, frame
from tests.standins.minimax.media import sound_seconds
from tests.standins.minimax.world import Fault, World

WISH = ImageRequest("a lake at dawn")


@pytest.mark.parametrize("ratio", IMAGE_01.sizes)
async def test_a_picture_has_the_size_that_the_record_tells(kit: MiniMaxBundle, ratio: str) -> None:
    drawn = await kit.image.draw(replace(WISH, aspect_ratio=ratio), key=KEY)
    with Image.open(io.BytesIO(drawn.stills[0].content)) as picture:
        assert picture.size == IMAGE_01.sizes[ratio]
        assert drawn.stills[0].media_type == f"image/{str(picture.format).lower()}"


async def test_as_many_pictures_come_as_were_asked_for(kit: MiniMaxBundle, world: World) -> None:
    assert len((await kit.image.draw(replace(WISH, count=3), key=KEY)).stills) == 3
    assert len(world.paid) == 1


async def test_a_reference_and_a_seed_are_sent_the_documented_way(kit: MiniMaxBundle, world: World) -> None:
    assert (await kit.image.draw(replace(WISH, references=(frame(),), seed=7), key=KEY)).stills
    assert world.refused == []


@pytest.mark.parametrize(
    "wish",
    [
        replace(WISH, prompt=" "),
        replace(WISH, prompt="x" * 1501),
        replace(WISH, aspect_ratio="5:4"),
        replace(WISH, count=0),
        replace(WISH, count=10),
        replace(WISH, references=(frame(), frame())),
        replace(WISH, model="image-9"),
    ],
)
async def test_a_misfit_is_refused_before_any_call(kit: MiniMaxBundle, world: World, wish: ImageRequest) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await kit.image.draw(wish, key=KEY)
    assert refused.value.hint
    assert world.calls == []


async def test_pictures_that_were_all_held_back_are_blocked_content(kit: MiniMaxBundle, world: World) -> None:
    world.faults = [Fault("held_back", "/v1/image_generation")]
    with pytest.raises(ContentBlocked):
        await kit.image.draw(WISH, key=KEY)


async def test_a_refused_prompt_is_blocked_content(kit: MiniMaxBundle) -> None:
    with pytest.raises(ContentBlocked):
        await kit.image.draw(replace(WISH, prompt="forbidden"), key=KEY)


@pytest.mark.parametrize(
    "body",
    [
        '{"data": null}',
        '{"data": {"image_base64": null}}',
        '{"data": {"image_base64": ["***"]}}',
        '{"data": {"image_base64": ["R0lGODlh"]}}',
        '{"data": {"image_base64": [""]}}',
    ],
)
async def test_an_answer_without_a_picture_leaves_the_outcome_unknown(
    kit: MiniMaxBundle, world: World, body: str
) -> None:
    world.faults = [Fault("body", "/v1/image_generation", body=body)]
    with pytest.raises(OutcomeUnknown):
        await kit.image.draw(WISH, key=KEY)


@pytest.mark.parametrize("model", MUSIC_MODELS)
@pytest.mark.parametrize("lyrics", ["", "[Verse] la la"])
async def test_music_is_real_sound_of_the_told_length(kit: MiniMaxBundle, model: str, lyrics: str) -> None:
    music = await kit.music.compose(MusicRequest("calm piano", lyrics, model), key=KEY)
    assert sound_seconds(music.audio) == pytest.approx(music.duration_seconds, abs=0.15)


@pytest.mark.parametrize("wish", [MusicRequest(""), MusicRequest("x" * 2001), MusicRequest("x", "y" * 3501)])
async def test_music_out_of_bounds_is_refused_before_any_call(
    kit: MiniMaxBundle, world: World, wish: MusicRequest
) -> None:
    with pytest.raises(InvalidRequest):
        await kit.music.compose(wish, key=KEY)
    assert world.calls == []


async def test_music_without_sound_leaves_the_outcome_unknown(kit: MiniMaxBundle, world: World) -> None:
    world.faults = [Fault("body", "/v1/music_generation", body='{"data": null}')]
    with pytest.raises(OutcomeUnknown):
        await kit.music.compose(MusicRequest("calm"), key=KEY)
