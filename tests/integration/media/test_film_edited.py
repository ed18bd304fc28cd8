"""After an edit of one narration only its stretch of the sound is made again, and nobody hears where."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from typing_extensions import override

from app.core.process import Finished
from app.core.threads import Threads
from app.media.mp4_reading import SOUND, Samples, samples_from
from app.media.soundtrack import Soundtracks
from app.media.timeline import SAMPLE_RATE, PlacedNarration, Timeline, TimelineSegment, Transition
from app.media.tools import Tools, file_address
from tests.integration.media import reels
from tests.integration.media.test_film_sound import measured

COUNT, SECONDS = 5, 6
EDITED = 2
# Below this level, of 32768, nobody hears a difference beside speech.
FAINT = 200
# Of 32768; below it lies what an encoder makes of silence.
AUDIBLE = 20
AT_ONCE = 6
SPEECH = "anoisesrc=d=5:c=pink:a=0.3:seed={},volume='if(lt(mod(t,0.6),0.4),1,0.03)':eval=frame"


@dataclass(frozen=True)
class WatchedTools(Tools):
    """The real tools, and what they were asked for."""

    asked: list[list[str]] = field(default_factory=list)

    @override
    async def run(
        self,
        arguments: Sequence[str],
        *,
        timeout_seconds: float,
        cwd: Path | None = None,
        on_line: Callable[[str], None] | None = None,
    ) -> Finished:
        self.asked.append(list(arguments))
        return await super().run(arguments, timeout_seconds=timeout_seconds, cwd=cwd, on_line=on_line)

    def opened(self, path: Path) -> int:
        return sum(file_address(path) in arguments for arguments in self.asked)


@pytest.fixture
def watched(tools: Tools) -> WatchedTools:
    return WatchedTools(tools.ffmpeg)


@pytest.fixture
async def speech(tools: Tools, tmp_path: Path) -> list[Path]:
    return [await reels.sound(tools, tmp_path / f"{n}.mp3", SPEECH.format(n)) for n in range(COUNT + 1)]


def told(recordings: Sequence[Path], music: Path | None = None) -> Timeline:
    length = Fraction(SECONDS)
    segments = tuple(TimelineSegment(Path("later.mp4"), length, PlacedNarration(path)) for path in recordings)
    return Timeline(segments, music=music)


def packets(path: Path) -> list[bytes]:
    with path.open("rb") as file:
        samples: Samples | None = samples_from(file, path.stat().st_size, SOUND)
        assert samples is not None
        found = []
        for position, size in zip(samples.positions, samples.sizes, strict=True):
            file.seek(position)
            found.append(file.read(size))
    return found


async def heard(tools: Tools, path: Path) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    return np.asarray(await reels.left_channel(tools, path), dtype=np.float64)


@pytest.mark.parametrize("has_music", [False, True])
async def test_only_the_edited_stretch_is_made_again(
    watched: WatchedTools, speech: list[Path], runtime: Path, tmp_path: Path, has_music: bool
) -> None:
    music = await reels.sound(watched, tmp_path / "tune.wav", "sine=f=220:d=4,tremolo=f=1") if has_music else None
    sounds = Soundtracks(watched, Threads(1))
    before = await sounds.prepare(told(speech[:COUNT], music=music), runtime)
    edited = [*speech[:EDITED], speech[COUNT], *speech[EDITED + 1 : COUNT]]
    watched.asked.clear()
    after = await sounds.prepare(told(edited, music=music), runtime)
    old, new = packets(before.path), packets(after.path)
    assert len(old) == len(new)
    differing = [number for number, (one, other) in enumerate(zip(old, new, strict=True)) if one != other]
    assert min(differing) * 1024 > (EDITED * SECONDS - 3) * SAMPLE_RATE
    assert max(differing) * 1024 < ((EDITED + 1) * SECONDS + 3.1) * SAMPLE_RATE
    assert [watched.opened(path) for path in speech] == [0, 1, 0, 1, 0, 1]
    assert await measured(watched, after.path) == (after.loudness.integrated_lufs, after.loudness.true_peak_dbtp)
    assert abs(after.loudness.integrated_lufs + 14.0) <= 0.3
    assert after.loudness.true_peak_dbtp <= -1.0

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    whole = await sounds.prepare(told(edited, music=music), elsewhere)
    one, other = await heard(watched, after.path), await heard(watched, whole.path)
    assert len(one) == len(other)
    gain = 10 ** ((whole.loudness.integrated_lufs - after.loudness.integrated_lufs) / 20)
    # Compared in tenths of a second, so that a click or a gap at a seam would show; faint noise is coded as noise.
    for begin in range(0, COUNT * SECONDS * SAMPLE_RATE - 4800, 4800):
        mine, theirs = one[begin : begin + 4800] * gain, other[begin : begin + 4800]
        levels = [np.sqrt(np.mean(each**2)) + FAINT for each in (mine, theirs)]
        assert abs(20 * np.log10(levels[0] / levels[1])) < 1.5, begin / SAMPLE_RATE
        assert np.sqrt(np.mean((mine - theirs) ** 2)) < 0.35 * levels[1] + FAINT, begin / SAMPLE_RATE
        assert np.abs(np.diff(mine - theirs)).max() < 9000


async def test_an_edit_that_changes_how_loud_the_film_is_makes_the_whole_again(
    watched: WatchedTools, tools: Tools, speech: list[Path], runtime: Path, tmp_path: Path
) -> None:
    faint = await reels.sound(tools, tmp_path / "faint.wav", SPEECH.format(9) + ",volume=-1dB")
    shout = await reels.sound(tools, tmp_path / "shout.wav", "anoisesrc=d=6:c=pink:a=1:seed=4,volume=6dB")
    sounds = Soundtracks(watched, Threads(1))
    await sounds.prepare(told([faint] * COUNT), runtime)
    watched.asked.clear()
    loud = await sounds.prepare(told([*[faint] * EDITED, shout, *[faint] * (COUNT - EDITED - 1)]), runtime)
    assert watched.opened(shout) == 2
    assert abs((await measured(tools, loud.path))[0] + 14.0) <= 0.3


async def test_another_length_or_louder_music_makes_the_whole_again(
    watched: WatchedTools, speech: list[Path], runtime: Path
) -> None:
    sounds = Soundtracks(watched, Threads(1))
    first = told(speech[:COUNT])
    await sounds.prepare(first, runtime)
    for other in (replace(first, music_gain_db=1.0), replace(first, segments=first.segments[1:])):
        watched.asked.clear()
        await sounds.prepare(other, runtime)
        assert watched.opened(speech[COUNT - 1]) == 1


async def test_the_sound_of_an_edited_clip_leaves_in_step_with_its_dissolve(
    watched: WatchedTools, speech: list[Path], runtime: Path, tmp_path: Path, tools: Tools
) -> None:
    sources = [f"sine=f={300 + 100 * number}:d=6" for number in range(COUNT + 1)]
    clips = [await reels.sound(tools, tmp_path / f"clip{n}.wav", source) for n, source in enumerate(sources)]
    first = told(speech[:COUNT])
    first = replace(first, keeps_clip_sound=True, transition=Transition.DISSOLVE, transition_seconds=Fraction(1))
    film = replace(first, segments=tuple(replace(one, clip=clips[n]) for n, one in enumerate(first.segments)))
    segments = list(film.segments)
    segments[EDITED] = replace(segments[EDITED], clip=clips[COUNT])
    edited = replace(film, segments=tuple(segments))
    sounds = Soundtracks(watched, Threads(1))
    await sounds.prepare(film, runtime)
    watched.asked.clear()
    after = await sounds.prepare(edited, runtime)
    assert [watched.opened(clip) for clip in clips] == [0, 1, 0, 1, 0, 1]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    whole = await sounds.prepare(edited, elsewhere)
    one, other = await heard(tools, after.path), await heard(tools, whole.path)
    for begin in range(0, COUNT * SECONDS * SAMPLE_RATE - 4800, 4800):
        levels = [np.sqrt(np.mean(each[begin : begin + 4800] ** 2)) + 60 for each in (one, other)]
        assert abs(20 * np.log10(levels[0] / levels[1])) < 1.0, begin / SAMPLE_RATE


async def test_sounds_that_are_made_side_by_side_end_alike(
    watched: WatchedTools, speech: list[Path], tmp_path: Path, tools: Tools
) -> None:
    """The end of what is ducked is lost where it hangs on which input of the compressor is read first."""
    clip = await reels.sound(tools, tmp_path / "clip.wav", "sine=f=300:d=6")
    film = replace(told(speech[:COUNT]), keeps_clip_sound=True)
    film = replace(film, segments=tuple(replace(one, clip=clip) for one in film.segments))

    async def ending(number: int) -> list[float]:
        folder = tmp_path / str(number)
        folder.mkdir()
        made = await Soundtracks(watched, Threads(1)).prepare(film, folder)
        last = (await heard(tools, made.path))[: COUNT * SECONDS * SAMPLE_RATE][-4800:]
        return [float(level) for level in last]

    endings = await asyncio.gather(*(ending(number) for number in range(AT_ONCE)))
    assert endings == [endings[0]] * AT_ONCE
    assert np.sqrt(np.mean(np.square(endings[0][:2400]))) > AUDIBLE
