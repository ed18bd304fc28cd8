"""Which policy counts what, and for whom."""

import pytest
from limits.aio.storage import MemoryStorage
from limits.errors import StorageError

from app.api.limits import Limiter, Policy, TokenOwners, address_key, policy_for
from app.core.settings import SecuritySettings
from app.core.startup import UnsafeSettings
from tests.doubles.clock import FrozenClock


@pytest.mark.parametrize(
    ("method", "path", "policy"),
    [
        ("GET", "/api/v1/projects", "reads"),
        ("HEAD", "/media/x/y.mp4", "reads"),
        ("POST", "/api/v1/projects", "jobs"),
        ("DELETE", "/api/v1/projects/1", "jobs"),
        ("POST", "/spa/api/v1/segments/1/check-complete", "reads"),
        ("POST", "/api/v1/segments/1/check-complete/", "reads"),
        ("POST", "/api/v1/callbacks/minimax/1/2", "reads"),
        ("POST", "/mcp", "reads"),
        ("POST", "/v1/videos", "jobs"),
        ("POST", "/api/v1/auth/login", "login"),
        ("POST", "/spa/api/v1/auth/token/", "login"),
        ("POST", "/api/auth/register", "login"),
        ("POST", "/api/v1/auth/refresh", "jobs"),
        ("GET", "/api/v1/auth/me", None),
        ("GET", "/spa/api/v1/auth/me/", None),
        ("GET", "/api/v1/users/me", None),
        ("PATCH", "/api/v1/users/me", "jobs"),
        ("OPTIONS", "/api/v1/projects", None),
        ("GET", "/healthz", None),
        ("GET", "/readyz/", None),
    ],
)
def test_each_request_has_its_policy(method: str, path: str, policy: str | None) -> None:
    assert policy_for(method, path) == policy


def scope(*, address: str = "198.51.100.1", token: str | None = None, cookie: str | None = None) -> dict[str, object]:
    headers = [(b"authorization", f"Bearer {token}".encode())] if token else []
    headers += [(b"cookie", f"theme=dark; avc_session={cookie}".encode())] if cookie else []
    return {"type": "http", "headers": headers, "client": (address, 1), "state": {}}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:198.51.100.1", "198.51.100.1", True),
        ("198.51.100.1", "198.51.100.2", False),
    ],
)
def test_addresses_of_one_customer_count_together(one: str, other: str, same: bool) -> None:
    assert (address_key(scope(address=one)) == address_key(scope(address=other))) is same


def test_a_token_counts_for_its_address_until_a_route_has_checked_it() -> None:
    callers = TokenOwners()
    first, other = scope(token="t1"), scope(token="t2")
    assert callers.key(first) == callers.key(other) == address_key(first)
    callers.learn({**first, "state": {"account_id": "ada"}}, 200)
    assert callers.key(first) == "account:ada"
    assert callers.key(other) == address_key(other)


def test_a_session_cookie_is_known_like_a_token() -> None:
    callers = TokenOwners()
    seen = scope(cookie="c1")
    callers.learn({**seen, "state": {"account_id": "ada"}}, 200)
    assert callers.key(scope(cookie="c1", address="203.0.113.9")) == "account:ada"


def test_a_refused_token_is_forgotten() -> None:
    callers = TokenOwners()
    seen = scope(token="t1")
    callers.learn({**seen, "state": {"account_id": "ada"}}, 200)
    callers.learn(seen, 401)
    assert callers.key(seen) == address_key(seen)


def test_memory_of_callers_is_bounded() -> None:
    callers = TokenOwners(capacity=2)
    for name in ("a", "b", "c"):
        callers.learn({**scope(token=name), "state": {"account_id": name}}, 200)
    assert callers.key(scope(token="a")) == address_key(scope())
    assert callers.key(scope(token="c")) == "account:c"


class Unsteady(MemoryStorage):
    """A shared store that may be away."""

    away = False

    async def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        if self.away:
            raise StorageError(ConnectionError("gone"))
        return await super().incr(key, expiry, amount)


async def test_a_shared_store_counts_for_all_and_its_absence_stops_nobody() -> None:
    store = Unsteady()
    settings, clock = SecuritySettings(_env_file=None), FrozenClock()
    here, there = Limiter(settings, clock, shared=store), Limiter(settings, clock, shared=store)
    policy = Policy("jobs", 2)
    assert [(await limiter.spend(policy, "x")).allowed for limiter in (here, there, here)] == [True, True, False]
    store.away = True
    assert [(await here.spend(policy, "x")).allowed for _ in range(3)] == [True, True, False]
    store.away = False
    clock.move(6)
    assert not (await here.spend(policy, "x")).allowed


async def test_what_is_left_is_counted_down() -> None:
    limiter = Limiter(SecuritySettings(_env_file=None), FrozenClock())
    policy = Policy("reads", 3)
    spent = [await limiter.spend(policy, "x") for _ in range(4)]
    assert [one.remaining for one in spent] == [2, 1, 0, 0]
    assert all(0 < one.reset_seconds <= 60 for one in spent)


@pytest.mark.parametrize("url", ["nonsense://x", "memory://", "http://localhost"])
def test_an_unusable_redis_address_names_its_setting(url: str) -> None:
    with pytest.raises(UnsafeSettings, match="REDIS_URL"):
        Limiter.over(SecuritySettings(_env_file=None, redis_url=url), FrozenClock())
