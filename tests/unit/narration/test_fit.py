"""A narration is brought into its segment by the mildest measure, and never sticks out of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.narration.domain import FASTEST, LONGER_SECONDS, Fit, fit

SECONDS = st.floats(0.1, 120.0)
LENGTHS = st.sampled_from([6, 10])


@pytest.mark.parametrize(
    ("spoken", "segment", "may_stretch", "expected"),
    [
        (5.9, 6, True, Fit(6)),
        (6.0, 6, False, Fit(6)),
        (6.6, 6, False, Fit(6, 1.1)),
        (6.9, 6, True, Fit(6, 1.15)),
        (7.2, 6, True, Fit(10)),
        (11.0, 6, True, Fit(10, 1.1)),
        (7.2, 6, False, Fit(6, words_to_cut=1)),
        (13.8, 6, False, Fit(6, words_to_cut=10)),
        (23.0, 10, True, Fit(10, words_to_cut=10)),
    ],
)
def test_the_mildest_measure_is_taken(spoken: float, segment: int, may_stretch: bool, expected: Fit) -> None:
    assert fit(spoken, segment, word_count=20, may_stretch=may_stretch) == expected


@given(SECONDS, LENGTHS, st.integers(0, 200), st.booleans())
def test_what_fits_never_sticks_out_and_is_never_rushed(
    spoken: float, segment: int, words: int, may_stretch: bool
) -> None:
    found = fit(spoken, segment, word_count=words, may_stretch=may_stretch)
    assert 1.0 <= found.tempo <= FASTEST
    assert found.segment_seconds in {segment, LONGER_SECONDS}
    assert may_stretch or found.segment_seconds == segment
    if found.fits:
        assert spoken / found.tempo <= found.segment_seconds + 1e-6


@given(SECONDS, LENGTHS, st.integers(1, 200), st.booleans())
def test_after_the_cut_it_fits(spoken: float, segment: int, words: int, may_stretch: bool) -> None:
    found = fit(spoken, segment, word_count=words, may_stretch=may_stretch)
    if not found.fits:
        assert 1 <= found.words_to_cut <= words
        left = words - found.words_to_cut
        rest = fit(max(spoken * left / words, 0.1) * 0.999, segment, word_count=left, may_stretch=may_stretch)
        assert rest.fits
