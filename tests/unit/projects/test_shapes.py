"""Shapes of pictures: what is cropped, and how much of it is left."""

import pytest

from app.projects.layout import cropped_size, nearest_ratio, proportion
from app.projects.options import AspectRatio


@pytest.mark.parametrize("size", [(1280, 720), (1366, 768), (1920, 1080), (1364, 768)])
def test_a_picture_of_the_shape_is_left_as_it_is(size: tuple[int, int]) -> None:
    assert cropped_size(*size, AspectRatio.WIDE) is None


@pytest.mark.parametrize("ratio", list(AspectRatio))
@pytest.mark.parametrize("size", [(474, 421), (720, 1280), (1536, 1024), (305, 750), (4000, 1700)])
def test_a_cropped_picture_has_the_shape_and_fits_every_engine(size: tuple[int, int], ratio: AspectRatio) -> None:
    width, height = cropped_size(*size, ratio) or size
    assert width / height == pytest.approx(proportion(ratio), rel=0.01)
    assert min(width, height) > 300


def test_nothing_is_made_larger_that_is_large_enough() -> None:
    assert cropped_size(1536, 1024, AspectRatio.WIDE) == (1536, 864)
    assert cropped_size(720, 1280, AspectRatio.SQUARE) == (720, 720)


def test_the_nearest_of_the_offered_shapes_is_taken() -> None:
    assert nearest_ratio(640, 400) is AspectRatio.PHOTO
    assert nearest_ratio(640, 400, [AspectRatio.TALL, AspectRatio.WIDE]) is AspectRatio.WIDE
