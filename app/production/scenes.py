"""Pure: from a script to its scenes, how long each lasts, and what music is meant by a few words."""

import re
from collections.abc import Mapping
from typing import Final

from app.media.timeline import Mood
from app.production.errors import ScriptEmpty, ScriptTooLong

__all__ = ["SHORT_SECONDS", "mood_of", "scene_seconds", "scenes_of"]

SHORT_SECONDS: Final = 6
LONG_SECONDS: Final = 10
LONGEST_LINE_CHARACTERS: Final = 2000
WORD = re.compile(r"[^\W\d_]+")
# Beginnings of words that people use for a mood; what none of them fits is played softly.
MOOD_STEMS: Final[Mapping[Mood, tuple[str, ...]]] = {
    Mood.UPBEAT: ("upbeat", "happy", "energ", "danc", "pop", "joy", "fun", "cheer", "fast"),
    Mood.CINEMATIC: ("cinema", "epic", "drama", "orchestr", "film", "trailer", "hero"),
    Mood.CORPORATE: ("corporat", "business", "present", "tech", "commerc"),
    Mood.AMBIENT: ("ambient", "drone", "space", "meditat", "atmosph", "nature"),
}


def scenes_of(script: str, longest_sec: int) -> tuple[str, ...]:
    """One scene for each line that is not empty, in order; refuses more than a film here has room for."""
    lines = tuple(line.strip() for line in script.splitlines() if line.strip())
    if not lines:
        raise ScriptEmpty(param="script")
    most = longest_sec // SHORT_SECONDS
    if len(lines) > most:
        raise ScriptTooLong.of(lines=len(lines), most=most)
    for number, line in enumerate(lines, start=1):
        if len(line) > LONGEST_LINE_CHARACTERS:
            raise ScriptTooLong.at_line(number, characters=len(line), most=LONGEST_LINE_CHARACTERS)
    return lines


def scene_seconds(wanted_seconds: float, count: int, longest_sec: int) -> int:
    """The length of a scene nearest to the wish; the short one where so many long ones have no room."""
    is_long = wanted_seconds > (SHORT_SECONDS + LONG_SECONDS) / 2
    return LONG_SECONDS if is_long and count * LONG_SECONDS <= longest_sec else SHORT_SECONDS


def mood_of(prompt: str) -> Mood | None:
    """The built-in music that comes nearest to the words; None when no music is wished for."""
    words = [word.casefold() for word in WORD.findall(prompt)]
    if not words:
        return None
    fitting = (mood for mood, stems in MOOD_STEMS.items() if any(word.startswith(stems) for word in words))
    return next(fitting, Mood.SOFT)
