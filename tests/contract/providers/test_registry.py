"""The registry: engines by name and role, the best that is there by default, absences with a reason, opened once."""

import asyncio

import pytest

from app.core.clock import SystemClock
from app.core.fairness import FairLimiter
from app.core.threads import Threads
from app.providers.bundle import ProviderContext
from app.providers.errors import EngineAbsent, EngineNotFound, EngineUnknown
from app.providers.registry import Registry
from app.providers.values import Role
from tests.conftest import MakeSettings

KEY = {"api_key": "sk-test"}


class HandedKit:
    """A vendor of a test, with one engine."""

    def __init__(self) -> None:
        self.planner = object()
        self.closed = 0

    async def check(self) -> None:
        return

    async def close(self) -> None:
        self.closed += 1


@pytest.fixture
def registry_of(make_settings: MakeSettings, tmp_path):
    threads = Threads(1)

    def made(bundles=None, **groups) -> Registry:
        ground = ProviderContext(
            make_settings(**groups), SystemClock(), threads, tmp_path / "ffmpeg", tmp_path, FairLimiter(2)
        )
        return Registry(ground, bundles)

    yield made
    threads.close()


def test_without_keys_every_role_is_done_offline(registry_of) -> None:
    assert {registry_of().chosen(role) for role in Role} == {"local"}


def test_a_key_makes_its_vendor_the_default_of_its_roles(registry_of) -> None:
    registry = registry_of(minimax=KEY)
    chosen = {role: registry.chosen(role) for role in Role}
    assert chosen == {
        Role.PLANNER: "local",
        Role.VIDEO: "minimax",
        Role.IMAGE: "minimax",
        Role.SPEECH: "minimax",
        Role.MODERATION: "local",
    }


def test_settings_and_projects_overrule_the_default(registry_of) -> None:
    registry = registry_of(minimax=KEY, providers={"video": "local"})
    assert registry.chosen(Role.VIDEO) == "local"
    assert registry.chosen(Role.VIDEO, "minimax") == "minimax"
    assert registry.video("minimax").name == "minimax"


async def test_the_engines_of_one_vendor_share_its_kit_and_are_closed_with_it(registry_of) -> None:
    registry = registry_of(minimax=KEY)
    assert registry.video("minimax") is registry.video("minimax")
    assert registry.video("minimax").account == registry.speech("minimax").account
    assert next(registry.composers()).name == "minimax"
    await asyncio.to_thread(registry.warm)
    await registry.close()


async def test_what_was_handed_in_is_used_and_left_open(registry_of) -> None:
    kit = HandedKit()
    registry = registry_of({"scripted": kit}, providers={"planner": "scripted"})
    assert registry.planner() is kit.planner
    with pytest.raises(EngineUnknown):
        registry.video("scripted")
    await registry.close()
    assert kit.closed == 0


def test_an_engine_without_its_key_is_absent_and_says_which_setting_is_missing(registry_of) -> None:
    registry = registry_of()
    with pytest.raises(EngineAbsent) as refusal:
        registry.video("minimax")
    assert refusal.value.hint == "MINIMAX_API_KEY is not set."
    absent = {card.vendor.name: card.absent_reason for card in registry.cards() if not card.available}
    assert absent["openai"] == "OPENAI_API_KEY is not set."
    assert [card.vendor.name for card in registry.cards() if card.is_default] == ["local"] * 5


def test_names_that_nobody_has_are_refused(registry_of) -> None:
    with pytest.raises(EngineUnknown):
        registry_of().video("nobody")
    with pytest.raises(EngineUnknown):
        registry_of(minimax=KEY).planner("minimax")
    with pytest.raises(EngineNotFound):
        registry_of().vendor("nobody")
