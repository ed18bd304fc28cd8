"""Films as values: accepted clips and narrations become a timeline, music that fits, and tools for single files."""

import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Final

from app.assembly.captions import BurnStyle, Screen, ass, captions_of
from app.assembly.errors import FilmFilesGone, FilmNotOffered
from app.media.timeline import Mood, PlacedNarration, Timeline, TimelineSegment, Transition, Word
from app.projects.domain import SegmentView, SpokenNarration, Storyboard
from app.projects.options import FITTING_MOOD, SILENT_MOOD, AspectRatio, FilmMusic, ProjectSettings

WORDS_FILE: Final = Path(__file__).with_name("music_words.toml")
WORD: Final = re.compile(r"[^\W\d_]+(?:[-\u2019'][^\W\d_]+)*")
# For lack of signs, and where several moods fit equally well, the calmest of them.
CALM: Final = Mood.SOFT
MOODS = (FITTING_MOOD, SILENT_MOOD, *Mood)
# The share of a volume slider at which music or clips have their usual place under the speech.
USUAL_VOLUME = 0.4
SCRIPT_SHORT_SIDE_PX = 1080
TITLE_CHARACTERS = 48


class MediaTool(StrEnum):
    """What can be done to files outside of any film."""

    LAST_FRAME = "last_frame"
    CONCAT = "concat"
    MUX = "mux"
    NORMALISE = "normalise"


@dataclass(frozen=True)
class MediaWish:
    """A tool, and the files that it is used on in their order."""

    tool: MediaTool
    asset_ids: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class MediaFacts:
    """What a stored file is, as its bytes say; what does not apply is None."""

    kind: str
    size_bytes: int
    duration_seconds: float | None = None
    width_px: int | None = None
    height_px: int | None = None
    frames_per_second: float | None = None
    video_codec: str | None = None
    audio_codec: str | None = None
    sample_rate: int | None = None
    channel_count: int | None = None


def mood_for(story: str, language: str) -> Mood:
    """The mood that most words of the story speak for; a calm one where none does."""
    beginnings = _beginnings().get(language, {})
    # A blank after each word lets a beginning ask for the whole word.
    words = [f"{word.casefold()} " for word in WORD.findall(story)]
    found = {mood: sum(word.startswith(signs) for word in words) for mood, signs in beginnings.items()}
    most = max(found.values(), default=0)
    best = [mood for mood, count in found.items() if count == most]
    return CALM if not most or CALM in best else best[0]


@cache
def _beginnings() -> Mapping[str, Mapping[Mood, tuple[str, ...]]]:
    """By language."""
    told = tomllib.loads(WORDS_FILE.read_text(encoding="utf-8"))
    languages = {language for signs in told.values() for language in signs}
    return {
        language: {Mood(mood): tuple(sign.casefold() for sign in signs[language]) for mood, signs in told.items()}
        for language in languages
    }


def check_offered(settings: ProjectSettings) -> None:
    """Refuses music and captions of an unknown kind before any work."""
    music, style = settings.music, settings.captions.style
    if music is not None and music.mood is not None and music.mood not in MOODS:
        moods = ", ".join(MOODS)
        said = f"There is no music of this mood. Choose one of: {moods}; or upload a track."
        raise FilmNotOffered(said, param="music")
    if settings.captions.burn and style is not None and style not in set(BurnStyle):
        said = f"There are no captions in this style. Choose one of: {', '.join(BurnStyle)}."
        raise FilmNotOffered(said, param="captions")


def sound_assets(board: Storyboard) -> list[str]:
    """The files that are heard."""
    heard = [segment.narration.asset_id for segment in board.segments if segment.narration]
    track = _track(board.project.settings.music)
    return heard if track is None else [*heard, track]


def wanted_assets(board: Storyboard) -> list[str]:
    """Every file that the film is made from."""
    return [segment.clip.asset_id for segment in board.segments if segment.clip] + sound_assets(board)


def check_files(board: Storyboard, there: Mapping[str, object]) -> None:
    """Refuses a film whose files are not all there, and names whose they are."""
    track = _track(board.project.settings.music)
    gone = [segment.index for segment in board.segments if any(each not in there for each in _files(segment))]
    music_is_gone = track is not None and track not in there
    if gone or music_is_gone:
        raise FilmFilesGone.of(gone, music=music_is_gone)


