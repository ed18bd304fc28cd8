"""Pure: how long each picture of a show is seen, how large its film is, and when its words are heard."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from app.assembly.captions import BurnPlace, BurnStyle, Screen
from app.media.slideshow.plan import Effect
from app.media.slideshow.show import RATES, SHORT_SIDES_PX, Slide, evenly, frame_size
from app.media.timeline import Word
from app.narration.domain import estimated
from app.shows.choices import STYLE_NAMES
from app.shows.errors import ShowPicturesMissing, ShowVoiceMissing
from app.shows.values import ShowOptions, ShowView, Voice

__all__ = [
    "burn_place",
    "burn_style",
    "check_screened",
    "rate_of",
    "screen_of",
    "size_of",
    "slides_of",
    "words_of_show",
]

WIDEST, NARROWEST = Fraction(21, 9), Fraction(9, 21)
SCRIPT_SHORT_SIDE_PX = 1080


def check_screened(show: ShowView) -> None:
    """Refuses a film of a show that has nothing to hear or nothing to see."""
    if not show.made.voices:
        raise ShowVoiceMissing(param="audio_path")
    if not any(picture.asset_id for picture in show.made.pictures):
        raise ShowPicturesMissing(param="images")


def slides_of(show: ShowView, files: Sequence[Path]) -> tuple[Slide, ...]:
    """Picture i is seen as long as voice i is heard; when their numbers differ, all are seen equally long."""
    effect = _effect(show.options)
    lengths = [Fraction(str(voice.seconds)) for voice in show.made.voices]
    if len(lengths) == len(files):
        return tuple(Slide(path, length, effect) for path, length in zip(files, lengths, strict=True))
    return evenly(files, sum(lengths, Fraction(0)), effect)


def size_of(options: ShowOptions) -> tuple[int, int]:
    """Width and height in pixels; a size that is not offered becomes the nearest one that is."""
    short_side = min(SHORT_SIDES_PX, key=lambda side: abs(side - options.short_side_px))
    return frame_size(short_side, _shape(options))


def rate_of(options: ShowOptions) -> int:
    """Pictures a second; a rate that is not offered becomes the nearest one that is."""
    return min(RATES, key=lambda rate: abs(rate - options.frames_per_second))


def screen_of(options: ShowOptions) -> Screen:
    """The shape that captions are set for; how many pixels it has is nothing that the text must know."""
    shape = _shape(options)
    long_side = round(SCRIPT_SHORT_SIDE_PX * max(shape, 1 / shape))
    wide = shape >= 1
    return Screen(*((long_side, SCRIPT_SHORT_SIDE_PX) if wide else (SCRIPT_SHORT_SIDE_PX, long_side)))


def burn_style(options: ShowOptions) -> BurnStyle:
    """How captions look in the pictures."""
    named = {**{style.value: style for style in BurnStyle}, **STYLE_NAMES}
    return named.get(options.caption_style, BurnStyle.PLAIN)


def burn_place(options: ShowOptions) -> BurnPlace:
    """Where captions stand in the pictures."""
    known = options.caption_place in set(BurnPlace)
    return BurnPlace(options.caption_place) if known else BurnPlace.BOTTOM


def words_of_show(show: ShowView) -> tuple[Word, ...]:
    """Every word in the time of the film."""
    words: list[Word] = []
    begin = 0.0
    for voice in show.made.voices:
        words += [Word(w.text, begin + w.start_seconds, begin + w.end_seconds) for w in _words(voice, show)]
        begin += voice.seconds
    return tuple(words)


def _words(voice: Voice, show: ShowView) -> tuple[Word, ...]:
    if voice.words:
        return voice.words
    text = voice.text or show.script_text
    return tuple(Word(w.word, w.start_seconds, w.end_seconds) for w in estimated(text, voice.seconds))


def _effect(options: ShowOptions) -> Effect:
    return Effect(options.effect) if options.effect in set(Effect) else Effect.KEN_BURNS


def _shape(options: ShowOptions) -> Fraction:
    across, _, down = options.aspect_ratio.partition(":")
    if not (across.isdecimal() and down.isdecimal() and int(across) and int(down)):
        return Fraction(16, 9)
    return min(max(Fraction(int(across), int(down)), NARROWEST), WIDEST)
