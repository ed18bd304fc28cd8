"""Names: nothing of a path, a control or a direction survives, and no header can be broken out of."""

from hypothesis import given
from hypothesis import strategies as st

from app.library.domain import content_disposition, safe_name

HOSTILE = st.text(max_size=400) | st.sampled_from(
    [
        "../../etc/passwd",
        "a\r\nSet-Cookie: x=1",
        "x\x00.png",
        "..\\..\\win.ini",
        "con",
        "\u202egnp.exe",
        "",
        ".",
        '"; x="',
    ]
)


@given(HOSTILE)
def test_a_shown_name_is_one_plain_part(name: str) -> None:
    shown = safe_name(name, "png")
    assert shown.endswith(".png")
    assert not set(shown) & set('/\\:*?"<>|\r\n\x00\u202e\u2066')
    assert 5 <= len(shown) <= 130
    assert not shown.startswith(".")
    assert ".." not in shown


@given(HOSTILE)
def test_a_name_adds_no_header(name: str) -> None:
    header = content_disposition("inline", safe_name(name, "png"))
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2
    assert ".." not in header
    assert header.startswith("inline; filename=")
