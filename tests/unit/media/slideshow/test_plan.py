"""What shows in each frame of a slideshow."""

from itertools import pairwise

import pytest

from app.media.slideshow.show import Effect, Plan

MOVING = Effect.ZOOM_IN


def shares(plan: Plan) -> list[dict[int, float]]:
    return [{layer.slide: round(layer.share, 6) for layer in layers} for layers in plan.layers()]


def test_every_frame_is_drawn_once_and_lengths_do_not_depend_on_blends() -> None:
    for fade in (0, 1, 7, 12, 500):
        assert len(list(Plan((0, 24, 50, 51), (MOVING,) * 3, fade).layers())) == 51


def test_neighbours_are_blended_half_on_either_side_of_their_bound() -> None:
    found = shares(Plan((0, 10, 20), (MOVING, MOVING), 4))
    assert found[7] == {0: 1.0}
    assert found[8:12] == [{0: 0.875, 1: 0.125}, {0: 0.625, 1: 0.375}, {0: 0.375, 1: 0.625}, {0: 0.125, 1: 0.875}]
    assert found[12] == {1: 1.0}


def test_without_a_fade_one_picture_follows_the_other_at_once() -> None:
    assert shares(Plan((0, 2, 4), (MOVING, MOVING), 0)) == [{0: 1.0}, {0: 1.0}, {1: 1.0}, {1: 1.0}]


@pytest.mark.parametrize("fade", [3, 8, 40])
def test_light_is_whole_in_every_frame_of_moving_pictures(fade: int) -> None:
    for found in shares(Plan((0, 5, 6, 30, 31, 60), (MOVING,) * 5, fade)):
        assert sum(found.values()) == pytest.approx(1.0)
        assert len(found) <= 2


def test_the_still_effect_comes_from_black_and_goes_to_black() -> None:
    light = [sum(found.values()) for found in shares(Plan((0, 20, 40), (Effect.BASIC_FADE,) * 2, 10))]
    assert light[:10] == pytest.approx([0.05 + 0.1 * step for step in range(10)])
    assert light[10:30] == pytest.approx([1.0] * 20)
    assert light[30:] == pytest.approx(light[9::-1])


def test_a_moving_picture_goes_on_without_a_stop_from_its_first_frame_to_its_last() -> None:
    parts = [
        layer.at for layers in Plan((0, 10, 20, 30), (MOVING,) * 3, 4).layers() for layer in layers if layer.slide == 1
    ]
    steps = [after - before for before, after in pairwise(parts)]
    assert (parts[0], parts[-1]) == (0.0, 1.0)
    assert steps == pytest.approx([steps[0]] * len(steps))
