"""Nothing that comes as a clip, a narration or music makes the cutting room read or reach anything else, or wait."""

import os
import resource
import struct
from collections.abc import AsyncIterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from app.core.errors import AppError
from app.core.threads import Threads
from app.media.errors import ClipUnusable, UnreadableMedia
from app.media.film import FilmCutter
from app.media.looks import ClipLooks
from app.media.timeline import PlacedNarration, Timeline, TimelineSegment
from app.media.tools import Tools
from tests.integration.media import reels
from tests.integration.media.lists import Listener, hostile, listening

ENDLESS_BYTES = 3 * 1024**3
# Reading such a file to its end takes many times as long.
MOST_CPU_SECONDS = 10
DATA_REFERENCE = b"\x00\x00\x00\x0curl \x00\x00\x00\x01"


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    async with listening() as opened:
        yield opened


async def whole(tools: Tools, folder: Path) -> Timeline:
    clip = await reels.clip(tools, folder / "clip.mp4")
    speech = await reels.sound(tools, folder / "speech.mp3", "sine=f=300:d=0.5")
    return Timeline((TimelineSegment(clip, Fraction(1), PlacedNarration(speech)),))


def used_seconds() -> float:
    """The time that processors have spent on this process and on the tools that it has run."""
    own, tools = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + tools.ru_utime + tools.ru_stime


async def refused(film: FilmCutter, timeline: Timeline, runtime: Path, name: str) -> None:
    into = runtime.parent / "film.mp4"
    begun = used_seconds()
    with pytest.raises(AppError):
        await film.render(timeline, into, runtime)
    assert used_seconds() - begun < MOST_CPU_SECONDS, name
    assert not into.exists(), name
    assert ".part" not in reels.left_in(runtime), name
    assert children() == [], name


def children() -> list[str]:
    """The tools that this process has started and that still live; other tests keep processes of their own."""
    found = []
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = place.read_text().partition("(")[2].rpartition(")")
        except OSError:
            continue
        fields = rest.split()
        if int(fields[1]) == os.getpid() and fields[0] != "Z" and name.startswith("ff"):
            found.append(place.parent.name)
    return found


async def test_lists_are_no_clips_no_narrations_and_no_music(
    tools: Tools, film: FilmCutter, tmp_path: Path, runtime: Path, listener: Listener
) -> None:
    timeline = await whole(tools, tmp_path)
    victim = await reels.sound(tools, tmp_path / "victim.wav", "sine=f=900:d=1")
    sent = {ending: tmp_path / f"sent.{ending}" for ending in ("mp4", "mp3")}
    for name, content in hostile(victim, listener.port).items():
        for path in sent.values():
            path.write_bytes(content)
        segment = timeline.segments[0]
        await refused(film, replace(timeline, segments=(replace(segment, clip=sent["mp4"]),)), runtime, name)
        spoken = replace(segment, narration=PlacedNarration(sent["mp3"]))
        await refused(film, replace(timeline, segments=(spoken,)), runtime, name)
        await refused(film, replace(timeline, music=sent["mp3"]), runtime, name)
    assert listener.connections == []


async def test_a_clip_whose_frames_lie_elsewhere_shows_nothing_of_it(
    tools: Tools, film: FilmCutter, tmp_path: Path, runtime: Path, listener: Listener
) -> None:
    """A film may say that its bytes lie at an address; only its own bytes are ever taken."""
    timeline = await whole(tools, tmp_path)
    clip = timeline.segments[0].clip
    content = clip.read_bytes()
    assert DATA_REFERENCE in content
    clip.write_bytes(content.replace(DATA_REFERENCE, DATA_REFERENCE[:-1] + b"\x00"))
    report = await film.render(timeline, tmp_path / "film.mp4", runtime)
    assert DATA_REFERENCE in report.path.read_bytes()
    assert listener.connections == []


