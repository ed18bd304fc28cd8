"""What each of a given number of segments tells: its part of the story, and how often a moment is looked at."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from app.core.sentences import ends_a_sentence, sentences_of
from app.providers.local.plot.narration import Script, Telling
from app.providers.local.plot.phrases import Phrases

__all__ = ["Beat", "Layout", "layout_of"]

# A part of the room is kept for voices that are slower than the pace on record; a longer story may need it.
COMFORTABLE = 0.92


@dataclass(frozen=True)
class Beat:
    """What one segment tells; `look` counts the segments that stay with the same moment, from 0."""

    sentences: tuple[str, ...]
    whole: str
    look: int = 0

    @property
    def words(self) -> str:
        """What is told, as it stands in the story."""
        return " ".join(self.sentences)

    @property
    def narration(self) -> str:
        """What is said: a segment that stays with a moment is silent."""
        return "" if self.look else self.words


@dataclass(frozen=True)
class Layout:
    """The beats of a film, and the first sentence for which it is too short, if there is one."""

    beats: tuple[Beat, ...]
    left_out: str = ""


def layout_of(story: str, rooms: Sequence[float], phrases: Phrases) -> Layout:
    """A beat for each room in letters, in the order of the story; a story without words leaves all beats empty."""
    sentences = [_closed(sentence) for sentence in sentences_of(story, phrases.language)]
    if not sentences:
        return Layout(tuple(Beat((), "", look=index) for index in range(len(rooms))))
    usual = [COMFORTABLE * room for room in rooms]
    script = Script(sentences, phrases, min(usual))
    telling = script.told_in(usual)
    if telling.left_out:
        telling = script.told_in(rooms)
    return Layout(tuple(_beats(telling)), telling.left_out)


def _closed(sentence: str) -> str:
    """A verse, a title or an entry of a list is followed by a pause too."""
    return f"{sentence}." if sentence[-1].isalnum() and not ends_a_sentence(sentence) else sentence


def _beats(telling: Telling) -> Iterator[Beat]:
    beat = Beat((), "", look=-1)
    for parts, whole in zip(telling.parts, telling.wholes, strict=True):
        beat = Beat(parts, whole) if parts else replace(beat, look=beat.look + 1)
        yield beat
