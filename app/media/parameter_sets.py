"""Pure: the parameter sets of H.264 clips, and one description under which clips of two encoders are legal together."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.media.boxes import unpack
from app.media.errors import UnreadableMedia

__all__ = ["AvcConfiguration", "joined", "read_avc"]

HIGH_PROFILES = frozenset({100, 110, 122, 144, 244})
PLAIN_PROFILES = {66: "baseline", 77: "main", 100: "high"}
LONGEST_EXP_GOLOMB_BITS = 31


@dataclass(frozen=True)
class AvcConfiguration:
    """An avcC box: how the stream is to be decoded."""

    profile: int
    compatibility: int
    level: int
    length_bytes: int
    sequence_sets: tuple[bytes, ...]
    picture_sets: tuple[bytes, ...]
    extension: bytes

    @property
    def profile_name(self) -> str | None:
        """The encoder's word for the profile, or None when its pictures are not plain 8-bit 4:2:0."""
        plain = not self.extension or (self.extension[0] & 3, *(byte & 7 for byte in self.extension[1:3])) == (1, 0, 0)
        return PLAIN_PROFILES.get(self.profile) if plain else None

    @property
    def identities(self) -> frozenset[int]:
        """The numbers its parameter sets go by."""
        sequences = (_exp_golomb(entry[4:]) for entry in self.sequence_sets)
        return frozenset((*sequences, *(_exp_golomb(entry[1:]) for entry in self.picture_sets)))

    @property
    def content(self) -> bytes:
        """The bytes inside the box."""
        head = bytes([1, self.profile, self.compatibility, self.level, 0xFC | (self.length_bytes - 1)])
        sequences = bytes([0xE0 | len(self.sequence_sets)]) + _listed(self.sequence_sets)
        return head + sequences + bytes([len(self.picture_sets)]) + _listed(self.picture_sets) + self.extension


def read_avc(content: bytes) -> AvcConfiguration:
    """Reads the bytes inside an avcC box."""
    view = memoryview(content)
    _, profile, compatibility, level, length, count = unpack(">6B", view)
    sequences, at = _sets(view, 6, count & 0x1F)
    (picture_count,) = unpack(">B", view, at)
    pictures, at = _sets(view, at + 1, picture_count)
    extension = content[at:] if profile in HIGH_PROFILES else b""
    return AvcConfiguration(profile, compatibility, level, (length & 3) + 1, sequences, pictures, extension)


def joined(first: AvcConfiguration, others: Sequence[AvcConfiguration]) -> AvcConfiguration:
    """One description for streams whose parameter sets bear different numbers."""
    sequences, pictures = list(first.sequence_sets), list(first.picture_sets)
    for other in others:
        sequences += [entry for entry in other.sequence_sets if entry not in sequences]
        pictures += [entry for entry in other.picture_sets if entry not in pictures]
    numbers = [_exp_golomb(entry[4:]) for entry in sequences]
    if len(set(numbers)) != len(numbers) or any(other.length_bytes != first.length_bytes for other in others):
        raise UnreadableMedia
    level = max(one.level for one in (first, *others))
    return AvcConfiguration(
        *(first.profile, first.compatibility, level, first.length_bytes),
        *(tuple(sequences), tuple(pictures), first.extension),
    )


def _sets(view: memoryview, at: int, count: int) -> tuple[tuple[bytes, ...], int]:
    found = []
    for _ in range(count):
        (length,) = unpack(">H", view, at)
        if length < 2:
            raise UnreadableMedia
        found.append(bytes(view[at + 2 : at + 2 + length]))
        at += 2 + length
    if at > len(view):
        raise UnreadableMedia
    return tuple(found), at


def _listed(entries: Sequence[bytes]) -> bytes:
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def _exp_golomb(content: bytes) -> int:
    bits = "".join(f"{byte:08b}" for byte in content[:8])
    zeros = len(bits) - len(bits.lstrip("0"))
    if zeros > LONGEST_EXP_GOLOMB_BITS or len(bits) < 2 * zeros + 1:
        raise UnreadableMedia
    return int(bits[zeros : 2 * zeros + 1], 2) - 1
