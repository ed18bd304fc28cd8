"""Idempotency-Key: the first answer is kept, another body is refused, a second runner waits."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.jobs.dependencies import FirstAnswer, Idempotency, Replay, body_hash, request_hash, unquoted
from app.jobs.errors import KeyInUse, KeyReused, KeyUnusable
from app.jobs.models import IdempotencyRecord
from app.jobs.queue import answering
from app.resources import Resources, open_resources
from tests import factories
from tests.doubles.clock import FrozenClock


@pytest.fixture
async def owner(resources: Resources) -> str:
    return await factories.user(resources)


async def test_the_first_answer_is_given_again(resources: Resources, owner: str) -> None:
    keys = Idempotency(resources)
    record = await keys.begin(owner, "k1", "hash")
    assert isinstance(record, str)
    with pytest.raises(KeyInUse):
        await keys.begin(owner, "k1", "hash")
    answer = FirstAnswer(201, {"location": "/x"}, '{"id": "1"}')
    await keys.finish(record, answer)
    assert await keys.begin(owner, "k1", "hash") == Replay(answer, None)


async def test_the_same_key_with_another_body_is_refused(resources: Resources, owner: str) -> None:
    keys = Idempotency(resources)
    await keys.begin(owner, "k1", "hash")
    with pytest.raises(KeyReused):
        await keys.begin(owner, "k1", "other")


async def test_another_user_has_their_own_keys(resources: Resources, owner: str) -> None:
    keys = Idempotency(resources)
    other = await factories.user(resources, "bob")
    begun = [await keys.begin(owner, "k1", "hash"), await keys.begin(other, "k1", "hash")]
    assert all(isinstance(record, str) for record in begun)
    assert len(set(map(str, begun))) == 2


async def test_an_answer_that_tells_a_secret_is_kept_sealed(resources: Resources, owner: str) -> None:
    keys = Idempotency(resources)
    record = await keys.begin(owner, "k1", "hash")
    assert isinstance(record, str)
    answer = FirstAnswer(201, {}, '{"secret": "canary"}')
    await keys.finish(record, answer, is_secret=True)
    async with resources.database.reading() as session:
        kept = await session.scalar(select(IdempotencyRecord.body).where(IdempotencyRecord.id == record))
    assert kept is not None
    assert "canary" not in kept
    assert await keys.begin(owner, "k1", "hash") == Replay(answer, None)


async def test_of_many_parallel_requests_exactly_one_runs(resources: Resources, owner: str) -> None:
    keys = Idempotency(resources)
    begun = await asyncio.gather(*(keys.begin(owner, "k1", "hash") for _ in range(20)), return_exceptions=True)
    assert sum(isinstance(found, str) for found in begun) == 1
    assert sum(isinstance(found, KeyInUse) for found in begun) == 19


async def test_a_refused_request_frees_its_key(resources: Resources, owner: str) -> None:
    keys = Idempotency(resources)
    record = await keys.begin(owner, "k1", "hash")
    assert isinstance(record, str)
    await keys.drop(record)
    assert isinstance(await keys.begin(owner, "k1", "other"), str)


async def test_a_key_is_forgotten_after_a_day_and_a_crashed_request_is_taken_over(
    make_settings, database_url: str
) -> None:
    clock = FrozenClock()
    async with open_resources(make_settings(database={"database_url": database_url}), clock=clock) as resources:
        owner = await factories.user(resources)
        keys = Idempotency(resources)
        crashed = await keys.begin(owner, "k1", "hash")
        clock.move(timedelta(minutes=16).total_seconds())
        assert await keys.begin(owner, "k1", "hash") == crashed
        started = await keys.begin(owner, "k2", "hash")
        assert isinstance(started, str)
        with answering(started):
            job = await factories.job(resources, owner)
            await factories.job(resources, owner)
        clock.move(timedelta(minutes=16).total_seconds())
        assert await keys.begin(owner, "k2", "hash") == Replay(None, job.id)
        clock.move(timedelta(hours=24).total_seconds())
        assert isinstance(await keys.begin(owner, "k2", "other"), str)


@pytest.mark.parametrize(
    ("header", "key"), [("abc", "abc"), ('"abc"', "abc"), (' "a\\"b" ', 'a"b'), ("x" * 255, "x" * 255)]
)
def test_keys_come_bare_or_quoted(header: str, key: str) -> None:
    assert unquoted(header) == key


@pytest.mark.parametrize("header", ["", '""', "x" * 256, "ä", "a\x00b", "a\tb"])
def test_other_keys_are_refused(header: str) -> None:
    with pytest.raises(KeyUnusable):
        unquoted(header)


def test_bodies_that_mean_the_same_have_one_hash() -> None:
    assert body_hash(b'{"a": 1, "b": 2}', "application/json") == body_hash(b'{"b":2,"a":1}', "application/json")
    assert body_hash(b'{"a": 1}', "application/json") != body_hash(b'{"a": 2}', "application/json")
    one = body_hash(b"--xyz\r\nA\r\n--xyz--", "multipart/form-data; boundary=xyz")
    assert one == body_hash(b"--pqr\r\nA\r\n--pqr--", 'multipart/form-data; boundary="pqr"')


def test_requests_that_ask_for_the_same_have_one_hash() -> None:
    one = request_hash("/api/v1/x/", "b=2&a=1", "body")
    assert one == request_hash("/api/v1/x", "a=1&b=2", "body")
    others = {request_hash("/api/v1/y", "a=1&b=2", "body"), request_hash("/api/v1/x", "a=1&b=3", "body")}
    others |= {request_hash("/api/v1/x", "", "body"), request_hash("/api/v1/x", "a=1&b=2", "other")}
    assert one not in others
    assert len(others) == 4
