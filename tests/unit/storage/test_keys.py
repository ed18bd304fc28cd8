"""Only keys of our own making name a file."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.storage.base import FileMissing, checked_key, is_key

OURS = ["a", "assets/9f/0192-x.png", "avatars/u/v-64", "checks/1", "_-/x", "a" * 128, "/".join(["k"] * 6)]
NOT_OURS = [
    *("", "/", ".", "..", "a/", "/a", "a//b", "a/../b", "../a", ".hidden", "a/.hidden", "a\\b", "a b", "a\n", "é"),
    *("a\0", "%2e%2e/a", "~", "~/a", "C:", "C:\\a", "a:b", "\u202ea", "a" * 129, "/".join(["k"] * 7), "a?b", "a#b"),
]


@pytest.mark.parametrize("key", OURS)
def test_our_keys_are_taken_as_they_are(key: str) -> None:
    assert checked_key(key) == key


@pytest.mark.parametrize("key", NOT_OURS, ids=ascii)
def test_nothing_else_names_a_file(key: str) -> None:
    assert not is_key(key)
    with pytest.raises(FileMissing):
        checked_key(key)


@given(st.text(max_size=200))
def test_a_key_has_no_part_that_leads_anywhere(text: str) -> None:
    if is_key(text):
        assert text.isascii()
        assert all(part and not part.startswith(".") for part in text.split("/"))
