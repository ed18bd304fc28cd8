"""Local tokens: what they say comes back, within their time, for their use."""

from datetime import timedelta

import pytest

from app.accounts.errors import TokenRefused
from app.accounts.tokens import LocalClaims, LocalTokens, TokenUse, Verifier, rsa_key
from tests.doubles.clock import FrozenClock

CLAIMS = LocalClaims("account", "session")


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def tokens(clock: FrozenClock) -> LocalTokens:
    return LocalTokens(clock, "s" * 40)


@pytest.mark.parametrize("use", list(TokenUse))
def test_a_token_says_who_and_in_which_session(tokens: LocalTokens, use: TokenUse) -> None:
    text = tokens.issue(CLAIMS, use=use, life=timedelta(minutes=15))
    assert tokens.verify(text, use=use) == CLAIMS


def test_a_token_is_for_one_use(tokens: LocalTokens) -> None:
    text = tokens.issue(CLAIMS, use=TokenUse.COOKIE, life=timedelta(minutes=15))
    with pytest.raises(TokenRefused):
        tokens.verify(text, use=TokenUse.ACCESS)


def test_a_token_ends_with_the_second(tokens: LocalTokens, clock: FrozenClock) -> None:
    text = tokens.issue(CLAIMS, use=TokenUse.ACCESS, life=timedelta(minutes=15))
    clock.move(15 * 60 - 1)
    assert tokens.verify(text, use=TokenUse.ACCESS) == CLAIMS
    clock.move(1)
    with pytest.raises(TokenRefused):
        tokens.verify(text, use=TokenUse.ACCESS)


def test_a_token_stays_good_when_the_clock_is_set_back(tokens: LocalTokens, clock: FrozenClock) -> None:
    token = tokens.issue(CLAIMS, use=TokenUse.ACCESS, life=timedelta(minutes=5))
    clock.move(-3600)
    assert tokens.verify(token, use=TokenUse.ACCESS) == CLAIMS


def test_the_clock_that_is_handed_in_is_the_only_one(tokens: LocalTokens, clock: FrozenClock) -> None:
    clock.move(-20 * 365 * 86_400)
    text = tokens.issue(CLAIMS, use=TokenUse.ACCESS, life=timedelta(minutes=15))
    assert tokens.verify(text, use=TokenUse.ACCESS) == CLAIMS


def test_another_secret_signs_nothing_here(tokens: LocalTokens, clock: FrozenClock) -> None:
    text = LocalTokens(clock, "t" * 40).issue(CLAIMS, use=TokenUse.ACCESS, life=timedelta(minutes=15))
    with pytest.raises(TokenRefused):
        tokens.verify(text, use=TokenUse.ACCESS)


def test_two_tokens_of_one_moment_differ(tokens: LocalTokens) -> None:
    made = {tokens.issue(CLAIMS, use=TokenUse.ACCESS, life=timedelta(minutes=15)) for _ in range(10)}
    assert len(made) == 10


def test_a_verifier_leaves_no_room_by_default(clock: FrozenClock) -> None:
    assert Verifier(algorithm="HS256", types=frozenset({"at+jwt"}), clock=clock).leeway_seconds == 0


@pytest.mark.parametrize(
    "published",
    [{}, {"kty": "oct", "k": "a"}, {"kty": "RSA"}, {"kty": "RSA", "n": 7, "e": "AQAB"}, {"kty": "RSA", "use": "enc"}],
)
def test_what_is_no_signing_key_is_none(published: dict[str, object]) -> None:
    assert rsa_key(published) is None
