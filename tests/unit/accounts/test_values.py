"""Rights and buckets: pure decisions."""

from datetime import UTC, datetime

import pytest

from app.accounts.domain import Account, AccountRole, Scope, Via
from app.accounts.throttle import account_bucket, address_bucket

MOMENT = datetime(2026, 11, 21, tzinfo=UTC)


def account(via: Via, role: AccountRole = AccountRole.USER, scopes: frozenset[Scope] = frozenset()) -> Account:
    return Account(
        id="a",
        email=None,
        username=None,
        name=None,
        role=role,
        is_active=True,
        theme_pref=None,
        entra_id=None,
        avatar_key=None,
        created_at=MOMENT,
        updated_at=MOMENT,
        via=via,
        scopes=scopes,
    )


@pytest.mark.parametrize("via", [Via.SESSION, Via.ENTRA, Via.LOCAL])
def test_who_signed_in_reads_and_writes_and_administers_by_role_only(via: Via) -> None:
    user, admin = account(via), account(via, AccountRole.ADMIN)
    assert [user.may(scope) for scope in Scope] == [True, True, False, False]
    assert [admin.may(scope) for scope in Scope] == [True, True, True, True]


@pytest.mark.parametrize("scope", list(Scope))
def test_a_key_may_what_its_scopes_say(scope: Scope) -> None:
    key = account(Via.API_KEY, AccountRole.ADMIN, frozenset({scope}))
    everything = set(Scope) if scope is Scope.ADMIN else {scope}
    assert {other for other in Scope if key.may(other)} == everything


@pytest.mark.parametrize("scope", [Scope.ADMIN, Scope.WORKER])
def test_a_key_outlives_no_role(scope: Scope) -> None:
    assert not account(Via.API_KEY, AccountRole.USER, frozenset(Scope)).may(scope)


def test_one_ipv6_customer_is_one_address() -> None:
    assert address_bucket("2001:db8:1:2::1") == address_bucket("2001:db8:1:2:ffff::9")
    assert address_bucket("2001:db8:1:2::1") != address_bucket("2001:db8:1:3::1")
    assert address_bucket("::ffff:192.0.2.1") == address_bucket("192.0.2.1")


@pytest.mark.parametrize("name", ["", "a" * 10_000, "my password by mistake"])
def test_buckets_fit_their_column_and_show_no_name(name: str) -> None:
    for bucket in (account_bucket(name), address_bucket(name)):
        assert len(bucket) <= 100
        assert not name or name not in bucket
