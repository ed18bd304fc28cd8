"""Pure: which stretches of a finished sound are made again after an edit, and where old and new packets may meet."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.media.timeline import SAMPLE_RATE

__all__ = ["PACKET_SAMPLES", "Seam", "Window", "join_at", "windows_of"]

PACKET_SAMPLES = 1024
# A limiter and ducked music remember what they heard for about this long.
SETTLING_SAMPLES = 3 * SAMPLE_RATE
# The limiter hears an edit before it comes, and an encoder looks one packet ahead.
FOREKNOWN_SAMPLES = 2 * PACKET_SAMPLES
MOST_TRIED_PACKETS = 48
# When more of a film than this is made again, all of it is.
MOST_SHARE = 0.6
CHANNEL_PAIR = 1


@dataclass(frozen=True)
class Window:
    """A stretch that is made again, in samples: what changed, and with it what is only made to settle.

    `first` lies on the border of a packet of the whole film.
    """

    first: int
    changed_from: int
    changed_to: int
    end: int

    @property
    def sample_count(self) -> int:
        """How much sound is made again."""
        return self.end - self.first

    @property
    def first_packet(self) -> int:
        """The packet of the whole that the first of the new ones stands for."""
        return self.first // PACKET_SAMPLES


@dataclass(frozen=True)
class Seam:
    """New packets from `begin` up to `end` take the place of the old; counted in packets of the whole."""

    begin: int
    end: int


def windows_of(changed: Sequence[int], bounds: Sequence[int]) -> list[Window]:
    """The stretches round changed segments; none when making the whole again is no dearer."""
    windows: list[Window] = []
    for number in changed:
        window = _window(bounds[number], bounds[number + 1], bounds[-1])
        if windows and window.first <= windows[-1].end:
            earlier = windows.pop()
            window = Window(earlier.first, earlier.changed_from, window.changed_to, window.end)
        windows.append(window)
    made_again = sum(window.sample_count for window in windows)
    return windows if made_again <= MOST_SHARE * bounds[-1] else []


def join_at(window: Window, old: Sequence[bytes], new: Sequence[bytes]) -> Seam | None:
    """Where the new packets replace the old, or None where their windows never agree.

    A packet is heard together with half of its neighbours, so that both sides of a seam must be cut alike.
    """
    shift = window.first_packet
    last = len(old) - 1

    def agree(packet: int) -> bool:
        """Whether an old packet may be followed by the new one after it, or the other way round."""
        here, there = range(packet, packet + 2), range(packet - shift, packet - shift + 2)
        if here.start < 0 or there.start < 0 or here.stop > len(old) or there.stop > len(new):
            return False
        shapes = [(_shape(old[one]), _shape(new[other])) for one, other in zip(here, there, strict=True)]
        return all(mine is not None and mine == other for mine, other in shapes)

    begin, end = 0, last + 1
    if window.changed_from > 0:
        latest = (window.changed_from - FOREKNOWN_SAMPLES) // PACKET_SAMPLES - 1
        found = next((at for at in range(latest, latest - MOST_TRIED_PACKETS, -1) if agree(at)), None)
        if found is None:
            return None
        begin = found + 1
    if shift + len(new) <= last:
        # The last packets of a stretch know that nothing follows.
        latest = shift + len(new) - 4
        found = next((at for at in range(latest, latest - MOST_TRIED_PACKETS, -1) if agree(at)), None)
        if found is None:
            return None
        end = found + 1
    elif shift + len(new) != last + 1:
        return None
    return Seam(begin, end)


def _window(begin: int, end: int, whole: int) -> Window:
    first = max(0, begin - SETTLING_SAMPLES)
    last = min(whole, end + SETTLING_SAMPLES)
    return Window(first - first % PACKET_SAMPLES, begin, end, last)


def _shape(packet: bytes) -> tuple[int, int] | None:
    """How the two channels of a packet are cut into windows; None when each is cut in its own way."""
    head = int.from_bytes(packet[:2], "big")
    if head >> 13 != CHANNEL_PAIR or not head >> 8 & 1:
        return None
    return head >> 5 & 3, head >> 4 & 1
