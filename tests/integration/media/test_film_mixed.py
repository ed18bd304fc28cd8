"""Clips that do not agree: the minority is encoded again, the majority stays as it is, and the film is legal."""

from fractions import Fraction
from pathlib import Path

import pytest

from app.media.cut import Treatment
from app.media.film import FilmCutter
from app.media.probe import read_clip
from app.media.timeline import Timeline, TimelineSegment
from app.media.tools import Tools
from tests.integration.media import reels

BLUE = "color=blue:s={size}:r={rate}:d=1"
X264 = ("-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p")
# Name, size and rate of the odd clip, its encoder, and a facet that must be named as the reason.
ODD = {
    "profile": ("128x72", "24", (*X264, "-profile:v", "baseline"), "encoder configuration"),
    "preset": ("128x72", "24", (*X264, "-preset", "medium", "-bf", "3"), "encoder configuration"),
    "size": ("100x100", "24", X264, "size"),
    "odd shape": ("72x128", "24", (*X264, "-vf", "setsar=4/3"), "size"),
    "faster": ("128x72", "30", X264, "frame rate"),
    "film rate": ("128x72", "24000/1001", X264, "frame rate"),
    "pixel format": ("128x72", "24", (*X264, "-pix_fmt", "yuv444p"), "codec"),
    "ten bits": ("128x72", "24", (*X264, "-pix_fmt", "yuv420p10le"), "codec"),
    "hevc": ("128x72", "24", ("-c:v", "libx265", "-x265-params", "log-level=none", "-tag:v", "hvc1"), "codec"),
    "timescale": ("128x72", "24", (*reels.ENCODER, "-bf", "2", "-video_track_timescale", "90000"), "timescale"),
    "varying rate": ("128x72", "24", (*X264, "-vf", "select='not(eq(n,5)+eq(n,6))'", "-fps_mode", "vfr"),
                     "varying frame rate"),
}  # fmt: skip


async def majority(tools: Tools, folder: Path) -> tuple[Path, Path]:
    red = await reels.clip(tools, folder / "red.mp4", "color=red:s=128x72:r=24:d=1", "-bf", "2")
    green = await reels.clip(tools, folder / "green.mp4", "color=green:s=128x72:r=24:d=1", "-bf", "2")
    return red, green


def timeline(*clips: Path) -> Timeline:
    return Timeline(tuple(TimelineSegment(clip, Fraction(1)) for clip in clips))


@pytest.mark.parametrize("name", ODD)
async def test_an_odd_clip_is_made_to_agree_and_the_others_stay(
    tools: Tools, film: FilmCutter, tmp_path: Path, runtime: Path, name: str
) -> None:
    size, rate, encoder, reason = ODD[name]
    red, green = await majority(tools, tmp_path)
    odd = tmp_path / "odd.mp4"
    await reels.ran(tools, "-f", "lavfi", "-i", BLUE.format(size=size, rate=rate), *encoder, str(odd))
    report = await film.render(timeline(red, odd, green), tmp_path / "film.mp4", runtime)
    decisions = [segment.decision for segment in report.segments]
    assert [decision.treatment for decision in decisions] == [
        Treatment.COPIED, Treatment.ENCODED_AGAIN, Treatment.COPIED,
    ]  # fmt: skip
    assert reason in decisions[1].reasons
    shown = await reels.frames(tools, report.path)
    assert [max(range(3), key=colour.__getitem__) for colour in shown] == [0] * 24 + [2] * 24 + [1] * 24
    assert await reels.frame_moments(tools, report.path) == [Fraction(number, 24) for number in range(72)]
    assert await reels.warnings(tools, report.path) == ""
    normal = next(path for path in reels.files_in(runtime) if path.name.startswith("clip-"))
    assert await reels.packets(tools, report.path) == await reels.packets(tools, red, normal, green)


async def test_a_turned_clip_stands_upright_among_the_others(
    tools: Tools, film: FilmCutter, tmp_path: Path, runtime: Path
) -> None:
    red, green = await majority(tools, tmp_path)
    lying = await reels.clip(tools, tmp_path / "lying.mp4", "color=blue:s=72x128:r=24:d=1", "-bf", "2")
    turned = tmp_path / "turned.mp4"
    await reels.ran(tools, "-display_rotation", "90", "-i", str(lying), "-c", "copy", str(turned))
    assert (await film.render(timeline(red, green, turned), tmp_path / "film.mp4", runtime)).width_px == 128
    shown = await reels.frames(tools, tmp_path / "film.mp4")
    assert min(colour[2] for colour in shown[48:]) > 200


