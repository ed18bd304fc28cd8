"""Films are described by their boxes, and no size in a box is believed."""

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.media.errors import UnreadableMedia
from app.media.mp4_reading import LARGEST_MOOV_BYTES, MOST_BOXES, SOUND, MediaInfo, VideoTrack, film_from, samples_from
from app.media.probe import reported
from app.media.sniff import FileKind

FTYP = struct.pack(">I4s4sI", 16, b"ftyp", b"isom", 0)
UPRIGHT = (0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
QUARTER = (0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000)
MIRROR = (-0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def box(name: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", len(body) + 8, name) + body


def counted(name: bytes, form: str, *rows: tuple[int, ...]) -> bytes:
    return box(name, struct.pack(">II", 0, len(rows)), *(struct.pack(form, *row) for row in rows))


def times(name: bytes, scale: int, ticks: int) -> bytes:
    return box(name, struct.pack(">IIIII", 0, 0, 0, scale, ticks), b"\0" * 80)


def track(
    *,
    paces: tuple[tuple[int, int], ...] = ((144, 512),),
    matrix: tuple[int, ...] = UPRIGHT,
    edits: tuple[tuple[int, int, int], ...] = ((6000, 0, 1),),
    configuration: bytes = b"\1\2\3",
    size: tuple[int, int] = (1366, 768),
) -> bytes:
    ticks = sum(count * pace for count, pace in paces)
    entry = box(
        b"avc1",
        struct.pack(">24xHH50x", *size),
        box(b"avcC", configuration),
        box(b"colr", b"nclx\0\1"),
        box(b"pasp", b"\0\0\0\1\0\0\0\1"),
        box(b"btrt", b"differs from clip to clip"),
    )
    table = box(
        b"stbl",
        box(b"stsd", struct.pack(">II", 0, 1), entry),
        counted(b"stts", ">II", *paces),
        counted(b"stss", ">I", (1,), (49,), (97,)),
    )
    handler = box(b"hdlr", struct.pack(">II4s12x", 0, 0, b"vide"))
    media = box(b"mdia", times(b"mdhd", 12288, ticks), handler, box(b"minf", table))
    head = box(b"tkhd", struct.pack(">I36x9i", 0, *matrix), b"\0" * 8)
    return box(b"trak", head, box(b"edts", counted(b"elst", ">IiI", *edits)), media)


def film(*tracks: bytes, more: bytes = b"") -> bytes:
    return FTYP + box(b"moov", times(b"mvhd", 1000, 6000), *tracks, more) + box(b"mdat", b"\0" * 100)


def probed(content: bytes) -> MediaInfo:
    return film_from(io.BytesIO(content), len(content), FileKind.MP4)


def video(content: bytes) -> VideoTrack:
    found = probed(content).video
    assert found is not None
    return found


def test_a_film_is_described_whole() -> None:
    found = probed(film(track()))
    assert (found.duration_seconds, found.track_count, found.begins_at_once, found.is_fragmented) == (6, 1, True, False)
    seen = video(film(track()))
    assert (seen.codec, seen.width_px, seen.height_px, seen.frame_count) == ("avc1", 1366, 768, 144)
    assert (seen.keyframe_count, seen.frame_ticks, seen.rotation_degrees, seen.frames_per_second) == (3, 512, 0, 24)
    assert (seen.edits, seen.configuration, seen.colour) == (((6000, 0),), b"\1\2\3", b"nclx\0\1")


def test_a_description_behind_the_film_is_found_there() -> None:
    content = film(track())
    moov, mdat = content[16:-108], content[-108:]
    assert probed(FTYP + mdat + moov).begins_at_once is False


@pytest.mark.parametrize(("matrix", "turned"), [(UPRIGHT, 0), (QUARTER, 90), (MIRROR, None)])
def test_a_turned_film_says_how_far(matrix: tuple[int, ...], turned: int | None) -> None:
    assert video(film(track(matrix=matrix))).rotation_degrees == turned


def test_a_varying_pace_is_none() -> None:
    seen = video(film(track(paces=((100, 512), (44, 513)))))
    assert (seen.frame_ticks, seen.frame_count) == (None, 144)


def test_clips_of_other_lengths_and_rates_of_bits_can_be_joined() -> None:
    assert video(film(track())).joining == video(film(track(paces=((240, 512),), edits=((10_000, 0, 1),)))).joining


@pytest.mark.parametrize(
    "other",
    [
        {"configuration": b"\1\2\4"},
        {"size": (1280, 720)},
        {"matrix": QUARTER},
        {"paces": ((144, 500),)},
        {"edits": ((6000, 1024, 1),)},
        {"edits": ()},
    ],
    ids=str,
)
def test_clips_that_differ_in_what_a_player_needs_cannot_be_joined(other: dict[str, object]) -> None:
    assert video(film(track())).joining != video(film(track(**other))).joining


def test_fragments_are_noticed() -> None:
    assert probed(film(track(), more=box(b"mvex"))).is_fragmented


HUGE = struct.pack(">I4s", 0xFFFFFFFF, b"moov")
HOSTILE = {
    "nothing": b"",
    "a head alone": FTYP,
    "a film that does not begin as one": box(b"moov"),
    "a box longer than the file": FTYP + HUGE,
    "a box shorter than its head": FTYP + struct.pack(">I4s", 4, b"free"),
    "a long box shorter than its head": FTYP + struct.pack(">I4sQ", 1, b"free", 3),
    "a long box beyond all files": FTYP + struct.pack(">I4sQ", 1, b"moov", 2**63),
    "a description without tracks": FTYP + box(b"moov", times(b"mvhd", 1000, 1)),
    "a clock that stands still": FTYP + box(b"moov", times(b"mvhd", 0, 1)),
    "a track of nothing": film(box(b"trak")),
    "endless empty boxes": FTYP + box(b"free") * (MOST_BOXES + 1),
    "more frames than bytes": film(track(paces=((3_000_000_000, 0),))),
    "a list of edits without end": film(track(edits=((0, 0, 1),) * 5000)),
    "endless boxes inside": film(box(b"free") * (MOST_BOXES + 1)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_film_is_unreadable(name: str) -> None:
    with pytest.raises(UnreadableMedia):
        probed(HOSTILE[name])


def test_a_table_that_claims_more_rows_than_it_has_is_unreadable() -> None:
    rows = counted(b"stts", ">II", (144, 512))
    lying = rows[:12] + struct.pack(">I", 2**32 - 1) + rows[16:]
    with pytest.raises(UnreadableMedia):
        probed(film(track().replace(rows, lying)))


def test_a_huge_description_is_not_even_read() -> None:
    class Sparse(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            assert size is not None
            assert size < 100
            return super().read(size)

    content = FTYP + struct.pack(">I4s", LARGEST_MOOV_BYTES + 1, b"moov") + b"\0" * 16
    with pytest.raises(UnreadableMedia):
        film_from(Sparse(content), LARGEST_MOOV_BYTES * 2, FileKind.MP4)


def sound(*, sizes: bytes, chunks: bytes, begins: bytes, paces: bytes, more: bytes = b"") -> bytes:
    """A track of sound of which each table is the test's own."""
    entry = box(b"stsd", struct.pack(">II", 0, 1), box(b"mp4a", b"\0" * 28))
    tables = box(b"stbl", entry, paces, chunks, sizes, begins, more)
    handler = box(b"hdlr", struct.pack(">II4s12x", 0, 0, b"soun"))
    media = box(b"mdia", times(b"mdhd", 12288, 4), handler, box(b"minf", tables))
    return film(box(b"trak", box(b"tkhd", b"\0" * 84), media))


FOUR = {
    "sizes": box(b"stsz", struct.pack(">III", 0, 1, 4)),
    "chunks": counted(b"stsc", ">III", (1, 2, 1)),
    "begins": counted(b"stco", ">I", (16,), (18,)),
    "paces": counted(b"stts", ">II", (4, 1)),
}
SWOLLEN = {
    "more samples than bytes": {"sizes": box(b"stsz", struct.pack(">III", 0, 1, 2_900_000))},
    "more chunks than samples": {"begins": counted(b"stco", ">I", *((16,),) * 5)},
    "chunks of nothing": {"chunks": counted(b"stsc", ">III", (1, 0, 1), (2, 2, 1))},
    "chunks told again and again": {"chunks": counted(b"stsc", ">III", (1, 1, 1), (2, 1, 1), (1, 1, 1), (2, 1, 1))},
    "more key frames than samples": {"more": counted(b"stss", ">I", *((1,),) * 5)},
    "more runs than samples": {"paces": counted(b"stts", ">II", *((0, 1),) * 5, (4, 1))},
}


def test_honest_tables_are_read() -> None:
    content = sound(**FOUR)
    found = samples_from(io.BytesIO(content), len(content), SOUND)
    assert found is not None
    assert (list(found.sizes), list(found.positions), found.ticks) == ([1] * 4, [16, 17, 18, 19], 4)


@pytest.mark.parametrize("name", SWOLLEN)
def test_a_table_beyond_what_the_file_can_hold_is_unreadable(name: str) -> None:
    content = sound(**(FOUR | SWOLLEN[name]))
    with pytest.raises(UnreadableMedia):
        samples_from(io.BytesIO(content), len(content), SOUND)


@given(
    changes=st.lists(st.tuples(st.integers(0, 2**20), st.integers(0, 255)), min_size=1, max_size=4),
    kept=st.integers(0, 2**20),
)
def test_a_damaged_film_is_read_or_refused_and_nothing_else(changes: list[tuple[int, int]], kept: int) -> None:
    content = bytearray(film(track()))
    for at, value in changes:
        content[at % len(content)] = value
    try:
        found = probed(bytes(content[: max(kept % (2 * len(content)), 1)]))
    except UnreadableMedia:
        return
    assert found.track_count >= 1


REPORT = """Input #0, mp3, from 'file:/x':
  Duration: 01:02:03.50, start: 0.025056, bitrate: 66 kb/s
  Stream #0:0: Audio: mp3 (mp3float), 44100 Hz, stereo, fltp, 64 kb/s
"""


def test_what_the_tool_reports_of_a_recording_is_understood() -> None:
    found = reported(FileKind.MP3, REPORT)
    assert found.duration_seconds == 3723.5
    assert found.audio is not None
    assert (found.audio.codec, found.audio.sample_rate, found.audio.channel_count) == ("mp3", 44100, 2)


@pytest.mark.parametrize("report", ["", "Invalid data found", REPORT.replace("01:02:03.50", "N/A")])
def test_a_report_without_length_or_sound_is_unreadable(report: str) -> None:
    with pytest.raises(UnreadableMedia):
        reported(FileKind.MP3, report)
