"""Files that sound is made from and kept in: kinds, names, what was ready before; blocking, for a thread."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from app.media.errors import ToolFailed, UnreadableMedia, UnsupportedMedia
from app.media.loudness import Loudness
from app.media.samples import SOUND, samples_from
from app.media.sniff import HEAD_BYTES, Kind, sniff
from app.media.sound_facts import SoundFacts, SoundInputs
from app.media.soundgraph import Placed

__all__ = [
    "Soundtrack",
    "append",
    "earlier_sounds",
    "found",
    "keep",
    "kind_of",
    "name_of",
    "part_of",
    "placed",
    "remove",
]

PREFIX = "sound-"
MOST_EARLIER = 16
COPY_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Soundtrack:
    """A finished sound file and how loud it is."""

    path: Path
    digest: str
    sample_count: int
    loudness: Loudness
    was_ready: bool = False


def found(path: Path, inputs: SoundInputs) -> Soundtrack | None:
    """What an earlier run left, if it left all of it."""
    try:
        facts = SoundFacts.read(path.with_suffix(".json"))
        with path.open("rb") as file:
            if facts.inputs != inputs or samples_from(file, path.stat().st_size, SOUND) is None:
                return None
    except (OSError, UnreadableMedia):
        return None
    return Soundtrack(path, inputs.digest, inputs.bounds[-1], facts.loudness, was_ready=True)


def earlier_sounds(folder: Path) -> list[tuple[Path, SoundFacts]]:
    """The last finished sounds of a folder, the newest first."""
    told = sorted(folder.glob(f"{PREFIX}*.json"), key=_written_ns, reverse=True)
    known = []
    for path in told[:MOST_EARLIER]:
        try:
            known.append((path.with_suffix(".mp4"), SoundFacts.read(path)))
        except UnreadableMedia:
            continue
    return known


def _written_ns(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def keep(partial: Path, path: Path, facts: SoundFacts) -> None:
    """Gives finished sound its name; the facts come last, and prove that it is whole."""
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    told = partial.with_suffix(".json")
    told.write_text(facts.text())
    partial.replace(path)
    told.replace(path.with_suffix(".json"))


def remove(paths: Iterable[Path]) -> None:
    """Takes away what was only needed on the way."""
    for path in paths:
        path.unlink(missing_ok=True)


def name_of(inputs: SoundInputs) -> str:
    """What the sound made from these inputs is called."""
    return f"{PREFIX}{inputs.digest[:32]}.mp4"


def part_of(path: Path) -> Path:
    """Where a piece of a file is made before it is added to it."""
    return path.with_name(f"{path.name}.piece")


def append(piece: Path, into: Path, expected_bytes: int) -> None:
    """Adds a piece to a file; a piece of another length would shift everything after it."""
    if piece.stat().st_size != expected_bytes:
        raise ToolFailed
    with piece.open("rb") as source, into.open("ab") as target:
        while content := source.read(COPY_BYTES):
            target.write(content)


def placed(path: Path | None, sample_count: int) -> Placed:
    """A sound by its proven kind; a film without sound is silence."""
    if path is None:
        return Placed(sample_count)
    kind = kind_of(path)
    if kind is Kind.MP4:
        with path.open("rb") as file:
            if samples_from(file, path.stat().st_size, SOUND) is None:
                return Placed(sample_count)
    return Placed(sample_count, path, kind)


def kind_of(path: Path) -> Kind:
    """The kind of a sound, or of a film that has sound."""
    with path.open("rb") as file:
        kind = sniff(file.read(HEAD_BYTES))
    if kind is None or kind.is_picture:
        raise UnsupportedMedia
    return kind