async def test_a_clip_that_claims_to_be_huge_is_refused(
    tools: Tools, film: FilmCutter, tmp_path: Path, runtime: Path
) -> None:
    timeline = await whole(tools, tmp_path)
    clip = timeline.segments[0].clip
    content = bytearray(clip.read_bytes())
    at = content.index(b"avc1", content.index(b"stsd")) + 28
    assert struct.unpack(">HH", content[at : at + 4]) == (128, 72)
    content[at : at + 4] = struct.pack(">HH", 60_000, 60_000)
    clip.write_bytes(content)
    await refused(film, timeline, runtime, "huge")


async def test_a_clip_that_claims_to_last_for_days_is_refused_before_any_sound_is_made(
    tools: Tools, film: FilmCutter, tmp_path: Path, runtime: Path
) -> None:
    timeline = await whole(tools, tmp_path)
    clip = timeline.segments[0].clip
    content = bytearray(clip.read_bytes())
    at = content.index(b"stts") + 16
    (ticks,) = struct.unpack(">I", content[at : at + 4])
    content[at : at + 4] = struct.pack(">I", ticks * 200_000)
    start = content.index(b"elst")
    content[start : start + 4] = b"free"
    clip.write_bytes(content)
    with pytest.raises(ClipUnusable, match="two hours"):
        await film.render(timeline, tmp_path / "film.mp4", runtime)
    assert reels.left_in(runtime) == set()


async def test_music_without_an_end_ends_with_the_film(
    tools: Tools, film: FilmCutter, tmp_path: Path, runtime: Path
) -> None:
    timeline = await whole(tools, tmp_path)
    tune = tmp_path / "tune.wav"
    with tune.open("wb") as file:
        file.write(struct.pack("<4sI8sIHHIIHH4sI", b"RIFF", 0xFFFFFFFF, b"WAVEfmt ", 16, 1, 1, 8000, 16000, 2, 16,
                               b"data", 0xFFFFFFFF))  # fmt: skip
        file.truncate(ENDLESS_BYTES // 16)
    begun = used_seconds()
    report = await film.render(replace(timeline, music=tune), tmp_path / "film.mp4", runtime)
    assert used_seconds() - begun < MOST_CPU_SECONDS
    assert report.duration_seconds == 1.0


async def test_no_list_is_looked_at_as_a_clip(tools: Tools, tmp_path: Path, listener: Listener) -> None:
    victim = await reels.clip(tools, tmp_path / "victim.mp4")
    sent = tmp_path / "sent.mp4"
    for name, content in hostile(victim, listener.port).items():
        sent.write_bytes(content)
        with pytest.raises(UnreadableMedia):
            await ClipLooks(tools, Threads(1)).look(sent, (), tmp_path)
        assert children() == [], name
    assert listener.connections == []


async def test_a_recording_without_an_end_ends_with_its_segment(
    tools: Tools, film: FilmCutter, tmp_path: Path, runtime: Path
) -> None:
    timeline = await whole(tools, tmp_path)
    endless = tmp_path / "endless.wav"
    head = struct.pack("<4sI8sIHHIIHH4sI", b"RIFF", 0xFFFFFFFF, b"WAVEfmt ", 16, 1, 1, 8000, 16000, 2, 16, b"data",
                       0xFFFFFFFF)  # fmt: skip
    with endless.open("wb") as file:
        file.write(head)
        file.truncate(ENDLESS_BYTES // 16)
    spoken = replace(timeline.segments[0], narration=PlacedNarration(endless))
    begun = used_seconds()
    report = await film.render(replace(timeline, segments=(spoken,)), tmp_path / "film.mp4", runtime)
    assert used_seconds() - begun < MOST_CPU_SECONDS
    assert report.duration_seconds == 1.0
    assert report.loudness.is_silent


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
async def test_a_clip_cut_off_on_its_way_is_refused(
    tools: Tools, film: FilmCutter, tmp_path: Path, runtime: Path, share: float
) -> None:
    clip = await reels.clip(tools, tmp_path / "clip.mp4", "testsrc2=s=128x72:r=24:d=1", "-movflags", "+faststart")
    content = clip.read_bytes()
    clip.write_bytes(content[: int(len(content) * share)])
    await refused(film, Timeline((TimelineSegment(clip, Fraction(1)),)), runtime, str(share))
