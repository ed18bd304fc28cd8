"""Which frames a transition needs."""

from fractions import Fraction

import pytest

from app.media.mp4_reading import Samples
from app.media.timeline import Transition
from app.media.transitions import Bridge, Stretch, halves_of, plan_bridges, source_of


def table(shown: list[int], keyframes: set[int] | None) -> Samples:
    """A track whose frames are decoded in this order of showing."""
    return Samples(
        entry=b"",
        shape=b"",
        timescale=24,
        durations=(1,) * len(shown),
        compositions=tuple(2 + moment - number for number, moment in enumerate(shown)),
        sizes=(10,) * len(shown),
        positions=tuple(10 * number for number in range(len(shown))),
        keyframes=None if keyframes is None else frozenset(keyframes),
        groups=b"",
        media_start=2,
        shown_seconds=None,
    )


def groups(count: int, length: int, *, reordered: bool) -> Samples:
    """Groups of pictures; when reordered, each second and third frame of a group is decoded the wrong way round."""
    shown = list(range(count))
    if reordered:
        for begin in range(0, count, length):
            for at in range(begin + 1, min(begin + length, count) - 1, 2):
                shown[at], shown[at + 1] = shown[at + 1], shown[at]
    return table(shown, set(range(0, count, length)))


@pytest.mark.parametrize("transition", Transition)
def test_half_a_transition_is_never_longer_than_half_a_clip(transition: Transition) -> None:
    found = halves_of(transition, Fraction(1), Fraction(24), [48, 10, 48, 1, 48])
    assert found == ((0, 0, 0, 0) if transition is Transition.CUT else (5, 5, 0, 0))


def test_without_transitions_everything_is_copied() -> None:
    tables = [groups(48, 12, reordered=True)] * 3
    assert plan_bridges(tables, (0, 0)) == [Stretch(clip, 0, 48) for clip in range(3)]


def test_only_the_frames_up_to_the_next_keyframe_are_encoded() -> None:
    tables = [groups(48, 12, reordered=False)] * 3
    assert plan_bridges(tables, (6, 6)) == [
        Stretch(0, 0, 42),
        Bridge((Stretch(0, 42, 48), Stretch(1, 0, 12)), (6,)),
        Stretch(1, 12, 42),
        Bridge((Stretch(1, 42, 48), Stretch(2, 0, 12)), (6,)),
        Stretch(2, 12, 48),
    ]


def test_a_copied_stretch_never_ends_between_frames_that_are_decoded_the_wrong_way_round() -> None:
    tables = [groups(24, 24, reordered=True)] * 2
    first, *_ = plan_bridges(tables, (6,))
    assert first == Stretch(0, 0, 17)
    assert plan_bridges(tables, (7,))[0] == Stretch(0, 0, 17)


def test_clips_without_a_keyframe_inside_are_encoded_in_one_piece_with_their_neighbours() -> None:
    tables = [groups(48, 48, reordered=False)] * 3
    assert plan_bridges(tables, (6, 6)) == [
        Stretch(0, 0, 42),
        Bridge((Stretch(0, 42, 48), Stretch(1, 0, 48), Stretch(2, 0, 48)), (6, 6)),
    ]


def test_a_keyframe_with_pictures_before_it_is_no_place_to_begin() -> None:
    open_group = table([0, 1, 2, 3, 6, 4, 5, 7, 8, 9], {0, 4, 8})
    assert plan_bridges([groups(10, 5, reordered=False), open_group], (2,))[-1] == Stretch(1, 8, 10)


@pytest.mark.parametrize("half", [1, 3, 5, 12])
@pytest.mark.parametrize("length", [1, 7, 12, 40])
def test_every_frame_is_in_the_film_once_and_in_order(half: int, length: int) -> None:
    tables = [groups(count, length, reordered=length > 1) for count in (30, 8, 40, 25)]
    halves = halves_of(Transition.DISSOLVE, Fraction(2 * half, 24), Fraction(24), [30, 8, 40, 25])
    seen: list[tuple[int, int]] = []
    for step in plan_bridges(tables, halves):
        for part in [step] if isinstance(step, Stretch) else step.parts:
            seen += [(part.clip, number) for number in range(part.first, part.end)]
    assert seen == [(clip, number) for clip, count in enumerate((30, 8, 40, 25)) for number in range(count)]


def test_the_end_of_a_clip_is_decoded_from_the_keyframe_before_it() -> None:
    assert source_of(groups(48, 12, reordered=True), Stretch(0, 41, 48)) == Stretch(0, 36, 48)
    assert source_of(groups(48, 12, reordered=True), Stretch(0, 0, 12)) == Stretch(0, 0, 12)
