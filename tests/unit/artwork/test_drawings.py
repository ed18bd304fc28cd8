"""The drawings in the tree are what their sources make; paths and transforms become the polygons that they describe."""

import math

import pytest

from app.providers.local.scenery.art.drawings import DRAWINGS_FILE
from artwork.__main__ import drawn, recipes
from artwork.convert import record
from artwork.paths import Contour, flatten
from artwork.svg import shapes


def area(contour: Contour) -> float:
    pairs = zip(contour, [*contour[1:], contour[0]], strict=True)
    return abs(sum(x * other_y - other_x * y for (x, y), (other_x, other_y) in pairs)) / 2


def test_the_drawings_of_our_own_are_what_their_sources_make() -> None:
    lines = {line.split("\t")[0]: line for line in DRAWINGS_FILE.read_text(encoding="utf-8").splitlines(keepends=True)}
    made = drawn(None)
    assert len(made) > 250
    assert [name for name, line in made.items() if lines.get(name) != line] == []
    assert {name for name in recipes() if not name.startswith("_")} <= lines.keys()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("M0 0H10V10H0z", 100),
        ("m0 0 10 0 0 10-10 0z", 100),
        ("M0 5A5 5 0 0 1 10 5A5 5 0 0 1 0 5z", 25 * math.pi),
        ("M0 5a5 5 0 1110 0 5 5 0 11-10 0", 25 * math.pi),
        ("M0 0C0 10 10 10 10 0z", 60),
        ("M0 0Q5 10 10 0z", 33.3),
        ("M0 0Q5 10 10 0T20 0V-20H0z", 400),
    ],
)
def test_a_path_encloses_what_it_should(path: str, expected: float) -> None:
    assert area(flatten(path)[0]) == pytest.approx(expected, rel=0.02)


def test_a_hole_stays_a_hole_and_a_second_area_an_area() -> None:
    hole = record(shapes('<path fill="red" d="M0 0H10V10H0zM2 2V8H8V2z"/>'))
    assert [len(row[1]) for row in hole] == [2]
    beside = record(shapes('<path fill="red" d="M0 0H10V10H0zM20 0H30V10H20z"/>'))
    assert [len(row[1]) for row in beside] == [1, 1]


def test_transforms_groups_and_strokes_are_resolved() -> None:
    body = '<g fill="#0f0" transform="translate(5 5) scale(2)"><rect width="3" height="4"/></g>'
    (shape,) = shapes(body)
    assert (shape.colour, shape.contours) == ("00ff00", [[(5, 5), (11, 5), (11, 13), (5, 13)]])
    (line,) = shapes('<path fill="none" stroke="blue" stroke-width="2" transform="scale(3)" d="M0 0L4 0"/>')
    assert (line.colour, line.width, line.contours) == ("0000ff", 6, [[(0, 0), (12, 0)]])


def test_a_gradient_becomes_its_mean_colour() -> None:
    stops = '<stop offset="0" stop-color="#000000"/><stop offset="1" stop-color="#ffffff"/>'
    (shape,) = shapes(f'<defs><linearGradient id="a">{stops}</linearGradient></defs><circle r="5" fill="url(#a)"/>')
    assert shape.colour == "808080"