async def test_what_an_edit_list_hides_stays_hidden(
    tools: Tools, film: FilmCutter, tmp_path: Path, runtime: Path
) -> None:
    red, green = await majority(tools, tmp_path)
    long = tmp_path / "long.mp4"
    half = "color=white:s=128x72:r=24:d=0.5[a];color=blue:s=128x72:r=24:d=1[b];[a][b]concat"
    await reels.ran(tools, "-f", "lavfi", "-i", half, *reels.ENCODER, "-bf", "2", "-g", "100", str(long))
    cut = tmp_path / "cut.mp4"
    await reels.ran(tools, "-ss", "0.5", "-i", str(long), "-c", "copy", str(cut))
    report = await film.render(timeline(red, cut, green), tmp_path / "film.mp4", runtime)
    assert "edit list" in report.segments[1].decision.reasons
    shown = await reels.frames(tools, report.path)
    assert len(shown) == 72
    assert all(colour[2] > 200 and colour[0] < 50 for colour in shown[24:48])


async def test_sound_in_a_clip_does_not_make_it_odd(
    tools: Tools, film: FilmCutter, tmp_path: Path, runtime: Path
) -> None:
    red, green = await majority(tools, tmp_path)
    sounding = tmp_path / "sounding.mp4"
    await reels.ran(tools, "-i", str(red), "-f", "lavfi", "-i", "sine=d=1.4", "-c:v", "copy", str(sounding))
    report = await film.render(timeline(sounding, green), tmp_path / "film.mp4", runtime)
    assert report.is_copied_whole
    assert report.duration_seconds == 2.0
    assert await reels.packets(tools, report.path) == await reels.packets(tools, red, green)


async def test_a_fragmented_clip_is_put_together_and_copied(
    tools: Tools, film: FilmCutter, tmp_path: Path, runtime: Path
) -> None:
    red, green = await majority(tools, tmp_path)
    pieces = tmp_path / "pieces.mp4"
    await reels.ran(tools, "-i", str(green), "-c", "copy", "-movflags", "frag_keyframe+empty_moov", str(pieces))
    report = await film.render(timeline(red, pieces), tmp_path / "film.mp4", runtime)
    assert report.is_copied_whole
    assert await reels.packets(tools, report.path) == await reels.packets(tools, red, green)


async def test_clips_that_no_browser_plays_are_all_encoded_again(
    tools: Tools, film: FilmCutter, tmp_path: Path, runtime: Path
) -> None:
    clips = []
    for colour in ("red", "green"):
        path = tmp_path / f"{colour}.mp4"
        source = f"color={colour}:s=128x72:r=25:d=1"
        await reels.ran(
            tools, "-f", "lavfi", "-i", source, "-c:v", "libx265", "-x265-params", "log-level=none", str(path)
        )
        clips.append(path)
    report = await film.render(timeline(*clips), tmp_path / "film.mp4", runtime)
    assert (report.video_codec, report.frames_per_second) == ("avc1", 25.0)
    assert not report.is_copied_whole
    assert await reels.warnings(tools, report.path) == ""
    shown = await reels.frames(tools, report.path)
    assert [max(range(3), key=colour.__getitem__) for colour in shown] == [0] * 25 + [1] * 25


async def test_a_clip_encoded_again_is_kept_for_the_next_assembly(
    tools: Tools, film: FilmCutter, tmp_path: Path, runtime: Path
) -> None:
    red, green = await majority(tools, tmp_path)
    odd = await reels.clip(tools, tmp_path / "odd.mp4", "color=blue:s=64x64:r=24:d=1")
    await film.render(timeline(red, odd, green), tmp_path / "film.mp4", runtime)
    first = {path.name: path.stat().st_mtime_ns for path in reels.files_in(runtime)}
    await film.render(timeline(green, odd, red), tmp_path / "again.mp4", runtime)
    assert {path.name: path.stat().st_mtime_ns for path in reels.files_in(runtime)} == first


async def test_a_mute_reading_of_a_film_finds_what_was_written(
    tools: Tools, film: FilmCutter, tmp_path: Path, runtime: Path
) -> None:
    red, green = await majority(tools, tmp_path)
    await film.render(timeline(red, green), tmp_path / "film.mp4", runtime)
    made = read_clip(tmp_path / "film.mp4")
    assert made.samples is not None
    assert made.samples.is_shown_whole
    assert made.samples.keyframes == {0, 24}
    assert made.duration == 2
