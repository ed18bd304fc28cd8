"""Pure: how well a prompt can be filmed, read from its words in any of the seven languages."""

import re
from dataclasses import dataclass
from typing import Final

from app.moderation.lexicon import ACTION_STEMS, LIGHT_STEMS, NEXT_WORDS, PLACE_WORDS, VAGUE_WORDS

__all__ = ["LONGEST_FILM_SCENES", "Quality", "quality_of"]

# Ten segments of six seconds are the longest film that is made in one go.
LONGEST_FILM_SCENES: Final = 10
FEWEST_WORDS: Final = 2
SHORT_WORDS: Final = 8
LONG_WORDS: Final = 250
SENTENCES_PER_SCENE: Final = 3
VAGUE_SHARE: Final = 0.2
BEST_SCORE: Final = 10.0
WORD: Final = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")
# Begins only where a run begins and gives nothing of it back: work grows with the text, not with its square.
SENTENCE_END: Final = re.compile(r"(?<![.!?…])[.!?…]++(?:\s|$)|\n\s*\n")

TOO_SHORT = "Say in a whole sentence who does what; two words are too little for a film."
MORE_DETAIL = "Add detail: who is seen, what happens, where, in which light."
NO_ACTION = "Say what moves or happens; a film needs an action."
NO_PLACE = "Say where it takes place."
NO_LIGHT = "Name the light, the time of day, the weather or the mood."
VAGUE = "Replace vague words such as “nice” or “something” with what can be seen."
TOO_LONG = "Shorten the text; keep what can be seen and heard."
TOO_MANY_SCENES = (
    f"This tells about {{scenes}} scenes, but a film has room for {LONGEST_FILM_SCENES}. Tell fewer, or make two films."
)
NO_WORDS = "There are no words in this text. Describe in a sentence what the film shows."


@dataclass(frozen=True)
class Quality:
    """How good the prompt is from 0 to 10, whether a film can be made of it, and what would make it better."""

    score: float
    feasible: bool
    suggestions: tuple[str, ...]


@dataclass(frozen=True)
class _Traits:
    """What the words of a prompt show."""

    words: int
    vague: int
    scenes: int
    acts: bool
    placed: bool
    lit: bool


def quality_of(prompt: str) -> Quality:
    """The marks of one prompt."""
    traits = _traits(prompt)
    if traits.words == 0:
        return Quality(0.0, feasible=False, suggestions=(NO_WORDS,))
    losses = _losses(traits)
    score = max(0.0, BEST_SCORE - sum(loss for loss, _ in losses))
    feasible = traits.words >= FEWEST_WORDS and traits.scenes <= LONGEST_FILM_SCENES
    return Quality(round(score, 1), feasible, tuple(said for _, said in losses))


def _losses(traits: _Traits) -> list[tuple[float, str]]:
    """The points that each weakness costs, with what would put it right."""
    rules = (
        (traits.words < FEWEST_WORDS, 4.0, TOO_SHORT),
        (FEWEST_WORDS <= traits.words < SHORT_WORDS, 2.5, MORE_DETAIL),
        (traits.words > LONG_WORDS, 1.0, TOO_LONG),
        (not traits.acts, 2.0, NO_ACTION),
        (not traits.placed, 1.5, NO_PLACE),
        (not traits.lit, 1.0, NO_LIGHT),
        (traits.vague > VAGUE_SHARE * traits.words, 2.0, VAGUE),
        (traits.scenes > LONGEST_FILM_SCENES, 3.0, TOO_MANY_SCENES.format(scenes=traits.scenes)),
    )
    return [(points, said) for applies, points, said in rules if applies]


def _traits(prompt: str) -> _Traits:
    words = [word.casefold() for word in WORD.findall(prompt)]
    return _Traits(
        words=len(words),
        vague=sum(word in VAGUE_WORDS for word in words),
        scenes=_scenes(prompt, words),
        acts=any(word.startswith(ACTION_STEMS) for word in words),
        placed=any(word in PLACE_WORDS for word in words),
        lit=any(word.startswith(LIGHT_STEMS) for word in words),
    )


def _scenes(prompt: str, words: list[str]) -> int:
    """A scene lasts a few sentences, unless a word such as “then” begins another."""
    sentences = sum(bool(WORD.search(part)) for part in SENTENCE_END.split(prompt))
    turns = 1 + sum(word in NEXT_WORDS for word in words)
    return max(1, -(-sentences // SENTENCES_PER_SCENE), turns)
