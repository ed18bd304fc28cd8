"""Row E2 of the clients' page: "The thumbnail is a frame that can be seen"; measured on the picture itself."""

from fractions import Fraction
from pathlib import Path

import pytest

from app.core.threads import Threads
from app.media.film import FilmCutter
from app.media.frames import LitFrames, Luma, Thumbnails, lit_moment
from app.media.timeline import Timeline, TimelineSegment
from app.media.tools import Tools
from tests.integration.media import reels

GREY = "color=0x808080:s=128x72:r=24:d=3"
FADING = f"{GREY},fade=in:st=0:d=1"
LATE = f"{GREY},geq=lum='if(lt(T,2),16,120)':cb=128:cr=128"
DARK = "color=black:s=128x72:r=24:d=3,geq=lum='16+10*T':cb=128:cr=128"


async def luma_of(tools: Tools, picture: Path) -> float:
    """The mean luma of a picture, of 255."""
    raw = await reels.ran(tools, "-i", str(picture), "-vf", "scale=1:1:flags=area,format=gray", "-f", "rawvideo", "-")
    return float(raw[0])


@pytest.mark.parametrize(("source", "least"), [(GREY, 120), (FADING, 110), (LATE, 100)])
async def test_the_thumbnail_is_a_frame_that_can_be_seen_first_fully_lit_one_mean_luma_above_40_of_255(
    tools: Tools, film: FilmCutter, tmp_path: Path, runtime: Path, source: str, least: float
) -> None:
    clip = await reels.clip(tools, tmp_path / "clip.mp4", source)
    report = await film.render(Timeline((TimelineSegment(clip, Fraction(3)),)), tmp_path / "film.mp4", runtime)
    assert await luma_of(tools, report.poster) >= least
    small = tmp_path / "small.jpg"
    assert await Thumbnails(tools, Threads(1)).draw(report.path, small)
    assert await luma_of(tools, small) >= least


async def test_the_first_fully_lit_frame_of_a_film_may_lie_in_a_later_clip(
    tools: Tools, film: FilmCutter, tmp_path: Path, runtime: Path
) -> None:
    dark = await reels.clip(tools, tmp_path / "dark.mp4", "color=black:s=128x72:r=24:d=9")
    light = await reels.clip(tools, tmp_path / "light.mp4", "color=0xa0a0a0:s=128x72:r=24:d=1")
    segments = (TimelineSegment(dark, Fraction(9)), TimelineSegment(light, Fraction(1)))
    report = await film.render(Timeline(segments), tmp_path / "film.mp4", runtime)
    assert await luma_of(tools, report.poster) >= 140


async def test_unless_the_whole_film_is_darker_then_its_brightest_frame_is_taken(
    tools: Tools, film: FilmCutter, tmp_path: Path, runtime: Path
) -> None:
    clip = await reels.clip(tools, tmp_path / "clip.mp4", DARK)
    assert await LitFrames(tools).first(clip) >= 2
    report = await film.render(Timeline((TimelineSegment(clip, Fraction(3)),)), tmp_path / "film.mp4", runtime)
    assert report.poster.read_bytes().startswith(b"\xff\xd8\xff")


def test_a_fade_is_waited_for_and_a_flicker_is_not() -> None:
    fading = [Luma(step / 8, min(120.0, 15.0 * step)) for step in range(16)]
    assert lit_moment(fading) == 1.0
    assert lit_moment([Luma(0, 100), Luma(0.125, 104), Luma(0.25, 99)]) == 0
    assert lit_moment([Luma(0, 30), Luma(0.125, 39)]) is None
    assert lit_moment([]) is None
