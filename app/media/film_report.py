"""Pure: what a finished film is, segment by segment, as it was read back."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import accumulate
from pathlib import Path

from app.media.cut import ClipFacts, Decision, Treatment
from app.media.errors import ToolFailed
from app.media.joining import Piece
from app.media.loudness import Loudness
from app.media.samples import Samples
from app.media.sound_files import Soundtrack

__all__ = ["FilmReport", "SegmentReport", "film_report", "segment_reports", "starts_of"]


# Moments are compared as fractions of a second that were rounded on the way.
NEAR_SECONDS = 0.002


@dataclass(frozen=True)
class SegmentReport:
    """Where a segment lies in the film, what was done with its clip, and its first picture that can be seen alone."""

    first_frame: int
    frame_count: int
    start_seconds: float
    duration_seconds: float
    decision: Decision
    picture_seconds: float = 0.0


@dataclass(frozen=True)
class FilmReport:
    """What the finished file is, as it was read back."""

    path: Path
    size_bytes: int
    duration_seconds: float
    width_px: int
    height_px: int
    frames_per_second: float
    video_codec: str
    audio_codec: str | None
    loudness: Loudness
    segments: tuple[SegmentReport, ...]
    sound: Path
    sound_was_ready: bool

    @property
    def poster(self) -> Path:
        """The first picture that can be seen, beside the film."""
        return self.path.with_suffix(".jpg")

    @property
    def seams_seconds(self) -> tuple[float, ...]:
        """Where one segment ends and the next begins."""
        return tuple(segment.start_seconds for segment in self.segments[1:])

    @property
    def is_copied_whole(self) -> bool:
        """Whether no picture was encoded again."""
        return all(segment.decision.treatment is Treatment.COPIED for segment in self.segments)


def starts_of(pieces: Sequence[Piece]) -> list[Fraction]:
    """When each piece begins, in seconds."""
    return list(accumulate((piece.seconds for piece in pieces), initial=Fraction(0)))[:-1]


def segment_reports(pieces: Sequence[Piece], decisions: Sequence[Decision]) -> tuple[SegmentReport, ...]:
    """Where each segment came to lie."""
    found, first = [], 0
    for piece, start, decision in zip(pieces, starts_of(pieces), decisions, strict=True):
        count, length = len(piece.samples.sizes), piece.samples.ticks / piece.samples.timescale
        found.append(SegmentReport(first, count, float(start), length, decision))
        first += count
    return tuple(found)


def _pictured(segments: Sequence[SegmentReport], samples: Samples | None) -> tuple[SegmentReport, ...]:
    """Which picture stands for each segment: after a transition only a later one can be decoded alone."""
    if samples is None:
        raise ToolFailed
    begins = accumulate(samples.durations, initial=-samples.media_start)
    shown = [begin + delay for begin, delay in zip(begins, samples.compositions, strict=False)]
    alone = sorted(shown if samples.keyframes is None else (shown[number] for number in samples.keyframes))
    moments = [moment / samples.timescale for moment in alone]
    return tuple(replace(segment, picture_seconds=_first_from(moments, segment)) for segment in segments)


def _first_from(moments: Sequence[float], segment: SegmentReport) -> float:
    later = bisect_left(moments, segment.start_seconds - NEAR_SECONDS)
    is_inside = later < len(moments) and moments[later] < segment.start_seconds + segment.duration_seconds
    return moments[later if is_inside else max(0, later - 1)]


def film_report(
    path: Path, size_bytes: int, made: ClipFacts, segments: tuple[SegmentReport, ...], sound: Soundtrack
) -> FilmReport:
    """Believes the file and not the plan: a film that is not what was planned is none."""
    audio = made.media.audio
    is_heard = not sound.loudness.is_silent
    frames = sum(segment.frame_count for segment in segments)
    if is_heard is (audio is None) or made.video.frame_count != frames or not made.media.begins_at_once:
        raise ToolFailed
    return FilmReport(
        path=path,
        size_bytes=size_bytes,
        duration_seconds=made.media.duration_seconds,
        width_px=made.video.width_px,
        height_px=made.video.height_px,
        frames_per_second=made.video.frames_per_second,
        video_codec=made.video.codec,
        audio_codec=audio.codec if audio else None,
        loudness=sound.loudness,
        segments=_pictured(segments, made.samples),
        sound=sound.path,
        sound_was_ready=sound.was_ready,
    )
