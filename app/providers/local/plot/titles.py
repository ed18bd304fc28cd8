"""A title in the story's own words."""

import re
from typing import Final

from app.core.sentences import sentences_of
from app.providers.local.plot.phrases import Phrases
from app.providers.local.plot.wording import Room, clauses_of, cut, fold, words_of

__all__ = ["title_of"]

TITLE_ROOM: Final = Room(10)
CUT_ROOM: Final = Room(7)
SPOKEN: Final = re.compile(
    '["\u201c\u201e\u00ab\u00bb]([^"\u201c\u201d\u201e\u00ab\u00bb]+)["\u201c\u201d\u00ab\u00bb]'
)
MARKS: Final = ' .,;:!?\u00a1\u00bf\u2026-\u2013\u2014"\u201e\u201d\u201c\u00ab\u00bb'


def title_of(story: str, phrases: Phrases, untitled: str) -> str:
    """The first clause when it is short enough, else its beginning; a story without words has the usual title."""
    sentences = sentences_of(story, phrases.language)
    if not sentences:
        return untitled
    spoken = SPOKEN.match(sentences[0])
    opening = spoken.group(1) if spoken else sentences[0]
    openers = frozenset(fold(phrases.clause_openers).split())
    clauses = [each for each in clauses_of(opening) if "?" in each or fold(words_of(each)[0]) not in openers]
    first = clauses[0] if clauses else opening
    worded = (
        first.strip(MARKS)
        if TITLE_ROOM.holds(first)
        else (cut(first, CUT_ROOM, phrases) or "").lstrip(MARKS).rstrip(".")
    )
    return f"{worded[:1].upper()}{worded[1:]}" or untitled
