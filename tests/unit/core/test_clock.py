"""The system clock: UTC, ids in order, secrets that cannot be guessed."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from app.core.clock import SystemClock

CLOCK = SystemClock()


def test_now_is_the_present_in_utc() -> None:
    now = CLOCK.now()
    assert now.tzinfo is UTC
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=5)


def test_ids_are_uuid7_and_sort_as_they_were_made() -> None:
    made = [CLOCK.new_id() for _ in range(2000)]
    assert {UUID(one).version for one in made} == {7}
    assert made == sorted(set(made))


def test_secrets_are_url_safe_and_never_the_same() -> None:
    made = {CLOCK.secret() for _ in range(200)}
    assert len(made) == 200
    assert all(len(one) >= 43 and one.replace("-", "").replace("_", "").isalnum() for one in made)


async def test_sleep_waits_and_monotonic_never_goes_back() -> None:
    before = CLOCK.monotonic()
    await CLOCK.sleep(0.01)
    assert CLOCK.monotonic() - before >= 0.009
