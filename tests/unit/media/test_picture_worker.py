"""Pictures that ask for more work than their pixels are known by their structure."""

import io

import pytest
from PIL import Image

from app.media.picture_worker import MOST_PARTS, MOST_PASSES, intricate

EMPTY_CHUNK = b"\0\0\0\0teXt\0\0\0\0"


def jpeg(**options: object) -> bytes:
    made = io.BytesIO()
    Image.effect_noise((320, 200), 80).save(made, "JPEG", **options)
    return made.getvalue()


def png() -> bytes:
    made = io.BytesIO()
    Image.effect_noise((320, 200), 80).save(made, "PNG")
    return made.getvalue()


def with_passes(count: int) -> bytes:
    content = jpeg(progressive=True)
    drawn = content.count(b"\xff\xda")
    last = content[content.rindex(b"\xff\xda") : -2]
    return content[:-2] + last * (count - drawn) + content[-2:]


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"quality": 100}, {"restart_marker_rows": 1}], ids=str)
def test_an_ordinary_jpeg_is_plain(options: dict[str, object]) -> None:
    assert not intricate(jpeg(**options))


@pytest.mark.parametrize(("count", "refused"), [(MOST_PASSES, False), (MOST_PASSES + 1, True)])
def test_passes_are_counted(count: int, refused: bool) -> None:
    assert intricate(with_passes(count)) is refused


def test_segments_are_counted() -> None:
    content = jpeg()
    assert intricate(content[:2] + b"\xff\xfe\0\2" * (MOST_PARTS + 1) + content[2:])


def test_what_stands_behind_the_end_does_not_count() -> None:
    assert not intricate(jpeg() + b"\xff\xda\0\2" * 1000)


def test_passes_inside_a_segment_do_not_count() -> None:
    content = jpeg()
    thumbnail = b"\xff\xda\0\2" * 1000
    assert not intricate(content[:2] + b"\xff\xe1" + (len(thumbnail) + 2).to_bytes(2, "big") + thumbnail + content[2:])


@pytest.mark.parametrize(("more", "refused"), [(100, False), (MOST_PARTS, True)])
def test_chunks_are_counted(more: int, refused: bool) -> None:
    content = png()
    assert intricate(content[:33] + EMPTY_CHUNK * more + content[33:]) is refused


@pytest.mark.parametrize("content", [b"", b"\x89PNG", b"\xff\xd8", b"\xff\xd8\xff", b"\xff\xd8\xff\xe0", b"RIFF"])
def test_a_stump_is_left_to_the_decoder(content: bytes) -> None:
    assert not intricate(content)
