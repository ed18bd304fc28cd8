"""Captions that are part of the pictures: letters of many scripts, in the safe area, a clear word without a font."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from app.assembly.captions import BurnStyle, Screen, ass
from app.media.errors import FontMissing
from app.media.film import FilmCutter
from app.media.timeline import Caption, Timeline, TimelineSegment, Word
from app.media.tools import Tools
from tests.integration.media import reels

WORDS = (Word("Zażółć", 0.0, 0.5), Word("Жизнь", 0.5, 1.0))
BRIGHT = 120
CAPTION = Caption(0.0, 1.0, "Zażółć Жизнь", WORDS)


async def plain(tools: Tools, folder: Path, size: str = "320x180", colour: str = "black") -> Timeline:
    clip = await reels.clip(tools, folder / f"{colour}.mp4", f"color={colour}:s={size}:r=24:d=1")
    return Timeline((TimelineSegment(clip, Fraction(1)), TimelineSegment(clip, Fraction(1))))


async def pixels(tools: Tools, path: Path, frame: int, width: int) -> list[bytes]:
    """How bright the pixels of each row of one frame are."""
    pick = f"select='eq(n,{frame})',format=gray"
    raw = await reels.ran(tools, "-i", str(path), "-vf", pick, "-frames:v", "1", "-f", "rawvideo", "-")
    return [raw[at : at + width] for at in range(0, len(raw), width)]


async def lit_rows(tools: Tools, path: Path, frame: int, width: int) -> list[int]:
    """The rows of a black frame that hold bright pixels."""
    return [row for row, line in enumerate(await pixels(tools, path, frame, width)) if max(line) > BRIGHT]


@pytest.mark.parametrize("style", list(BurnStyle))
async def test_burned_captions_are_seen_while_they_are_spoken(
    tools: Tools, film: FilmCutter, tmp_path: Path, runtime: Path, style: BurnStyle
) -> None:
    timeline = await plain(tools, tmp_path)
    script = ass([CAPTION], Screen(320, 180), style)
    report = await film.render(replace(timeline, burned=script), tmp_path / "film.mp4", runtime)
    lit = await lit_rows(tools, report.path, 12, 320)
    assert len(lit) > 4
    assert 110 < min(lit) < max(lit) < 180 - 180 * 0.04
    assert await lit_rows(tools, report.path, 36, 320) == []
    assert "captions burned in" in report.segments[0].decision.reasons
    assert (report.duration_seconds, len(report.segments)) == (2.0, 2)
    assert await reels.warnings(tools, report.path) == ""
    assert reels.left_in(runtime) == {".mp4", ".json"}


async def test_a_tall_film_keeps_captions_above_the_buttons(
    tools: Tools, film: FilmCutter, tmp_path: Path, runtime: Path
) -> None:
    timeline = await plain(tools, tmp_path, "180x320")
    script = ass([CAPTION], Screen(180, 320), BurnStyle.PLAIN)
    report = await film.render(replace(timeline, burned=script), tmp_path / "film.mp4", runtime)
    lit = await lit_rows(tools, report.path, 12, 180)
    assert lit
    assert max(lit) < 320 * 0.82


async def test_a_box_makes_words_readable_on_a_bright_picture(
    tools: Tools, film: FilmCutter, tmp_path: Path, runtime: Path
) -> None:
    timeline = await plain(tools, tmp_path, colour="white")

    async def shaded(style: BurnStyle) -> int:
        script = ass([CAPTION], Screen(320, 180), style)
        report = await film.render(replace(timeline, burned=script), tmp_path / f"{style}.mp4", runtime)
        return sum(light < BRIGHT for row in await pixels(tools, report.path, 12, 320) for light in row)

    assert await shaded(BurnStyle.BOXED) > 1.5 * await shaded(BurnStyle.PLAIN) > 0


async def test_the_spoken_word_has_another_colour(
    tools: Tools, film: FilmCutter, tmp_path: Path, runtime: Path
) -> None:
    timeline = await plain(tools, tmp_path)
    script = ass([CAPTION], Screen(320, 180), BurnStyle.HIGHLIGHT)
    report = await film.render(replace(timeline, burned=script), tmp_path / "film.mp4", runtime)

    async def yellow(frame: int) -> float:
        pick = f"select='eq(n,{frame})',format=rgb24"
        raw = await reels.ran(tools, "-i", str(report.path), "-vf", pick, "-frames:v", "1", "-f", "rawvideo", "-")
        places = [at // 3 % 320 for at in range(0, len(raw), 3) if raw[at] > 180 and raw[at + 2] < 90]
        return sum(places) / len(places)

    assert await yellow(6) < 160 < await yellow(18)


async def test_letters_that_no_font_has_are_named_as_the_reason(
    tools: Tools, film: FilmCutter, tmp_path: Path, runtime: Path
) -> None:
    timeline = await plain(tools, tmp_path)
    script = ass([Caption(0.0, 1.0, "\U0001340d\U00013419")], Screen(320, 180), BurnStyle.PLAIN)
    with pytest.raises(FontMissing):
        await film.render(replace(timeline, burned=script), tmp_path / "film.mp4", runtime)
    assert ".ass" not in reels.left_in(runtime)
    assert not [path for path in reels.files_in(runtime) if path.name.startswith("burn-")]
