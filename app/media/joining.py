"""Pure: one track made of many clips, and one description under which clips of several encoders are decoded."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from app.media.errors import UnreadableMedia
from app.media.mp4_reading import Samples, unpack
from app.media.mp4_writing import OutTrack, Sample, SampleList, box

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
        sequences = bytes([0xE0 | len(self.sequence_sets)]) + _counted_sets(self.sequence_sets)
        return head + sequences + bytes([len(self.picture_sets)]) + _counted_sets(self.picture_sets) + self.extension


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


def _counted_sets(entries: Sequence[bytes]) -> bytes:
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def _exp_golomb(content: bytes) -> int:
    bits = "".join(f"{byte:08b}" for byte in content[:8])
    zeros = len(bits) - len(bits.lstrip("0"))
    if zeros > LONGEST_EXP_GOLOMB_BITS or len(bits) < 2 * zeros + 1:
        raise UnreadableMedia
    return int(bits[zeros : 2 * zeros + 1], 2) - 1


VISUAL_ENTRY_BYTES = 86


@dataclass(frozen=True)
class JoinedClip:
    """A clip that agrees with the others, and where its frames lie."""

    path: Path
    samples: Samples
    configuration: bytes

    @property
    def seconds(self) -> Fraction:
        """How long its pictures last."""
        return Fraction(self.samples.ticks, self.samples.timescale)


def video_track(pieces: Sequence[JoinedClip], reference: int) -> OutTrack:
    """The pictures of the film; frames are listed, never changed."""
    latest = max(piece.samples.first_shown for piece in pieces)
    model = pieces[reference].samples
    configurations = [pieces[reference].configuration]
    configurations += [piece.configuration for piece in pieces if piece.configuration not in configurations]
    return OutTrack(
        handler=b"vide",
        entry=_entry(model.entry, configurations),
        timescale=model.timescale,
        samples=_column(sample for piece in pieces for sample in _listed(piece, latest)),
        shape=model.shape,
        media_start=latest,
    )


def sound_track(path: Path, sound: Samples, shown_samples: int, language: str) -> OutTrack:
    """The prepared sound; the encoder's run-up stays hidden before the start."""
    return OutTrack(
        handler=b"soun",
        entry=sound.entry,
        timescale=sound.timescale,
        samples=_column(_stored(path, sound, 0)),
        shape=sound.shape,
        language=language,
        media_start=max(0, sound.media_start),
        shown_ticks=shown_samples,
        groups=sound.groups,
        alternate_group=1,
    )


def _column(samples: Iterable[Sample]) -> SampleList:
    listed = SampleList()
    for sample in samples:
        listed.add(sample)
    return listed


def _listed(piece: JoinedClip, latest: int) -> Iterator[Sample]:
    # Clips hide run-ups of unequal length before their first picture; all are given the longest.
    return _stored(piece.path, piece.samples, latest - piece.samples.first_shown)


def _stored(path: Path, samples: Samples, shift: int) -> Iterator[Sample]:
    keyframes = samples.keyframes
    rows = zip(samples.positions, samples.sizes, samples.durations, samples.compositions, strict=True)
    for number, (position, size, duration, composition) in enumerate(rows):
        yield Sample(path, position, size, duration, composition + shift, keyframes is None or number in keyframes)


def _entry(entry: bytes, configurations: Sequence[bytes]) -> bytes:
    """The description of the reference clip, with the parameter sets of all."""
    first, *others = [read_avc(content) for content in configurations]
    merged = joined(first, others).content if others else configurations[0]
    head, kept, at = entry[8:VISUAL_ENTRY_BYTES], [], VISUAL_ENTRY_BYTES
    while at + 8 <= len(entry):
        length, name = int.from_bytes(entry[at : at + 4], "big"), entry[at + 4 : at + 8]
        if length < 8:
            break
        # The bit rate in the description is one clip's own and no longer true of the film.
        if name != b"btrt":
            kept.append(box(b"avcC", merged) if name == b"avcC" else entry[at : at + length])
        at += length
    return box(entry[4:8], head, *kept)
