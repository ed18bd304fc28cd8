"""A link's token opens what it was made for, until its time is over, and nothing that resembles it does."""

import base64
import hashlib
import hmac
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.storage.signing import Disposition, Grant, LinkRefused, MediaSigner, Purpose, longest_life, stable_end
from tests.doubles.clock import FrozenClock

ASSET, OWNER = "019aa3c0-7d1e-7c3e-9d52-3f1b8a6c0001", "019aa3c0-7d1e-7c3e-9d52-3f1b8a6c0002"
CLOCK = FrozenClock()
SIGNER = MediaSigner(CLOCK, "a-secret")
GRANT = Grant(ASSET, OWNER, CLOCK.now() + timedelta(hours=1), variant="poster")
TOKEN = SIGNER.token(GRANT)
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def opens(token: str, purpose: Purpose = Purpose.READ) -> bool:
    try:
        SIGNER.grant(token, purpose)
    except LinkRefused:
        return False
    return True


def test_a_token_gives_back_exactly_what_was_granted() -> None:
    assert SIGNER.grant(TOKEN, Purpose.READ) == replace(GRANT, expires_at=GRANT.expires_at.replace(microsecond=0))


def test_a_token_may_stand_in_a_path_as_it_is() -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]+", TOKEN)


def test_every_change_of_one_letter_is_refused() -> None:
    forged = [
        TOKEN[:at] + other + TOKEN[at + 1 :] for at in range(len(TOKEN)) for other in ALPHABET if other != TOKEN[at]
    ]
    assert len(forged) > 5000
    assert [token for token in forged if opens(token)] == []


def test_every_flipped_bit_is_refused() -> None:
    raw = base64.urlsafe_b64decode(TOKEN + "=" * (-len(TOKEN) % 4))
    forged = [raw[:at] + bytes([raw[at] ^ 1 << bit]) + raw[at + 1 :] for at in range(len(raw)) for bit in range(8)]
    assert len(forged) >= 500
    assert [content for content in forged if opens(base64.urlsafe_b64encode(content).decode().rstrip("="))] == []


@pytest.mark.parametrize(
    "other",
    [
        {"asset_id": "asset-2"},
        {"owner_id": "owner-2"},
        {"variant": ""},
        {"expires_at": GRANT.expires_at + timedelta(days=1)},
        {"disposition": Disposition.ATTACHMENT},
        {"purpose": Purpose.WRITE},
    ],
    ids=str,
)
def test_the_proof_of_one_grant_is_none_for_another(other: dict[str, object]) -> None:
    proof = base64.urlsafe_b64decode(TOKEN + "=" * (-len(TOKEN) % 4))[-16:]
    wanted = SIGNER.token(replace(GRANT, **other))
    payload = base64.urlsafe_b64decode(wanted + "=" * (-len(wanted) % 4))[:-16]
    forged = base64.urlsafe_b64encode(payload + proof).decode().rstrip("=")
    assert not opens(forged)
    assert not opens(forged, Purpose.WRITE)


def test_a_proof_by_the_bare_secret_is_none() -> None:
    payload = base64.urlsafe_b64decode(TOKEN + "=" * (-len(TOKEN) % 4))[:-16]
    proof = hmac.digest(b"a-secret", payload, hashlib.sha256)[:16]
    assert not opens(base64.urlsafe_b64encode(payload + proof).decode().rstrip("="))


def test_reading_is_not_writing() -> None:
    assert not opens(TOKEN, Purpose.WRITE)
    assert not opens(SIGNER.token(replace(GRANT, purpose=Purpose.WRITE)))


@pytest.mark.parametrize(("seconds", "open_still"), [(59, True), (60, False), (61, False)])
def test_a_link_ends_to_the_second(seconds: int, open_still: bool) -> None:
    clock = FrozenClock()
    signer = MediaSigner(clock, "a-secret")
    token = signer.token(Grant("a", "o", clock.now() + timedelta(seconds=60)))
    clock.move(seconds)
    if open_still:
        assert signer.grant(token, Purpose.READ).asset_id == "a"
    else:
        with pytest.raises(LinkRefused):
            signer.grant(token, Purpose.READ)


def test_an_old_link_still_says_which_file_it_named_to_its_owner_alone() -> None:
    old = SIGNER.token(replace(GRANT, expires_at=CLOCK.now() - timedelta(days=9)))
    assert not opens(old)
    assert SIGNER.asset_of(old, OWNER) == ASSET
    assert SIGNER.asset_of(old, "owner-2") is None


def test_two_secrets_are_accepted_and_the_first_one_signs() -> None:
    both = MediaSigner(CLOCK, "new", "a-secret")
    assert both.grant(TOKEN, Purpose.READ).asset_id == ASSET
    fresh = both.token(GRANT)
    assert MediaSigner(CLOCK, "new").grant(fresh, Purpose.READ).asset_id == ASSET
    assert not opens(fresh)


@pytest.mark.parametrize("field", ["asset_id", "owner_id", "variant"])
def test_a_name_that_could_shift_the_fields_is_never_signed(field: str) -> None:
    with pytest.raises(LinkRefused):
        SIGNER.token(replace(GRANT, **{field: "a|b"}))


@given(
    st.one_of(st.text(max_size=600), st.binary(max_size=300).map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
)
def test_any_text_is_refused_and_raises_nothing_else(text: str) -> None:
    assert not opens(text)
    assert SIGNER.asset_of(text, OWNER) is None


@pytest.mark.parametrize("ending", ["=", "==", " ", "\n", "A", "."])
def test_one_grant_has_one_spelling(ending: str) -> None:
    assert not opens(TOKEN + ending)
    assert not opens(ending + TOKEN)


@given(
    st.timedeltas(timedelta(), timedelta(days=400)),
    st.timedeltas(timedelta(minutes=1), timedelta(days=2)),
    st.timedeltas(timedelta(), timedelta(minutes=59)),
)
def test_a_stable_end_keeps_its_promise_and_moves_once_in_a_window(
    age: timedelta, life: timedelta, later: timedelta
) -> None:
    anchor = CLOCK.now()
    now = anchor + age
    end = stable_end(anchor, now, life)
    assert life < end - now <= longest_life(life)
    next_end = stable_end(anchor, now + later, life)
    assert next_end - end in {timedelta(), max(life, timedelta(hours=1))}


def test_an_object_that_was_just_made_keeps_one_link_for_its_first_hour() -> None:
    anchor = CLOCK.now()
    ends = {stable_end(anchor, anchor + timedelta(seconds=n), timedelta(hours=1)) for n in range(3600)}
    assert len(ends) == 1
