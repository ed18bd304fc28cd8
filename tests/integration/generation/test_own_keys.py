"""Whoever keeps a key of their own works on it, alone, and the service's budget of the day is left in peace."""

from dataclasses import replace
from datetime import UTC

import httpx2
import pytest
from pydantic import SecretStr

from app.accounts.provider_keys import resources_of
from app.jobs.domain import AttemptState
from app.jobs.reconcile import VendorCallbacks, callback_url
from app.jobs.repository import AttemptRepository
from app.jobs.settlement import JobRuntime
from app.providers.bundle import account_label
from app.resources import engines_of
from app.usage.repository import BalanceRepository
from tests.doubles.context import Crash
from tests.standins.minimax.world import GOOD_KEY, OTHER_KEY, World
from tests.studio import Json, Studio
from tests.vendor_studio import app, hurried, settings, video_model, world

__all__ = ["app", "hurried", "settings", "video_model", "world"]


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


async def keep(person: httpx2.AsyncClient, key: str) -> None:
    answer = await person.put("/api/v1/provider-keys/minimax", json={"key": key})
    assert answer.status_code == 200, answer.text


async def balance(studio: Studio, account: str) -> int:
    async with studio.resources.database.reading() as session:
        return await BalanceRepository(session).used(account)


async def test_two_users_work_each_on_their_own_account(
    studio: Studio, film: Json, world: World, alice: httpx2.AsyncClient, bob: httpx2.AsyncClient
) -> None:
    await keep(alice, OTHER_KEY)
    await studio.make_take((await studio.segments(film))[0])
    assert set(world.keys_used) == {OTHER_KEY}

    world.keys_used.clear()
    others = Studio(studio.resources, bob)
    await others.make_take((await others.segments(await others.framed()))[0])
    assert set(world.keys_used) == {GOOD_KEY}


async def test_a_bill_on_an_own_key_leaves_the_days_budget_of_the_service(
    studio: Studio, film: Json, alice: httpx2.AsyncClient, bob: httpx2.AsyncClient
) -> None:
    await keep(alice, OTHER_KEY)
    done = await studio.make_take((await studio.segments(film))[0])
    me = (await alice.get("/api/v1/auth/me")).json()["id"]
    today = studio.resources.clock.now().astimezone(UTC).date().isoformat()
    assert await balance(studio, f"user:{me}:{today}") == 280_000, "the user's own caps count it"
    assert await balance(studio, f"day:{today}") == 0
    async with studio.resources.database.reading() as session:
        attempts = await AttemptRepository(session, studio.resources.clock).of_job(done["id"])
    assert {attempt.account for attempt in attempts} == {account_label("minimax", OTHER_KEY)}
    report = (await alice.get("/api/v1/usage", params={"group_by": "provider"})).json()
    assert "minimax" in str(report), "it is reported all the same"

    others = Studio(studio.resources, bob)
    await others.make_take((await others.segments(await others.framed()))[0])
    assert await balance(studio, f"day:{today}") == 280_000


async def test_a_key_kept_between_intent_and_sending_is_the_one_that_pays(
    studio: Studio, film: Json, world: World, alice: httpx2.AsyncClient
) -> None:
    job = await studio.begin_take((await studio.segments(film))[0])
    with pytest.raises(Crash):
        await studio.run(job, crash_after="intend.clip.1")
    await keep(alice, OTHER_KEY)
    assert (await studio.run(job))["phase"] == "succeeded"
    async with studio.resources.database.reading() as session:
        attempts = await AttemptRepository(session, studio.resources.clock).of_job(job["id"])
    assert {attempt.account: attempt.state for attempt in attempts} == {
        account_label("minimax", GOOD_KEY): AttemptState.NOT_RECEIVED,
        account_label("minimax", OTHER_KEY): AttemptState.BOUND,
    }
    assert len(world.paid) == 1
    assert set(world.keys_used) == {OTHER_KEY}


async def test_a_callback_for_an_own_account_is_heard_where_the_operator_has_none(
    studio: Studio, film: Json, world: World, alice: httpx2.AsyncClient
) -> None:
    await keep(alice, OTHER_KEY)
    done = await studio.make_take((await studio.segments(film))[0])
    resources = studio.resources
    async with resources.database.reading() as session:
        (attempt,) = await AttemptRepository(session, resources.clock).of_job(done["id"])
    without = resources.settings.minimax.model_copy(update={"api_key": SecretStr("")})
    settings = resources.settings.model_copy(update={"minimax": without})
    engines = engines_of(settings, resources.clock, resources.threads, resources.tools)
    token = (callback_url(resources, attempt) or "").rpartition("/")[2]
    bare = replace(resources, settings=settings, engines=engines)
    assert await VendorCallbacks(bare, bare.provided(JobRuntime).attempts).hear(
        attempt.id, token, b'{"challenge": "abc"}'
    ) == {"challenge": "abc"}
    await engines.close()


async def test_an_own_key_opens_an_engine_that_the_operator_has_not(studio: Studio, alice: httpx2.AsyncClient) -> None:
    me = (await alice.get("/api/v1/auth/me")).json()["id"]
    async with resources_of(studio.resources, me) as own:
        assert own is studio.resources, "who keeps no key works on the operator's engines"
    await alice.put("/api/v1/provider-keys/openai", json={"key": "sk-alice-openai-0123"})
    async with resources_of(studio.resources, me) as own:
        assert own.engines.planner().name == "openai"
        assert own.engines.moderation() is studio.resources.engines.moderation(), "the operator's judge stays"
        assert own.once(keeper) is studio.resources.once(keeper)
        assert studio.resources.once(keeper) is studio.resources, "what all share stands on the operator's engines"
    assert studio.resources.engines.planner().name == "scripted"


def keeper(resources: object) -> object:
    return resources
