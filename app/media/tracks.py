"""Pure: the tracks of an MP4 file as frozen values, and what decides whether clips can be joined as they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO

from app.media.boxes import MOST_EDITS, inner, moov_of, table, unpack
from app.media.errors import UnreadableMedia
from app.media.sniff import Kind

__all__ = ["AudioTrack", "MediaInfo", "VideoTrack", "film_from"]

# How the matrix of a track turns its pictures clockwise; anything else is a shear, a mirror or nonsense.
ONE, MINUS_ONE = 0x00010000, -0x00010000
TURNS = {
    (ONE, 0, 0, ONE): 0,
    (0, ONE, MINUS_ONE, 0): 90,
    (MINUS_ONE, 0, 0, MINUS_ONE): 180,
    (0, MINUS_ONE, ONE, 0): 270,
}
VIDEO_ENTRY_BYTES, AUDIO_ENTRY_BYTES = 78, 28
CONFIGURATIONS = (b"avcC", b"hvcC", b"av1C", b"vpcC")

Boxes = Mapping[bytes, memoryview]


@dataclass(frozen=True)
class VideoTrack:
    """Moving pictures as the file describes them."""

    codec: str
    duration_seconds: float
    width_px: int
    height_px: int
    frame_count: int
    keyframe_count: int
    timescale: int
    frame_ticks: int | None
    rotation_degrees: int | None
    edits: tuple[tuple[int, int], ...]
    configuration: bytes
    colour: bytes
    pixel_aspect: bytes
    description_count: int

    @property
    def frames_per_second(self) -> float:
        """The mean rate; `frame_ticks` is None where it varies."""
        return self.frame_count / self.duration_seconds if self.duration_seconds else 0.0

    @property
    def joining(self) -> tuple[object, ...]:
        """Clips whose values here are equal may be joined without encoding anything again."""
        return (
            *(self.codec, self.width_px, self.height_px, self.timescale, self.frame_ticks, self.rotation_degrees),
            *(self.configuration, self.colour, self.pixel_aspect, self.description_count),
            *(media_time for _, media_time in self.edits),
        )


@dataclass(frozen=True)
class AudioTrack:
    """Sound as the file describes it; no channels means that the file does not say in plain words."""

    codec: str
    duration_seconds: float
    sample_rate: int
    channel_count: int


@dataclass(frozen=True)
class MediaInfo:
    """What a file holds: the first track of each sort, and how many there are."""

    kind: Kind
    duration_seconds: float
    video: VideoTrack | None = None
    audio: AudioTrack | None = None
    track_count: int = 1
    begins_at_once: bool = True
    is_fragmented: bool = False


def film_from(file: BinaryIO, size_bytes: int, kind: Kind) -> MediaInfo:
    """Reads the boxes that describe a film; the film itself is skipped."""
    moov, begins_at_once = moov_of(file, size_bytes)
    video: VideoTrack | None = None
    audio: AudioTrack | None = None
    track_count, is_fragmented, duration = 0, False, 0.0
    for name, content in inner(moov):
        is_fragmented = is_fragmented or name == b"mvex"
        if name == b"mvhd":
            duration = _duration(content)[1]
        elif name == b"trak":
            track_count += 1
            found = _track(content, size_bytes)
            video = video or (found if isinstance(found, VideoTrack) else None)
            audio = audio or (found if isinstance(found, AudioTrack) else None)
    if video is None and audio is None:
        raise UnreadableMedia
    return MediaInfo(kind, duration, video, audio, track_count, begins_at_once, is_fragmented)


def _track(trak: memoryview, size_bytes: int) -> VideoTrack | AudioTrack | None:
    boxes = dict(inner(trak))
    media = dict(inner(_wanted(boxes, b"mdia")))
    handler = bytes(_wanted(media, b"hdlr")[8:12])
    if handler not in {b"vide", b"soun"}:
        return None
    timescale, duration = _duration(_wanted(media, b"mdhd"))
    samples = dict(inner(_wanted(dict(inner(_wanted(media, b"minf"))), b"stbl")))
    descriptions = _wanted(samples, b"stsd")
    (description_count,) = unpack(">I", descriptions, 4)
    codec, entry = next(inner(descriptions, 8), (b"", memoryview(b"")))
    if handler == b"soun":
        channels, _, _, rate = unpack(">HHIH", entry, 16)
        return AudioTrack(_word(codec), duration, rate, channels)
    width, height = unpack(">HH", entry, 24)
    within = dict(inner(entry, VIDEO_ENTRY_BYTES))
    frame_count, frame_ticks = _pace(_wanted(samples, b"stts"), size_bytes)
    return VideoTrack(
        codec=_word(codec),
        duration_seconds=duration,
        width_px=width,
        height_px=height,
        frame_count=frame_count,
        keyframe_count=unpack(">I", samples[b"stss"], 4)[0] if b"stss" in samples else frame_count,
        timescale=timescale,
        frame_ticks=frame_ticks,
        rotation_degrees=_rotation(_wanted(boxes, b"tkhd")),
        edits=_edits(boxes),
        configuration=b"".join(bytes(within[name]) for name in CONFIGURATIONS if name in within),
        colour=bytes(within.get(b"colr", b"")),
        pixel_aspect=bytes(within.get(b"pasp", b"")),
        description_count=description_count,
    )


def _wanted(boxes: Boxes, name: bytes) -> memoryview:
    if name not in boxes:
        raise UnreadableMedia
    return boxes[name]


def _duration(header: memoryview) -> tuple[int, float]:
    long = bool(unpack(">B", header)[0])
    timescale, ticks = unpack(">IQ" if long else ">II", header, 20 if long else 12)
    if timescale == 0:
        raise UnreadableMedia
    return timescale, ticks / timescale


def _pace(times: memoryview, size_bytes: int) -> tuple[int, int | None]:
    frame_count, is_even = 0, True
    pace: int | None = None
    for count, ticks in table(times, ">II", size_bytes):
        if count:
            is_even = is_even and pace in {None, ticks}
            frame_count, pace = frame_count + count, ticks
    # Every frame takes a byte at least.
    if frame_count > size_bytes:
        raise UnreadableMedia
    return frame_count, pace if is_even else None


def _rotation(header: memoryview) -> int | None:
    at = 52 if unpack(">B", header)[0] else 40
    a, b, _, c, d = unpack(">iiiii", header, at)
    return TURNS.get((a, b, c, d))


def _edits(boxes: Boxes) -> tuple[tuple[int, int], ...]:
    lists = dict(inner(boxes[b"edts"])) if b"edts" in boxes else {}
    if b"elst" not in lists:
        return ()
    form = ">QqI" if unpack(">B", lists[b"elst"])[0] else ">IiI"
    return tuple((row[0], row[1]) for row in table(lists[b"elst"], form, MOST_EDITS))


def _word(name: bytes) -> str:
    return name.decode("latin-1").strip()
