"""Transitions in films by the real ffmpeg: what is blended, and what stays bit by bit as it was."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from app.core.threads import Threads
from app.media.cut import ClipDecision, Treatment, plan_cut
from app.media.errors import ToolFailed
from app.media.film import FilmCutter
from app.media.joining import JoinedClip
from app.media.probe import read_clip
from app.media.timeline import PlacedNarration, Timeline, TimelineSegment, Transition
from app.media.tools import Tools
from app.media.transition_encoding import Bridger
from tests.integration.media.reels import click, clip, files_in, frame_moments, left_channel, loudest, ran, warnings

WIDTH, HEIGHT, RATE, COUNT = 128, 72, 24, 48
HALF = 6
# Closed groups of a second at most, with frames that are decoded the wrong way round.
GROUPS = ("-g", "12", "-bf", "2", "-flags", "+cgop")
OTHERS = [transition for transition in Transition if transition is not Transition.CUT]


def moving(colour: str) -> str:
    """A flat picture under a bright bar that moves, so that every frame differs from the one before."""
    bar = f"color=white:s=8x{HEIGHT}:r={RATE}:d=2"
    return f"color={colour}:s={WIDTH}x{HEIGHT}:r={RATE}:d=2[a];{bar}[b];[a][b]overlay=x=n*2:y=0"


async def clips(tools: Tools, folder: Path, *options: str) -> list[Path]:
    colours = ("0xc02020", "0x2020c0", "0x20a020")
    told = options or GROUPS
    return [await clip(tools, folder / f"{n}.mp4", moving(colour), *told) for n, colour in enumerate(colours)]


def timeline(paths: list[Path], transition: Transition, **wishes: bool) -> Timeline:
    segments = tuple(TimelineSegment(path, Fraction(2)) for path in paths)
    return Timeline(segments, transition=transition, transition_seconds=Fraction(1, 2), **wishes)


async def pictures(tools: Tools, path: Path) -> NDArray[np.int64]:
    shown = ("-map", "0:v:0", "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "rgb24", "-")
    raw = await ran(tools, "-i", str(path), *shown)
    return np.frombuffer(raw, np.uint8).reshape(-1, HEIGHT, WIDTH, 3).astype(np.int64)


def stored(path: Path) -> list[bytes]:
    """Every packet of the pictures, in the order of decoding."""
    samples = read_clip(path).samples
    assert samples is not None
    content = path.read_bytes()
    return [content[at : at + size] for at, size in zip(samples.positions, samples.sizes, strict=True)]


def far_from(picture: NDArray[np.int64], wanted: NDArray[np.int64]) -> float:
    return float(np.abs(picture - wanted).mean())


@pytest.mark.parametrize("transition", OTHERS)
async def test_only_frames_round_the_cuts_are_encoded_and_the_length_stays(
    film: FilmCutter, tools: Tools, tmp_path: Path, runtime: Path, transition: Transition
) -> None:
    paths = await clips(tools, tmp_path)
    made = tmp_path / "film.mp4"
    report = await film.render(timeline(paths, transition), made, runtime)
    assert [segment.decision for segment in report.segments] == [
        ClipDecision(Treatment.PARTLY_ENCODED, (f"{transition} over {count} of 48 frames",)) for count in (8, 20, 12)
    ]
    assert not report.is_copied_whole
    assert await warnings(tools, made) == ""
    assert await frame_moments(tools, made) == [Fraction(number, RATE) for number in range(3 * COUNT)]
    before = [packet for path in paths for packet in stored(path)]
    after = stored(made)
    same = [number for number, pair in enumerate(zip(before, after, strict=True)) if pair[0] == pair[1]]
    # Behind a cut all up to the next keyframe is new; before it at most the frames decoded the wrong way round.
    assert len(same) >= 3 * COUNT - 2 * (12 + HALF + 3)
    assert set(range(40)) | set(range(60, 86)) | set(range(108, 3 * COUNT)) <= set(same)
    originals = np.concatenate([await pictures(tools, path) for path in paths])
    shown = await pictures(tools, made)
    assert all(np.array_equal(shown[number], originals[number]) for number in (*range(40), *range(60, 86)))


async def test_a_dissolve_leads_evenly_from_one_clip_to_the_next(
    film: FilmCutter, tools: Tools, tmp_path: Path, runtime: Path
) -> None:
    paths = await clips(tools, tmp_path)
    await film.render(timeline(paths, Transition.DISSOLVE), tmp_path / "film.mp4", runtime)
    first, second, _ = [await pictures(tools, path) for path in paths]
    shown = await pictures(tools, tmp_path / "film.mp4")
    for step in range(2 * HALF):
        number, share = COUNT - HALF + step, step / (2 * HALF)
        wanted = (1 - share) * first[min(number, COUNT - 1)] + share * second[max(0, number - COUNT)]
        assert far_from(shown[number], wanted) < 4
    assert far_from(shown[COUNT + HALF], second[HALF]) < 4


async def test_a_fade_goes_through_black_at_the_cut(
    film: FilmCutter, tools: Tools, tmp_path: Path, runtime: Path
) -> None:
    paths = await clips(tools, tmp_path)
    await film.render(timeline(paths, Transition.FADE), tmp_path / "film.mp4", runtime)
    light = (await pictures(tools, tmp_path / "film.mp4")).mean(axis=(1, 2, 3))
    window = light[COUNT - HALF : COUNT + HALF]
    assert window.min() < 12
    assert abs(int(window.argmin()) - HALF) <= 1
    assert light[COUNT - HALF - 1] > 60
    assert light[COUNT + HALF + 1] > 60


async def test_a_slide_pushes_one_clip_out_to_the_left_by_the_next(
    film: FilmCutter, tools: Tools, tmp_path: Path, runtime: Path
) -> None:
    paths = await clips(tools, tmp_path)
    await film.render(timeline(paths, Transition.SLIDE), tmp_path / "film.mp4", runtime)
    middle = (await pictures(tools, tmp_path / "film.mp4"))[COUNT]
    assert middle[36, 20] == pytest.approx([192, 32, 32], abs=30)
    assert middle[36, 108] == pytest.approx([32, 32, 192], abs=30)


async def test_clips_with_a_single_keyframe_are_still_joined_rightly(
    film: FilmCutter, tools: Tools, tmp_path: Path, runtime: Path
) -> None:
    paths = await clips(tools, tmp_path, "-g", "250", "-bf", "3")
    await film.render(timeline(paths, Transition.DISSOLVE), tmp_path / "film.mp4", runtime)
    assert await warnings(tools, tmp_path / "film.mp4") == ""
    assert stored(tmp_path / "film.mp4")[:38] == stored(paths[0])[:38]
    originals = np.concatenate([await pictures(tools, path) for path in paths])
    shown = await pictures(tools, tmp_path / "film.mp4")
    assert len(shown) == 3 * COUNT
    assert all(far_from(shown[number], originals[number]) < 4 for number in (10, 41, 60, 80, 110, 143))


async def test_odd_clips_are_made_to_agree_before_they_are_bridged(
    film: FilmCutter, tools: Tools, tmp_path: Path, runtime: Path
) -> None:
    paths = await clips(tools, tmp_path)
    odd = await clip(tools, tmp_path / "odd.mp4", "color=0x20a020:s=160x90:r=30:d=2", "-g", "15")
    await film.render(timeline([*paths[:2], odd], Transition.DISSOLVE), tmp_path / "film.mp4", runtime)
    assert await warnings(tools, tmp_path / "film.mp4") == ""
    shown = await pictures(tools, tmp_path / "film.mp4")
    assert len(shown) == 3 * COUNT
    assert shown[-1][36, 64] == pytest.approx([32, 160, 32], abs=8)


async def test_clips_that_no_encoder_of_ours_can_match_are_all_encoded(
    film: FilmCutter, tools: Tools, tmp_path: Path, runtime: Path
) -> None:
    paths = []
    for path in await clips(tools, tmp_path):
        paths.append(path.with_suffix(".turned.mp4"))
        await ran(tools, "-display_rotation", "90", "-i", str(path), "-c", "copy", str(paths[-1]))
    await film.render(timeline(paths, Transition.DISSOLVE), tmp_path / "film.mp4", runtime)
    video = read_clip(tmp_path / "film.mp4").video
    assert (video.width_px, video.height_px, video.rotation_degrees) == (HEIGHT, WIDTH, 0)
    assert await warnings(tools, tmp_path / "film.mp4") == ""


async def test_narration_still_begins_with_its_segment(
    film: FilmCutter, tools: Tools, tmp_path: Path, runtime: Path
) -> None:
    paths = await clips(tools, tmp_path)
    said = [PlacedNarration(click(tmp_path / f"{number}.wav", 44_100, 0.1)) for number in range(3)]
    segments = tuple(TimelineSegment(path, Fraction(2), words) for path, words in zip(paths, said, strict=True))
    spoken = Timeline(segments, transition=Transition.DISSOLVE)
    await film.render(spoken, tmp_path / "film.mp4", runtime)
    heard = await left_channel(tools, tmp_path / "film.mp4")
    for number in range(3):
        begin = number * 96_000
        assert abs(loudest(heard, begin, begin + 90_000) - begin - 4800) <= 48


async def test_sound_of_clips_leaves_and_comes_in_step(
    film: FilmCutter, tools: Tools, tmp_path: Path, runtime: Path
) -> None:
    paths = []
    for number, path in enumerate(await clips(tools, tmp_path)):
        paths.append(tmp_path / f"loud-{number}.mp4")
        tone = f"sine=f={300 + 200 * number}:d=2:r=48000,volume=6dB"
        await ran(tools, "-i", str(path), "-f", "lavfi", "-i", tone, "-c:v", "copy", "-c:a", "aac", str(paths[-1]))
    made = timeline(paths, Transition.DISSOLVE, keeps_clip_sound=True)
    await film.render(made, tmp_path / "film.mp4", runtime)
    heard = np.abs(np.array(await left_channel(tools, tmp_path / "film.mp4"), dtype=np.int64))
    cut = 96_000
    levels = [int(heard[cut + at : cut + at + 960].max()) for at in (-14_400, -6_000, -960, 0, 5_040, 13_440)]
    assert levels[0] > 1.5 * levels[1] > 2 * levels[2]
    assert levels[5] > 1.5 * levels[4] > 2 * levels[3]
    assert levels[5] == pytest.approx(levels[0], rel=0.15)


async def test_a_bridge_is_made_once(film: FilmCutter, tools: Tools, tmp_path: Path, runtime: Path) -> None:
    paths = await clips(tools, tmp_path)
    made = timeline(paths, Transition.DISSOLVE)
    await film.render(made, tmp_path / "film.mp4", runtime)
    bridges = {path: path.stat().st_mtime_ns for path in files_in(runtime) if path.name.startswith("bridge-")}
    await film.render(made, tmp_path / "again.mp4", runtime)
    assert len(bridges) == 2
    assert {path: path.stat().st_mtime_ns for path in bridges} == bridges
    assert stored(tmp_path / "film.mp4") == stored(tmp_path / "again.mp4")


async def test_a_bridge_that_fails_leaves_nothing_behind(tools: Tools, tmp_path: Path, runtime: Path) -> None:
    paths = await clips(tools, tmp_path)
    facts = [read_clip(path) for path in paths]
    pieces = [
        JoinedClip(path, fact.samples, fact.video.configuration)
        for path, fact in zip(paths, facts, strict=True)
        if fact.samples is not None
    ]
    broken = Bridger(Tools("false"), Threads(2))
    with pytest.raises(ToolFailed):
        await broken.bridge(pieces, plan_cut(facts).target, Transition.SLIDE, Fraction(1, 2), runtime)
    assert files_in(runtime) == []
