"""The kind of a file is what its first bytes prove, never what they only resemble."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.media.sniff import FileKind, sniff

PROOFS = {
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR": FileKind.PNG,
    b"\xff\xd8\xff\xe0\0\x10JFIF": FileKind.JPEG,
    b"RIFF\x10\0\0\0WEBPVP8 ": FileKind.WEBP,
    b"RIFF\x10\0\0\0WAVEfmt ": FileKind.WAV,
    b"ID3\x04\0\0\0\0\0\0": FileKind.MP3,
    b"\xff\xfb\x90\x64": FileKind.MP3,
    b"\0\0\0\x20ftypM4A ": FileKind.M4A,
    b"\0\0\0\x20ftypisom": FileKind.MP4,
    b"\0\0\0\x14ftypqt  ": FileKind.MP4,
}
OTHERS = [
    *(b"", b"\0", b"GIF89a", b"%PDF-1.7", b"<svg xmlns=", b"<?xml version", b"#EXTM3U\n", b"ffconcat version 1.0"),
    *(
        b"PK\x03\x04",
        b"OggS",
        b"fLaC",
        b"RIFF\x10\0\0\0AVI ",
        b"RIFX\x10\0\0\0WAVE",
        b"\0\0\x01\0",
        b"BM\0\0",
        b"II*\0",
    ),
    *(b"\x89PNG\n\x1a\n", b"\xff\xd8\0", b"\0\0\0\x20ftypavif", b"\0\0\0\x20ftypheic", b"\0\0\0\x20moov", b"\x7fELF"),
    *(b"\xff\xff\xff\xff", b"\xff\xe0\0\0", b"\xff\xfb\xf0\0", b"\xff\xfb\x9c\0", b"\xff\xf9\x50\x80"),
]


@pytest.mark.parametrize("head", PROOFS)
def test_a_kind_is_proven_by_its_head(head: bytes) -> None:
    assert sniff(head) is PROOFS[head]


@pytest.mark.parametrize("head", OTHERS)
def test_anything_else_proves_nothing(head: bytes) -> None:
    assert sniff(head) is None


@given(st.binary(max_size=64))
def test_no_head_is_too_odd_to_be_judged(head: bytes) -> None:
    kind = sniff(head)
    assert kind is None or not (kind.is_picture and kind.is_sound)


@pytest.mark.parametrize("head", PROOFS)
def test_a_proof_hidden_behind_something_else_is_none(head: bytes) -> None:
    assert sniff(b"<html>" + head) is None
