"""Files that sound is made from and kept in: kinds, digests, what was ready before; blocking, for a thread."""

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from app.media.errors import ToolFailed, UnreadableMedia, UnsupportedMedia
from app.media.loudness import Loudness
from app.media.samples import SOUND, samples_from
from app.media.sniff import HEAD_BYTES, Kind, sniff
from app.media.soundgraph import Placed
from app.media.timeline import Timeline
from app.media.transitions import sound_halves

__all__ = ["Soundtrack", "append", "digest_of", "found", "keep", "kind_of", "part_of", "placed", "remove"]

# Another number makes all sound anew: it belongs to how sound is made.
RECIPE = 1
COPY_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Soundtrack:
    """A finished sound file and how loud it is."""

    path: Path
    digest: str
    sample_count: int
    loudness: Loudness
    was_ready: bool = False


def digest_of(timeline: Timeline, bounds: Sequence[int]) -> str:
    """One name for everything that decides how the film sounds."""
    narrations = [_content(segment.narration.path) if segment.narration else "" for segment in timeline.segments]
    clips = [_content(segment.clip) for segment in timeline.segments] if timeline.keeps_clip_sound else []
    music = _content(timeline.music) if isinstance(timeline.music, Path) else timeline.music
    halves = sound_halves(timeline.transition, timeline.transition_seconds, bounds) if clips else ()
    told = json.dumps([RECIPE, list(bounds), narrations, clips, music, timeline.music_gain_db, *halves])
    return hashlib.sha256(told.encode()).hexdigest()


def found(path: Path, digest: str, sample_count: int) -> Soundtrack | None:
    """What an earlier run left, if it left all of it."""
    facts = path.with_suffix(".json")
    if not path.is_file() or not facts.is_file():
        return None
    try:
        loudness = Loudness(**json.loads(facts.read_text()))
        with path.open("rb") as file:
            if samples_from(file, path.stat().st_size, SOUND) is None:
                return None
    except (ValueError, TypeError, UnreadableMedia):
        return None
    return Soundtrack(path, digest, sample_count, loudness, was_ready=True)


def keep(partial: Path, path: Path, loudness: Loudness) -> None:
    """Gives finished sound its name; the facts come last, and prove that it is whole."""
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    facts = partial.with_suffix(".json")
    facts.write_text(json.dumps(asdict(loudness)))
    partial.replace(path)
    facts.replace(path.with_suffix(".json"))


def remove(paths: Iterable[Path]) -> None:
    """Takes away what was only needed on the way."""
    for path in paths:
        path.unlink(missing_ok=True)


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


def _content(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
