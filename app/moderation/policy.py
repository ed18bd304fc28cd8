"""Pure: from what a judge found to what follows, by one pair of thresholds per category."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.moderation.values import Decision, Ruling
from app.providers.moderation import Judgement

__all__ = ["THRESHOLDS", "Threshold", "ruling_of"]


@dataclass(frozen=True)
class Threshold:
    """From which score a person must look, and from which the answer is no."""

    hold: float
    block: float


# Stories may have quarrels and battles, so violence is judged later than what harms people outside the story.
USUAL: Final = Threshold(hold=0.7, block=0.9)
THRESHOLDS: Final[Mapping[str, Threshold]] = {
    "sexual/minors": Threshold(hold=0.1, block=0.3),
    "self-harm/instructions": Threshold(hold=0.3, block=0.6),
    "self-harm/intent": Threshold(hold=0.5, block=0.8),
    "self-harm": Threshold(hold=0.6, block=0.85),
    "illicit/violent": Threshold(hold=0.4, block=0.7),
    "hate/threatening": Threshold(hold=0.4, block=0.7),
    "hate": Threshold(hold=0.5, block=0.8),
    "harassment/threatening": Threshold(hold=0.6, block=0.85),
    "sexual": Threshold(hold=0.5, block=0.8),
    "violence": Threshold(hold=0.9, block=0.98),
    "violence/graphic": Threshold(hold=0.7, block=0.9),
}


def ruling_of(judgement: Judgement) -> Ruling:
    """The gravest decision that any category asks for; a judge that cannot be understood means hold."""
    blocked = _reaching(judgement.scores, Decision.BLOCK)
    if blocked:
        return Ruling(Decision.BLOCK, blocked)
    held = _reaching(judgement.scores, Decision.HOLD)
    if held:
        return Ruling(Decision.HOLD, held)
    is_unexplained = judgement.flagged and not judgement.scores
    return Ruling(Decision.HOLD if is_unexplained else Decision.ALLOW)


def _reaching(scores: Mapping[str, float], decision: Decision) -> tuple[str, ...]:
    found = [category for category, score in scores.items() if _reaches(category, score, decision)]
    return tuple(sorted(found, key=lambda category: (-_gravity(scores[category]), category)))


def _reaches(category: str, score: float, decision: Decision) -> bool:
    threshold = THRESHOLDS.get(category, USUAL)
    if math.isnan(score):
        return decision is Decision.HOLD
    return score >= (threshold.block if decision is Decision.BLOCK else threshold.hold)


def _gravity(score: float) -> float:
    return 1.0 if math.isnan(score) else score
