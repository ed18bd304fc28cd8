"""Pure: captions and chapters as tracks of a film."""

import struct
from collections.abc import Iterator, Sequence
from itertools import pairwise

from app.media.tables import OutTrack, Sample, box, identity
from app.media.timeline import Caption

__all__ = ["caption_track", "chapter_track", "language_code"]

TIMESCALE = 1000
UTF8 = b"\0\0\0\x0cencd\0\0\1\0"
NOTHING = b"\0\0"
CAPTION_BAND = 6
FONT = b"Sans-Serif"
# Files name languages by three letters.
LANGUAGES = {
    "ar": "ara",
    "cs": "ces",
    "da": "dan",
    "de": "deu",
    "el": "ell",
    "en": "eng",
    "es": "spa",
    "fi": "fin",
    "fr": "fra",
    "he": "heb",
    "hi": "hin",
    "hu": "hun",
    "id": "ind",
    "it": "ita",
    "ja": "jpn",
    "ko": "kor",
    "nl": "nld",
    "no": "nor",
    "pl": "pol",
    "pt": "por",
    "ro": "ron",
    "ru": "rus",
    "sk": "slk",
    "sv": "swe",
    "th": "tha",
    "tr": "tur",
    "uk": "ukr",
    "vi": "vie",
    "zh": "zho",
}


def language_code(language: str) -> str:
    """The code that goes into files; a language nobody listed is undetermined."""
    short = language.partition("-")[0].partition("_")[0].lower()
    return LANGUAGES.get(short, short if short in LANGUAGES.values() else "und")


def caption_track(
    captions: Sequence[Caption], duration_seconds: float, language: str, size: tuple[int, int]
) -> OutTrack:
    """A soft track: the player shows it or not."""
    width, height = size
    band = height // CAPTION_BAND
    shape = identity()[:24] + struct.pack(">III", 0, (height - band) << 16, 0x40000000)
    style = struct.pack(">HHHBB4B", 0, 0, 1, 0, max(12, height // 20), 255, 255, 255, 255)
    fonts = box(b"ftab", struct.pack(">HHB", 1, 1, len(FONT)), FONT)
    place = struct.pack(">4h", 0, 0, min(band, 0x7FFF), min(width, 0x7FFF))
    entry = box(b"tx3g", bytes(6), struct.pack(">HIbb4B", 1, 0, 1, -1, 0, 0, 0, 0), place, style, fonts)
    return OutTrack(
        handler=b"sbtl",
        entry=entry,
        timescale=TIMESCALE,
        samples=list(_caption_samples(captions, round(duration_seconds * TIMESCALE))),
        shape=shape + struct.pack(">II", width << 16, band << 16),
        language=language_code(language),
        alternate_group=3,
    )


def chapter_track(titles: Sequence[str], starts: Sequence[float], duration_seconds: float, language: str) -> OutTrack:
    """Where each segment begins, for the player's list."""
    bounds = [round(start * TIMESCALE) for start in (*starts, duration_seconds)]
    spans = zip(titles, pairwise(bounds), strict=True)
    samples = [_text(title, end - begin, UTF8) for title, (begin, end) in spans]
    style = struct.pack(">HHHBB4B", 0, 0, 1, 0, 0, 0, 0, 0, 0)
    entry = box(
        b"text", bytes(6), struct.pack(">HI", 1, 1), bytes(2 + 4 + 8), style, box(b"ftab", struct.pack(">HHB", 1, 1, 0))
    )
    return OutTrack(
        handler=b"text",
        entry=entry,
        timescale=TIMESCALE,
        samples=samples,
        shape=identity() + bytes(8),
        language=language_code(language),
        is_enabled=False,
    )


def _caption_samples(captions: Sequence[Caption], end: int) -> Iterator[Sample]:
    at = 0
    for caption in captions:
        begin = max(at, min(end, round(caption.start_seconds * TIMESCALE)))
        until = max(begin, min(end, round(caption.end_seconds * TIMESCALE)))
        if begin > at:
            yield Sample(NOTHING, 0, len(NOTHING), begin - at)
        if until > begin:
            yield _text(caption.text, until - begin)
        at = until
    if end > at:
        yield Sample(NOTHING, 0, len(NOTHING), end - at)


def _text(text: str, duration: int, ending: bytes = b"") -> Sample:
    content = text.encode()[:0xFFFF].decode(errors="ignore").encode()
    whole = struct.pack(">H", len(content)) + content + ending
    return Sample(whole, 0, len(whole), duration)
