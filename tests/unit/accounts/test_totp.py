"""Codes of authenticator apps are those of RFC 6238."""

import base64
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from app.accounts.second_factor import address_of, code_at, matching_step, step_of

SECRET = base64.b32encode(b"12345678901234567890").decode()
# The test vectors of RFC 6238, appendix B, cut to six digits.
VECTORS = [
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (2000000000, "279037"),
    (20000000000, "353130"),
]


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@pytest.mark.parametrize(("seconds", "code"), VECTORS)
def test_the_vectors_of_the_standard(seconds: int, code: str) -> None:
    assert code_at(SECRET, step_of(at(seconds))) == code
    assert matching_step(SECRET, code, at(seconds)) == step_of(at(seconds))


@pytest.mark.parametrize(("seconds_off", "passes"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_code_counts_a_step_early_or_late(seconds_off: int, passes: bool) -> None:
    now = 1_800_000_000
    code = code_at(SECRET, step_of(at(now + seconds_off)))
    assert (matching_step(SECRET, code, at(now)) is not None) is passes


@pytest.mark.parametrize(
    "code", ["", "28708", "2870820", "28708a", "\uff12\uff18\uff17\uff10\uff18\uff12", "-87082", " 87082"]
)
def test_what_is_no_code_matches_nothing(code: str) -> None:
    assert matching_step(SECRET, code, at(59)) is None


def test_an_app_reads_everything_from_the_link() -> None:
    link = urlsplit(address_of(SECRET, issuer="AI Video: Creator", name="ada@example.com"))
    assert (link.scheme, link.netloc, link.path) == ("otpauth", "totp", "/AI%20Video%3A%20Creator:ada%40example.com")
    facts = {name: values[0] for name, values in parse_qs(link.query).items()}
    assert facts == {
        "secret": SECRET,
        "issuer": "AI Video: Creator",
        "algorithm": "SHA1",
        "digits": "6",
        "period": "30",
    }
