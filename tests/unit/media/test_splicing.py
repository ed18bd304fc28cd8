"""Which stretches of a sound are made again, and where they may be joined to what stays."""

from app.media.sound_patching import PACKET_SAMPLES, PatchWindow, join_at, windows_of
from app.media.timeline import SAMPLE_RATE

SECOND = SAMPLE_RATE
BOUNDS = tuple(range(0, 61 * SECOND, 6 * SECOND))
# Heads of channel pairs with common windows: long ones, and the two kinds that lie before and between short ones.
LONG, START, SHORT = (((0b001 << 13) | 1 << 8 | kind << 5 | 1 << 4).to_bytes(2, "big") for kind in (0, 1, 2))
EACH_ITS_OWN = (0b001 << 13).to_bytes(2, "big")
WHOLE_PACKETS = 2814


def one(segment: int) -> PatchWindow:
    (window,) = windows_of([segment], BOUNDS)
    return window


def new_packets(window: PatchWindow) -> int:
    return -(-window.sample_count // PACKET_SAMPLES) + 1


def test_one_edit_makes_its_segment_again_and_what_settles_round_it() -> None:
    window = one(4)
    assert (window.changed_from, window.changed_to) == (24 * SECOND, 30 * SECOND)
    assert window.first % PACKET_SAMPLES == 0
    assert 0 <= 21 * SECOND - window.first < PACKET_SAMPLES
    assert window.end == 33 * SECOND


def test_stretches_that_meet_are_one() -> None:
    (window,) = windows_of([4, 5], BOUNDS)
    assert (window.changed_from, window.changed_to) == (24 * SECOND, 36 * SECOND)
    assert len(windows_of([1, 8], BOUNDS)) == 2


def test_a_film_that_changed_mostly_is_made_as_a_whole() -> None:
    assert windows_of([0, 2, 4, 6, 8], BOUNDS) == []
    assert windows_of([0], (0, 6 * SECOND)) == []


def test_the_first_and_the_last_segment_reach_to_the_ends() -> None:
    assert one(0).first == 0
    assert one(9).end == BOUNDS[-1]


def test_new_packets_replace_all_that_the_edit_is_heard_in() -> None:
    window = one(4)
    seam = join_at(window, [LONG] * WHOLE_PACKETS, [LONG] * new_packets(window))
    assert seam is not None
    assert window.first < seam.begin * PACKET_SAMPLES < window.changed_from - PACKET_SAMPLES
    assert window.changed_to + SECOND < seam.end * PACKET_SAMPLES < window.end


def test_packets_meet_only_where_both_are_cut_alike() -> None:
    window = one(4)
    old, new = [LONG] * WHOLE_PACKETS, [LONG] * new_packets(window)
    plain = join_at(window, old, new)
    assert plain is not None
    new[plain.begin - window.first_packet] = START
    moved = join_at(window, old, new)
    assert moved is not None
    assert moved.begin == plain.begin - 1
    old[moved.begin - 1] = EACH_ITS_OWN
    new[moved.begin - 1 - window.first_packet] = EACH_ITS_OWN
    assert join_at(window, old, new) == type(moved)(moved.begin - 2, moved.end)


def test_sounds_that_are_cut_alike_nowhere_are_not_joined() -> None:
    window = one(4)
    assert join_at(window, [LONG] * WHOLE_PACKETS, [SHORT] * new_packets(window)) is None
    assert join_at(one(0), [LONG] * WHOLE_PACKETS, [SHORT] * new_packets(one(0))) is None


def test_the_ends_of_a_film_need_no_seam() -> None:
    first, last = one(0), one(9)
    seam = join_at(first, [LONG] * WHOLE_PACKETS, [LONG] * new_packets(first))
    assert seam is not None
    assert seam.begin == 0
    count = WHOLE_PACKETS - last.first_packet
    seam = join_at(last, [LONG] * WHOLE_PACKETS, [LONG] * count)
    assert seam is not None
    assert seam.end == WHOLE_PACKETS
    assert join_at(last, [LONG] * WHOLE_PACKETS, [LONG] * (count + 1)) is None
