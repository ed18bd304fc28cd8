"""ModerationProvider by word lists and rules: seven languages, simple disguises seen through, texts only."""

from collections.abc import Iterator
from typing import Final

from typing_extensions import override

from app.core.threads import Threads
from app.providers.errors import InvalidRequest
from app.providers.local.verdicts import english, others, polish
from app.providers.local.verdicts.patterns import Rule, found_in, readings_of
from app.providers.moderation import Judgement, ModerationProvider
from app.providers.values import Picture

NAME: Final = "local"
MODEL: Final = "local-words-1"
FLAGGED_FROM: Final = 0.5
CLEAREST: Final = 0.99
EACH_FURTHER_WORDING: Final = 0.06
RULES: Final = (*english.ENGLISH, *polish.POLISH, *others.OTHERS)
HARMLESS: Final = (Rule("harmless", 0.0, english.HARMLESS + polish.HARMLESS),)
# The gap between an age and an act is short, because a story may hold both without one meaning the other.
AGE_BESIDE_ACT: Final = 0.9
CATEGORIES: Final = tuple(sorted({rule.category for rule in RULES}))


def _age_rules() -> Iterator[Rule]:
    for tongue in (english, polish, others):
        ages, acts = "|".join(tongue.MINORS.split()), "|".join(tongue.SEXUAL_ACTS.split())
        yield Rule("sexual/minors", AGE_BESIDE_ACT, f"{ages} .. {acts}\n{acts} .. {ages}")


class LocalModeration(ModerationProvider):
    """Judges texts on this machine; what it does not know, it does not find."""

    name = NAME
    account = NAME

    def __init__(self, threads: Threads) -> None:
        self._threads = threads
        self._rules = (*RULES, *_age_rules())

    @override
    async def judge_text(self, text: str) -> Judgement:
        """What the lists find in a text; every category has a score."""
        return await self._threads.run(self._judged, text)

    def _judged(self, text: str) -> Judgement:
        readings = readings_of(text)
        for _, _, wording in found_in(readings, HARMLESS):
            readings = frozenset(reading.replace(f" {wording} ", " ~ ") for reading in readings)
        scores = dict.fromkeys(CATEGORIES, 0.0)
        for category, score, _ in sorted(found_in(readings, self._rules), key=lambda found: -found[1]):
            risen = scores[category] + EACH_FURTHER_WORDING if score >= FLAGGED_FROM else scores[category]
            scores[category] = min(CLEAREST, max(score, risen if scores[category] else 0.0))
        rounded = {category: round(score, 2) for category, score in scores.items()}
        return Judgement(model=MODEL, flagged=any(score >= FLAGGED_FROM for score in scores.values()), scores=rounded)

    @override
    async def judge_picture(self, picture: Picture) -> Judgement:
        """Pictures are not seen here, so nothing is said about them."""
        raise InvalidRequest(provider=NAME, hint="set up a moderation engine that sees pictures, such as openai")

    @override
    async def close(self) -> None:
        """Nothing is open."""
