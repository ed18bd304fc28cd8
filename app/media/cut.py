"""Pure: which clips are copied bit by bit, which are encoded again, and what they then must be like."""

import struct
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from app.media.errors import ClipUnusable
from app.media.joining import AvcConfiguration, read_avc
from app.media.mp4_reading import MediaInfo, Samples, VideoTrack

H264_ENTRIES = frozenset({"avc1"})
ENCODER_LENGTH_BYTES = 4
SQUARE = (b"", b"\0\0\0\1\0\0\0\1")
USUAL_RATES = tuple(Fraction(rate) for rate in ("24", "25", "30", "50", "60", "24000/1001", "30000/1001", "60000/1001"))
NEAR_RATE = Fraction(1, 100)
TICKS_PER_FRAME = 512
MOST_IDENTITIES = 32
# Primaries, transfer and matrix as numbers of H.273, then the range: 1 is television's.
BT709 = (1, 1, 1, 1)
UNSAID = (2, 2, 2, 0)


class Treatment(StrEnum):
    """What is done with a clip."""

    COPIED = "copied"
    PARTLY_ENCODED = "partly_encoded"
    ENCODED_AGAIN = "encoded_again"


@dataclass(frozen=True)
class ClipFacts:
    """What the boxes of a clip say."""

    media: MediaInfo
    samples: Samples | None

    @property
    def video(self) -> VideoTrack:
        """Its moving pictures; a clip without any is no clip."""
        if self.media.video is None or self.samples is None:
            raise ClipUnusable
        return self.media.video

    @property
    def duration(self) -> Fraction:
        """How long its pictures are shown, in seconds."""
        if self.samples is None:
            raise ClipUnusable
        whole = Fraction(self.samples.ticks, self.samples.timescale)
        shown = self.samples.shown_seconds
        return whole if self.samples.is_shown_whole or not shown else shown


@dataclass(frozen=True)
class Target:
    """What every clip of a film must be like."""

    width_px: int
    height_px: int
    timescale: int
    frame_ticks: int
    profile: str
    identity: int
    colour: tuple[int, int, int, int]

    @property
    def rate(self) -> Fraction:
        """Frames per second, exactly."""
        return Fraction(self.timescale, self.frame_ticks)


@dataclass(frozen=True)
class ClipDecision:
    """What is done with one clip, and why."""

    treatment: Treatment
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class CutPlan:
    """The plan of an edit; `reference` is a clip that is copied, None when all are encoded again."""

    target: Target
    decisions: tuple[ClipDecision, ...]
    reference: int | None


def plan_cut(clips: Sequence[ClipFacts], *, must_match: bool = False) -> CutPlan:
    """Copies the largest class of clips that agree; the others are made to agree with it.

    `must_match` says that frames will be encoded beside the copied ones even when all clips agree.
    """
    frames: Counter[tuple[object, ...]] = Counter()
    for clip in clips:
        if not _unfit(clip):
            frames[_agreement(clip.video)] += clip.video.frame_count
    if not frames:
        return _all_again(clips)
    chosen = frames.most_common(1)[0][0]
    reference = next(i for i, clip in enumerate(clips) if not _unfit(clip) and _agreement(clip.video) == chosen)
    decisions = tuple(_decision(clip, clips[reference]) for clip in clips)
    if not must_match and all(decision.treatment is Treatment.COPIED for decision in decisions):
        return CutPlan(_target(clips[reference].video), decisions, reference)
    if not _can_be_matched(clips[reference].video):
        return _all_again(clips)
    return CutPlan(_target(clips[reference].video), decisions, reference)


def _decision(clip: ClipFacts, reference: ClipFacts) -> ClipDecision:
    if reasons := _unfit(clip):
        return ClipDecision(Treatment.ENCODED_AGAIN, reasons)
    differences = _differences(clip.video, reference.video)
    return ClipDecision(Treatment.ENCODED_AGAIN if differences else Treatment.COPIED, differences)


def _unfit(clip: ClipFacts) -> tuple[str, ...]:
    """Why a clip can be copied into no film at all."""
    video, samples = clip.video, clip.samples
    if samples is None:
        raise ClipUnusable
    faults = {
        "codec": video.codec not in H264_ENTRIES or _avc(video).profile_name is None,
        "several descriptions": video.description_count != 1,
        "varying frame rate": video.frame_ticks is None,
        "rotation": video.rotation_degrees is None,
        "edit list": not samples.is_shown_whole,
        "no keyframe at the start": not samples.starts_with_keyframe,
    }
    return tuple(name for name, found in faults.items() if found)


def _avc(video: VideoTrack) -> AvcConfiguration:
    return read_avc(video.configuration)


def _agreement(video: VideoTrack) -> tuple[object, ...]:
    return tuple(_facets(video).values())


def _facets(video: VideoTrack) -> dict[str, object]:
    return {
        "size": (video.width_px, video.height_px),
        "frame rate": Fraction(video.timescale, video.frame_ticks or 1),
        "timescale": video.timescale,
        "rotation": video.rotation_degrees,
        "encoder configuration": video.configuration,
        "colour": video.colour,
        "pixel aspect": b"" if video.pixel_aspect in SQUARE else video.pixel_aspect,
    }


def _differences(video: VideoTrack, reference: VideoTrack) -> tuple[str, ...]:
    wanted = _facets(reference)
    return tuple(name for name, value in _facets(video).items() if value != wanted[name])


def _can_be_matched(video: VideoTrack) -> bool:
    """Whether our encoder can make clips that are legal beside this one."""
    upright = video.rotation_degrees == 0 and video.pixel_aspect in SQUARE
    even = video.width_px % 2 == 0 and video.height_px % 2 == 0
    return upright and even and _avc(video).length_bytes == ENCODER_LENGTH_BYTES


def _target(video: VideoTrack) -> Target:
    avc = _avc(video)
    return Target(
        width_px=video.width_px,
        height_px=video.height_px,
        timescale=video.timescale,
        frame_ticks=video.frame_ticks or 1,
        profile=avc.profile_name or "high",
        identity=next(number for number in range(MOST_IDENTITIES) if number not in avc.identities),
        colour=_colour(video.colour),
    )


def _colour(content: bytes) -> tuple[int, int, int, int]:
    if content[:4] != b"nclx" or len(content) < 11:
        return UNSAID
    primaries, transfer, matrix = struct.unpack_from(">HHH", content, 4)
    return primaries, transfer, matrix, 2 if content[10] & 0x80 else 1


def _all_again(clips: Sequence[ClipFacts]) -> CutPlan:
    first = clips[0]
    video = first.video
    width, height = video.width_px, video.height_px
    if video.rotation_degrees in {90, 270}:
        width, height = height, width
    rate = _usual(Fraction(video.frame_count) / first.duration)
    target = Target(
        width_px=max(2, width - width % 2),
        height_px=max(2, height - height % 2),
        timescale=rate.numerator * TICKS_PER_FRAME,
        frame_ticks=rate.denominator * TICKS_PER_FRAME,
        profile="high",
        identity=0,
        colour=BT709,
    )
    reasons = tuple(_unfit(clip) or ("no other clip can be matched",) for clip in clips)
    return CutPlan(target, tuple(ClipDecision(Treatment.ENCODED_AGAIN, reason) for reason in reasons), None)


def _usual(rate: Fraction) -> Fraction:
    nearest = min(USUAL_RATES, key=lambda usual: abs(usual - rate))
    # A rate that no player knows is shown at the nearest that all know.
    return nearest if abs(nearest - rate) < NEAR_RATE * nearest else max(Fraction(24), nearest)