def keeps_clip_sound(settings: ProjectSettings) -> bool:
    """Whether the clips' own sound is heard, which is then known only when they are there."""
    return settings.clip_sound.keep and settings.clip_sound.volume > 0


def timeline_of(board: Storyboard, files: Mapping[str, Path], durations: Sequence[Fraction] = ()) -> Timeline:
    """The film as a value; durations are those of the clips, once the clips are there."""
    settings = board.project.settings
    lengths = durations or [Fraction(segment.duration_sec) for segment in board.segments]
    music = _music(settings, files)
    timeline = Timeline(
        segments=tuple(_segment(each, length, files) for each, length in zip(board.segments, lengths, strict=True)),
        title=board.project.plan_title or settings.name,
        language=settings.language.value,
        music=music,
        music_gain_db=0.0 if settings.music is None or music is None else _gain_db(settings.music.volume),
        keeps_clip_sound=keeps_clip_sound(settings),
        clip_sound_gain_db=_gain_db(settings.clip_sound.volume) if keeps_clip_sound(settings) else 0.0,
        transition=Transition(settings.transitions.kind.value),
        transition_seconds=Fraction(settings.transitions.duration_ms, 1000),
    )
    captions = captions_of(timeline)
    shown = captions if settings.captions.soft else ()
    burned = _burned(timeline, settings) if settings.captions.burn and captions else ""
    return replace(timeline, captions=shown, shows_captions=settings.captions.asked, burned=burned)


def _burned(timeline: Timeline, settings: ProjectSettings) -> str:
    screen = _screen(settings.aspect_ratio)
    return ass(captions_of(timeline, screen.columns), screen, _style(settings))


def _segment(segment: SegmentView, duration: Fraction, files: Mapping[str, Path]) -> TimelineSegment:
    clip = files.get(segment.clip.asset_id, Path()) if segment.clip else Path()
    return TimelineSegment(clip, duration, _narration(segment.narration, files), _title(segment))


def _narration(spoken: SpokenNarration | None, files: Mapping[str, Path]) -> PlacedNarration | None:
    if spoken is None:
        return None
    words = tuple(Word(timed.word, timed.start_seconds, timed.end_seconds) for timed in spoken.words)
    return PlacedNarration(files[spoken.asset_id], words)


def _title(segment: SegmentView) -> str:
    """What a player lists: the number, and how the narration or the picture begins."""
    said = " ".join((segment.narration_text or segment.video_prompt).split())
    if len(said) > TITLE_CHARACTERS:
        said = said[:TITLE_CHARACTERS].rpartition(" ")[0] + "\u2026"
    return f"{segment.index + 1}. {said}".strip()


def _files(segment: SegmentView) -> list[str]:
    return [each.asset_id for each in (segment.clip, segment.narration) if each is not None]


def _music(settings: ProjectSettings, files: Mapping[str, Path]) -> Path | Mood | None:
    music = settings.music
    if music is None or not music.volume:
        return None
    if music.asset_id is not None:
        return files[music.asset_id]
    if music.mood == FITTING_MOOD:
        return mood_for(settings.story_prompt, settings.language.value)
    return _mood(music.mood or "")


def _track(music: FilmMusic | None) -> str | None:
    return music.asset_id if music is not None and music.volume else None


def _gain_db(volume: float) -> float:
    return round(20 * math.log10(volume / USUAL_VOLUME), 2)


def _mood(name: str) -> Mood | None:
    return Mood(name) if name in set(Mood) else None


def _style(settings: ProjectSettings) -> BurnStyle:
    return BurnStyle(settings.captions.style or BurnStyle.PLAIN)


def _screen(ratio: AspectRatio) -> Screen:
    """The shape of the film; how many pixels it has is nothing that the text must know."""
    across, down = map(int, ratio.value.split(":"))
    short = min(across, down)
    return Screen(round(SCRIPT_SHORT_SIDE_PX * across / short), round(SCRIPT_SHORT_SIDE_PX * down / short))
