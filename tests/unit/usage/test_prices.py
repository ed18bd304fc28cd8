"""Prices: from a named source, exact for what is listed, the dearest line for what is not, none for offline engines."""

from datetime import date

import pytest

from app.providers.minimax.models import VIDEO_MODELS
from app.providers.values import Role
from app.providers.video import VideoMode
from app.usage.domain import (
    PRICES,
    Price,
    clip_micro_usd,
    picture_micro_usd,
    plan_micro_usd,
    prices_of,
    speech_micro_usd,
    voice_micro_usd,
)
from tests.reminders import reminders

FIRST = date(2026, 1, 1)


@pytest.mark.parametrize(
    "price", PRICES, ids=lambda price: f"{price.provider} {price.role} {price.model} {price.option}"
)
def test_every_price_names_its_source_and_when_it_was_read(price: Price) -> None:
    assert price.source.startswith("https://")
    assert price.as_of > FIRST
    assert price.micro_usd > 0


def test_a_listed_clip_costs_what_its_line_says() -> None:
    assert clip_micro_usd("minimax", "MiniMax-Hailuo-02", 6, "768P") == 280_000
    assert clip_micro_usd("minimax", "MiniMax-H3", 10, "768P") == 800_000


def test_an_unlisted_clip_costs_the_dearest_line() -> None:
    assert clip_micro_usd("minimax", "MiniMax-Hailuo-02", 6, "4K") == 560_000


def test_every_frame_to_frame_clip_on_offer_has_a_price() -> None:
    for name, model in VIDEO_MODELS.items():
        for pair in model.capabilities.outputs.get(VideoMode.FIRST_LAST_FRAME, ()):
            assert clip_micro_usd("minimax", name, pair.duration_seconds, pair.resolution) > 0


def test_spoken_characters_are_rounded_up() -> None:
    assert speech_micro_usd("minimax", "speech-2.8-hd", 900) == 90_000
    assert speech_micro_usd("minimax", "speech-2.8-turbo", 1) == 60
    assert speech_micro_usd("openai", "any", 1) == 30


def test_voices_pictures_and_plans_have_their_own_prices() -> None:
    assert (voice_micro_usd("minimax"), voice_micro_usd("minimax", designed=True)) == (1_500_000, 3_000_000)
    assert (picture_micro_usd("minimax"), picture_micro_usd("openai")) == (3_500, 250_000)
    assert plan_micro_usd("openai") == 100_000


def test_offline_engines_cost_nothing() -> None:
    assert [prices_of("local", role) for role in Role] == [()] * 5
    assert clip_micro_usd("local", "local-motion-1", 6, "768P") == 0


def test_a_source_that_was_read_long_ago_is_remembered_and_fails_nothing() -> None:
    newest = max(price.as_of for price in PRICES)
    assert list(reminders(min(price.as_of for price in PRICES))) == []
    facts, prices = reminders(newest.replace(year=newest.year + 2))
    assert "FACTS_DATE" in facts
    assert "minimax" in prices
