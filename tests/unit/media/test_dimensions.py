"""A picture's size is read from its header exactly as its decoder would read it."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from app.media.sniff import FileKind, picture_size

PICTURES = [FileKind.PNG, FileKind.JPEG, FileKind.WEBP]
OPTIONS = [{}, {"progressive": True}, {"lossless": True}, {"exif": b"Exif\0\0" + b"x" * 60_000}, {"quality": 10}]


def picture(kind: FileKind, width: int, height: int, **options: object) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (width, height)).save(made, kind.value, **options)
    return made.getvalue()


@pytest.mark.parametrize("size", [(1, 1), (301, 750), (1920, 1080), (1, 4000), (4099, 3)])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("kind", PICTURES)
def test_the_size_is_the_one_the_decoder_sees(
    kind: FileKind, options: dict[str, object], size: tuple[int, int]
) -> None:
    assert picture_size(kind, picture(kind, *size, **options)) == size


@pytest.mark.parametrize("kind", [*PICTURES, FileKind.MP3])
@given(content=st.binary(max_size=200))
def test_nonsense_has_no_size_and_raises_nothing(kind: FileKind, content: bytes) -> None:
    size = picture_size(kind, content)
    assert size is None or min(size) >= 0


@pytest.mark.parametrize("kind", PICTURES)
def test_a_header_cut_anywhere_gives_the_true_size_or_none(kind: FileKind) -> None:
    content = picture(kind, 640, 400)
    assert {picture_size(kind, content[:kept]) for kept in range(len(content))} == {None, (640, 400)}


def test_a_jpeg_without_a_frame_has_no_size() -> None:
    assert picture_size(FileKind.JPEG, b"\xff\xd8" + b"\xff\xfe\0\2" * 1000 + b"\xff\xda\0\2") is None
    assert picture_size(FileKind.JPEG, b"\xff\xd8\x00\x00\x00\x00") is None
