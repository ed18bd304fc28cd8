"""Where effects look."""

import itertools

import pytest

from app.media.slideshow.show import Effect, box_of, move_of, nearest_zoom

SIZE = (1536, 864)
PARTS = [step / 50 for step in range(51)]


def boxes(effect: Effect, number: int = 0) -> list[tuple[float, float, float, float]]:
    return [box_of(move_of(effect, number).at(part), SIZE) for part in PARTS]


@pytest.mark.parametrize(("effect", "number"), list(itertools.product(Effect, range(5))))
def test_a_view_never_leaves_its_picture_nor_changes_its_shape(effect: Effect, number: int) -> None:
    for left, top, right, bottom in boxes(effect, number):
        assert 0 <= left < right <= SIZE[0]
        assert 0 <= top < bottom <= SIZE[1]
        assert (right - left) / (bottom - top) == pytest.approx(16 / 9)
        assert SIZE[0] / (right - left) <= nearest_zoom(effect) + 1e-9


def test_the_picture_slides_to_the_left_when_the_view_goes_to_the_right() -> None:
    lefts = [box[0] for box in boxes(Effect.SLIDE_LEFT)]
    assert lefts == sorted(lefts)
    assert lefts[0] == pytest.approx(0, abs=1e-6)
    assert boxes(Effect.SLIDE_LEFT)[-1][2] == pytest.approx(SIZE[0])
    assert [box[0] for box in boxes(Effect.SLIDE_RIGHT)] == pytest.approx(lefts[::-1])


def test_zooming_in_ends_where_zooming_out_begins() -> None:
    widths = [right - left for left, _, right, _ in boxes(Effect.ZOOM_IN)]
    assert widths == sorted(widths, reverse=True)
    assert widths[0] > widths[-1] * 1.1
    assert [right - left for left, _, right, _ in boxes(Effect.ZOOM_OUT)] == pytest.approx(widths[::-1])


def test_the_still_effect_shows_the_whole_picture_all_the_time() -> None:
    assert set(boxes(Effect.BASIC_FADE)) == {(0.0, 0.0, *map(float, SIZE))}


def test_ken_burns_moves_and_zooms_and_never_twice_in_the_same_way() -> None:
    moves = [move_of(Effect.KEN_BURNS, number) for number in range(4)]
    assert len(set(moves)) == 4
    for move in moves:
        assert move.begin.zoom != move.end.zoom
        assert (move.begin.across, move.begin.down) != (move.end.across, move.end.down)
