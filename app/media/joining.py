"""Pure: one track made of many clips, every picture at the exact moment its clip begins."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from app.media.parameter_sets import joined, read_avc
from app.media.samples import Samples
from app.media.tables import OutTrack, Sample, SampleList, box

__all__ = ["Piece", "sound_track", "video_track"]

VISUAL_ENTRY_BYTES = 86


@dataclass(frozen=True)
class Piece:
    """A clip that agrees with the others, and where its frames lie."""

    path: Path
    samples: Samples
    configuration: bytes

    @property
    def seconds(self) -> Fraction:
        """How long its pictures last."""
        return Fraction(self.samples.ticks, self.samples.timescale)


def video_track(pieces: Sequence[Piece], reference: int) -> OutTrack:
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


def _listed(piece: Piece, latest: int) -> Iterator[Sample]:
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
