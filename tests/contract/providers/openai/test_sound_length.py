"""The length of a sound is read from its own frames, and nothing is read from what is no sound."""

import struct

import pytest

from app.providers.openai.speech import seconds_of
from app.providers.values import MediaType
from tests.standins.minimax.media import sound_seconds, tone


@pytest.mark.parametrize("seconds", [0.5, 3.25, 20.0])
def test_an_mp3_is_as_long_as_its_frames(seconds: float) -> None:
    sound = tone(seconds, "mp3")
    assert seconds_of(sound, MediaType.MP3) == pytest.approx(sound_seconds(sound), abs=0.06)


def test_a_tag_before_the_frames_is_skipped() -> None:
    sound = tone(1.0, "mp3")
    tagged = b"ID3\x04\x00\x00\x00\x00\x02\x00" + b"\xff\xfb" * 128 + sound[sound.find(b"\xff\xfb") :]
    assert seconds_of(tagged, MediaType.MP3) == pytest.approx(seconds_of(sound, MediaType.MP3), abs=0.06)


@pytest.mark.parametrize("size", [None, 0xFFFFFFFF])
def test_a_wav_is_as_long_as_what_is_there_whatever_it_claims(size: int | None) -> None:
    samples = b"\x00\x01" * 24_000
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 24_000, 48_000, 2, 16)
    body = b"RIFF\xff\xff\xff\xffWAVE" + form + b"LIST\x03\x00\x00\x00abc\x00"
    sound = body + b"data" + struct.pack("<I", len(samples) if size is None else size) + samples
    assert seconds_of(sound, MediaType.WAV) == 1.0


@pytest.mark.parametrize("media_type", [MediaType.MP3, MediaType.WAV])
@pytest.mark.parametrize(
    "sound",
    [
        b"",
        b"<html>no</html>",
        b"RIFF",
        b"RIFF\x00\x00\x00\x00WAVE",
        b"RIFF\x00\x00\x00\x00WAVEdata\x04\x00\x00\x00abcd",
        b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f",
        b"\xff\xfb\x00\x00",
        b"\xff\xfb\xfc\x00",
        b"\xff\xff\x90\x00",
        b"\xff\xeb\x90\x00",
    ],
)
def test_what_is_no_sound_has_no_length(sound: bytes, media_type: MediaType) -> None:
    assert seconds_of(sound, media_type) == 0


@pytest.mark.parametrize(
    ("head", "seconds"),
    [(b"\xff\xf3\x40\x00", 576 / 22_050), (b"\xff\xe3\x48\x00", 576 / 8_000), (b"\xff\xfb\x92\x00", 1152 / 44_100)],
)
def test_slow_versions_of_the_format_are_known(head: bytes, seconds: float) -> None:
    assert seconds_of(head, MediaType.MP3) == pytest.approx(seconds, rel=0.1)
