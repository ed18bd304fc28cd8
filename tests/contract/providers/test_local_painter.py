"""The offline painter behind the image port: sizes, repeatability, words, continuity and refusals."""

import io
import resource

import numpy as np
import pytest
from PIL import Image

from app.core.fairness import FairLimiter
from app.providers.errors import InvalidRequest
from app.providers.image import ImageRequest
from app.providers.local.painter import LocalPainter
from app.providers.values import AttemptKey, MediaType, Picture

KEY = AttemptKey("attempt-1")
MOST_CPU_SECONDS = 2.5


@pytest.fixture
def painter() -> LocalPainter:
    return LocalPainter(FairLimiter(2))


async def drawn(painter: LocalPainter, prompt: str, *references: bytes, ratio: str = "1:1", seed: int = 0) -> bytes:
    pictures = tuple(Picture(content, MediaType.PNG, 768, 768) for content in references)
    made = await painter.draw(ImageRequest(prompt, ratio, pictures, seed=seed), key=KEY)
    return made.stills[0].content


def pixels(content: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"), np.float32)


@pytest.mark.parametrize("ratio", ["16:9", "9:16", "1:1", "4:3", "3:4", "3:2", "2:3", "21:9"])
async def test_every_shape_has_its_size_and_is_a_picture_of_something(painter: LocalPainter, ratio: str) -> None:
    made = pixels(await drawn(painter, "A lighthouse on the sea at dawn, a boat", ratio=ratio))
    width, height = painter.capabilities().sizes[ratio]
    assert made.shape == (height, width, 3)
    assert min(width, height) >= 768
    assert made.std() > 20


async def test_the_same_request_gives_the_same_bytes_and_another_seed_another_picture(painter: LocalPainter) -> None:
    first = await drawn(painter, "forest at night")
    assert await drawn(painter, "forest at night") == first
    assert await drawn(painter, "forest at night", seed=1) != first


async def test_many_pictures_differ_from_each_other(painter: LocalPainter) -> None:
    made = await painter.draw(ImageRequest("a lake", "1:1", count=2), key=KEY)
    assert len({still.content for still in made.stills}) == 2
    assert {still.media_type for still in made.stills} == {MediaType.PNG}


async def test_night_is_darker_than_day_and_a_desert_warmer_than_the_sea(painter: LocalPainter) -> None:
    night, day = [pixels(await drawn(painter, f"a lake at {hour}")) for hour in ("night", "noon")]
    assert night.mean() < 0.6 * day.mean()
    desert, sea = [pixels(await drawn(painter, f"the {place} at noon"))[600:] for place in ("desert", "sea")]
    assert (desert[..., 0] - desert[..., 2]).mean() > (sea[..., 0] - sea[..., 2]).mean() + 20


@pytest.mark.parametrize(
    ("place", "figure"),
    [
        ("sea at sunset", "dog"),
        ("sea at sunset", "lighthouse"),
        ("sea at sunset", "dragon"),
        ("sea at sunset", "robot"),
        ("morze o zachodzie słońca", "statek"),
        ("morze o zachodzie słońca", "drzewo"),
    ],
)
async def test_a_named_figure_is_seen(painter: LocalPainter, place: str, figure: str) -> None:
    with_it = pixels(await drawn(painter, f"{place}, {figure}", seed=3))
    without = pixels(await drawn(painter, place, seed=3))
    assert (np.abs(with_it - without).max(axis=2) > 60).mean() > 0.004


@pytest.mark.parametrize("look", ["watercolor", "cartoon", "cinematic", "noir"])
async def test_a_named_style_changes_the_picture(painter: LocalPainter, look: str) -> None:
    plain, styled = pixels(await drawn(painter, "sea at noon")), pixels(await drawn(painter, f"sea at noon {look}"))
    assert np.abs(plain - styled).mean() > 5


async def test_a_reference_keeps_its_colours(painter: LocalPainter) -> None:
    before = await drawn(painter, "mountains at night")
    follows = pixels(await drawn(painter, "mountains, an old wolf", before))
    alone = pixels(await drawn(painter, "mountains, an old wolf"))
    wanted = pixels(before)

    def sky(
        made: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
    ) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        return np.asarray(made[:240].mean(axis=(0, 1)), np.float32)

    assert np.abs(sky(follows) - sky(wanted)).mean() < 0.5 * np.abs(sky(alone) - sky(wanted)).mean()


async def test_a_broken_reference_is_refused_with_a_hint(painter: LocalPainter) -> None:
    with pytest.raises(InvalidRequest) as refused:
        await drawn(painter, "a lake", b"\x89PNG but not really")
    assert refused.value.hint == "Use a reference picture that opens as PNG, JPEG or WebP."


@pytest.mark.parametrize(
    "request_",
    [
        ImageRequest(" "),
        ImageRequest("x" * 4001),
        ImageRequest("a", "5:4"),
        ImageRequest("a", count=5),
        ImageRequest("a", model="other"),
    ],
)
async def test_what_the_record_excludes_is_refused(painter: LocalPainter, request_: ImageRequest) -> None:
    with pytest.raises(InvalidRequest):
        await painter.draw(request_, key=KEY)


async def test_a_picture_is_cheap(painter: LocalPainter) -> None:
    began = sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
    await drawn(painter, "A castle in the mountains, a dragon, snow", ratio="16:9")
    assert sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2]) - began < MOST_CPU_SECONDS
