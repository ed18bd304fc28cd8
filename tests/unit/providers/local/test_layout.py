"""Where figures stand: inside the picture, feet on the ground, beside each other, and things with their holders."""

import pytest

from app.providers.local.scenery.layout import drawn_keys, laid_out
from app.providers.local.scenery.painting import settled
from app.providers.local.scenery.scene import MOST_FIGURES, Figure, Hour, Place, Scene

SIZES = ((1366, 768), (768, 1366), (768, 768))
CROWD = ("girl", "cat", "dog", "house", "ship", "balloon", "lantern", "apple")


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("place", list(Place))
def test_nothing_is_cut_by_the_frame(place: Place, size: tuple[int, int]) -> None:
    painting = settled(Scene(place=place, figures=tuple(map(Figure, CROWD))), size, 7)
    unit = min(size)
    for placed in laid_out(painting):
        half = placed.wide * unit / size[0] / 2
        assert -0.02 <= placed.x - half < placed.x + half <= 1.02, placed
        assert 0 <= placed.foot - placed.height * unit / size[1] < placed.foot < 0.99, placed


def test_a_number_of_one_kind_are_figures_of_their_own() -> None:
    placed = laid_out(settled(Scene(place=Place.FIELD, figures=(Figure("cat", 3), Figure("dog", 12))), SIZES[0], 7))
    assert len(placed) == MOST_FIGURES
    assert {one.id for one in placed} == {f"cat#{n}" for n in range(1, 4)} | {f"dog#{n}" for n in range(1, 6)}
    assert len({one.x for one in placed}) == MOST_FIGURES


def test_a_cat_sits_on_the_sofa_and_bread_lies_on_a_table() -> None:
    scene = Scene(place=Place.ROOM, figures=(Figure("sofa"), Figure("cat"), Figure("bread")))
    placed = {one.figure.key: one for one in laid_out(settled(scene, SIZES[0], 7))}
    assert set(placed) == {"sofa", "cat", "bread", "table"}
    for upper, lower in (("cat", "sofa"), ("bread", "table")):
        assert abs(placed[upper].x - placed[lower].x) * SIZES[0][0] / SIZES[0][1] < placed[lower].wide / 2
        assert placed[upper].foot < placed[lower].foot


def test_a_lantern_is_in_the_hand_of_who_is_there() -> None:
    scene = Scene(place=Place.FIELD, figures=(Figure("girl"), Figure("lantern")))
    girl, lantern = laid_out(settled(scene, SIZES[0], 7))
    assert abs(girl.x - lantern.x) < 0.1
    assert lantern.height < girl.height / 2
    assert girl.foot - girl.height < lantern.foot < girl.foot


@pytest.mark.parametrize(
    ("key", "place", "hour"),
    [("moon", Place.SEA, Hour.NIGHT), ("sun", Place.FIELD, Hour.DAY), ("mountain", Place.MOUNTAINS, Hour.DAY)],
)
def test_what_the_land_and_the_sky_show_themselves_is_no_figure(key: str, place: Place, hour: Hour) -> None:
    painting = settled(Scene(place=place, hour=hour, figures=(Figure(key),)), SIZES[0], 7)
    assert laid_out(painting) == ()
    assert drawn_keys(painting.scene) == (key,)


def test_the_same_painting_is_laid_out_the_same() -> None:
    painting = settled(Scene(figures=tuple(map(Figure, CROWD))), SIZES[0], 7)
    assert laid_out(painting) == laid_out(painting)
