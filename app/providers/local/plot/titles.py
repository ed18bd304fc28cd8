"""A title in the story's own words."""

from typing import Final

from app.core.sentences import sentences_of
from app.providers.local.plot.phrases import Phrases
from app.providers.local.plot.wording import Room, clauses_of, cut, fold, words_of

__all__ = ["title_of"]

TITLE_ROOM: Final = Room(10)
CUT_ROOM: Final = Room(7)
MARKS: Final = ' .,;:!?\u2026-\u2013\u2014"\u201e\u201d\u201c\u00ab\u00bb'


def title_of(story: str, phrases: Phrases, untitled: str) -> str:
    """The first clause when it is short enough, else its beginning; a story without words has the usual title."""
    sentences = sentences_of(story, phrases.language)
    if not sentences:
        return untitled
    openers = frozenset(fold(phrases.clause_openers).split())
    clauses = [clause for clause in clauses_of(sentences[0]) if fold(words_of(clause)[0]) not in openers]
    first = (clauses or sentences)[0]
    worded = (
        first.strip(MARKS)
        if TITLE_ROOM.holds(first)
        else (cut(first, CUT_ROOM, phrases) or "").lstrip(MARKS).rstrip(".")
    )
    return f"{worded[:1].upper()}{worded[1:]}" or untitled
