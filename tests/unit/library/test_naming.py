"""Names of films: safe in addresses and style sheets, and the only ones."""

import re

import pytest

from app.library.gallery.domain import asked_name, chosen_name, folded, identifying_tail, usual_name

ASSET_ID = "0190a6b2-7c1d-7e3f-8a4b-0123456789ab"
SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\.mp4")


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("The lost lantern", "The-lost-lantern.mp4"),
        ("Zażółć gęślą jaźń", "Zazolc-gesla-jazn.mp4"),
        ("a.mp4", "a.mp4"),
        ("A.MP4", "A.mp4"),
        ("../../etc/passwd", "etc-passwd.mp4"),
        ("url('x') \"y\" [z] (q)", "url-x-y-z-q.mp4"),
        ("v1.0_final", "v1.0_final.mp4"),
        ("狐", None),
        ("...", None),
    ],
)
def test_a_title_becomes_a_name(title: str, name: str | None) -> None:
    assert chosen_name(title) == name


@pytest.mark.parametrize("title", ["Fox", "狐", "", "x" * 500, "a b\u202e\x00c"])
def test_a_usual_name_is_safe_and_tells_its_film(title: str) -> None:
    name = usual_name(title, ASSET_ID)
    assert SAFE.fullmatch(name)
    assert len(name) <= 120
    assert identifying_tail(name) == "0123456789ab"


@pytest.mark.parametrize("name", ["a-b", "a-b.mp4", "a-b.jpg", "a-b.mp4.jpg", " a-b "])
def test_a_name_is_understood_without_its_ending(name: str) -> None:
    assert asked_name(name) == "a-b.mp4"


@pytest.mark.parametrize(("text", "found"), [("ŁÓDŹ", "lodz"), ("Straße", "strasse"), ("狐", "狐"), ("É", "e")])
def test_a_search_knows_neither_case_nor_accents(text: str, found: str) -> None:
    assert folded(text) == found


@pytest.mark.parametrize("name", ["Fox.mp4", "0123456789ab.mp4", "fox-0123456789AB.mp4", "fox-0123456789abc.mp4", ""])
def test_other_names_tell_no_film(name: str) -> None:
    assert identifying_tail(name) is None
