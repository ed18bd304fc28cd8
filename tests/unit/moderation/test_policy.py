"""The policy: thresholds per category, and doubt means hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.moderation.domain import THRESHOLDS, Decision, Ruling, Threshold, ruling_of
from app.providers.moderation import Judgement

CATEGORIES = [*THRESHOLDS, "something new"]


def judged(**scores: float) -> Ruling:
    return ruling_of(Judgement("judge", flagged=bool(scores), scores=scores))


def test_nothing_found_is_allowed() -> None:
    assert judged() == Ruling(Decision.ALLOW)
    assert judged(violence=0.6) == Ruling(Decision.ALLOW)


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_category_holds_before_it_blocks(category: str) -> None:
    limits = THRESHOLDS.get(category, Threshold(0.7, 0.9))
    assert 0 < limits.hold < limits.block <= 1
    assert judged(**{category: limits.hold - 0.01}).decision is Decision.ALLOW
    assert judged(**{category: limits.hold}) == Ruling(Decision.HOLD, (category,))
    assert judged(**{category: limits.block}) == Ruling(Decision.BLOCK, (category,))


def test_children_are_protected_first() -> None:
    assert min(THRESHOLDS, key=lambda category: THRESHOLDS[category].block) == "sexual/minors"


def test_only_the_categories_that_decide_are_named() -> None:
    assert judged(hate=0.6, violence=0.99) == Ruling(Decision.BLOCK, ("violence",))


def test_a_flag_without_a_reason_is_held() -> None:
    assert ruling_of(Judgement("judge", flagged=True)).decision is Decision.HOLD


def test_a_score_that_is_no_number_is_held() -> None:
    assert judged(hate=float("nan")) == Ruling(Decision.HOLD, ("hate",))


@given(st.sampled_from(CATEGORIES), st.floats(0, 1), st.floats(0, 1))
def test_a_higher_score_is_never_judged_milder(category: str, one: float, other: float) -> None:
    order = [Decision.ALLOW, Decision.HOLD, Decision.BLOCK]
    low, high = sorted((one, other))
    assert order.index(judged(**{category: low}).decision) <= order.index(judged(**{category: high}).decision)
