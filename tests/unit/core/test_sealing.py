"""A sealed secret opens with its key at its place, and nowhere else."""

import pytest

from app.core.sealing import SealBroken, Sealer

KEY, LATER_KEY = "k" * 32, "l" * 32


def test_what_is_sealed_opens_at_its_place_only() -> None:
    sealer = Sealer(KEY)
    sealed = sealer.seal("sk-very-secret", "provider_key:ada:minimax")
    assert "very-secret" not in sealed
    assert sealer.open(sealed, "provider_key:ada:minimax") == "sk-very-secret"
    with pytest.raises(SealBroken):
        sealer.open(sealed, "provider_key:bob:minimax")


def test_the_same_text_never_looks_the_same() -> None:
    sealer = Sealer(KEY)
    assert sealer.seal("sk-very-secret", "here") != sealer.seal("sk-very-secret", "here")


def test_an_earlier_key_still_opens_and_the_present_one_seals() -> None:
    before = Sealer(KEY).seal("sk-very-secret", "here")
    rotated = Sealer(LATER_KEY, KEY)
    assert rotated.open(before, "here") == "sk-very-secret"
    assert not before.startswith(rotated.beginning)
    fresh = rotated.seal("sk-very-secret", "here")
    assert Sealer(LATER_KEY).open(fresh, "here") == "sk-very-secret"


@pytest.mark.parametrize("broken", ["", "s1.", "s1.00000000.AAAA", "plain text", "s1..", "s1.x.y"])
def test_without_the_key_nothing_opens(broken: str) -> None:
    with pytest.raises(SealBroken):
        Sealer(LATER_KEY).open(broken, "here")


def test_a_changed_byte_breaks_the_seal() -> None:
    sealer = Sealer(KEY)
    sealed = sealer.seal("sk-very-secret", "here")
    changed = sealed[:-4] + ("AAAA" if sealed[-4:] != "AAAA" else "BBBB")
    with pytest.raises(SealBroken):
        sealer.open(changed, "here")
