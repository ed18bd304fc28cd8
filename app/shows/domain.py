"""Shows as values: what is wished for, what was made of it and whether it still fits, and how long it is seen."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from pathlib import Path

from pydantic import JsonValue

from app.assembly.captions import BurnPlace, BurnStyle, Screen
from app.media.slideshow.show import RATES, SHORT_SIDES_PX, Effect, Slide, evenly, frame_size
from app.media.timeline import Mood, Word
from app.narration.domain import estimated
from app.projects.options import Language
from app.providers.speech import VoiceFacts
from app.shows.errors import ShowPicturesMissing, ShowVoiceMissing

USUAL_SIDE_PX = 1080
NAMED_SIDES = {"4k": 2160, "2k": 1440, "uhd": 2160, "fullhd": 1080, "hd": 720}
UNKNOWN_VOICE = "The engine has no voice of this name; another one speaks in its place."
# The names that front ends offer, in the order in which they are spread over an engine's voices.
NAMES = ["alloy", "echo", "fable", "onyx", "nova", "shimmer"]
SUFFIX = "-playai"
WIDEST, NARROWEST = Fraction(21, 9), Fraction(9, 21)
SCRIPT_SHORT_SIDE_PX = 1080


class Door(StrEnum):
    """Through which door a show came, because each lists only its own."""

    STUDIO = "studio"
    WIZARD = "wizard"


class ShowStage(StrEnum):
    """What can be made of a show, each as a job of its own."""

    CONTENT = "content"
    SCRIPT = "script"
    IMAGES = "images"
    IMAGE = "image"
    VOICES = "voices"
    VIDEO = "video"
    MUSIC = "music"
    CAPTIONS = "captions"
    RUN = "run"

    @property
    def kind(self) -> str:
        """The kind of its jobs."""
        return f"show.{self.value}"


class ShowStatus(StrEnum):
    """The furthest thing that is there."""

    DRAFT = "draft"
    SCRIPT_GENERATED = "script_generated"
    AUDIO_READY = "audio_ready"
    IMAGES_READY = "images_ready"
    VIDEO_READY = "video_ready"
    VIDEO_SUBTITLED = "video_subtitled"


class ShowSort(StrEnum):
    """In which order shows are listed."""

    CHANGED = "updated_at"
    CREATED = "created_at"
    TITLE = "title"


@dataclass(frozen=True, kw_only=True)
class ShowOptions:
    """How everything is made; names that nobody here knows count as the usual choice.

    While `language_is_chosen` is false, the language is that of the show's own texts.
    """

    use_case: str = ""
    genre: str = ""
    script_style: str = ""
    keywords: str = ""
    inspirations: tuple[str, ...] = ()
    sections: int = 5
    duration_seconds: int = 40
    voice: str = ""
    speed: float = 1.0
    pitch: float = 1.0
    voice_each: bool = False
    image_style: str = ""
    aspect_ratio: str = "16:9"
    short_side_px: int = 1080
    frames_per_second: int = 30
    effect: str = "ken_burns"
    mood: str = "none"
    caption_style: str = "plain"
    caption_place: str = "bottom"
    language_is_chosen: bool = False


@dataclass(frozen=True)
class ShowPicture:
    """What one picture shows, and the file once it is drawn; `digest` is that of what it was drawn from."""

    prompt: str
    asset_id: str | None = None
    digest: str = ""
    tries: int = 0


@dataclass(frozen=True)
class SpokenText:
    """One spoken text, with the times of its words."""

    text: str
    asset_id: str
    seconds: float
    words: tuple[Word, ...] = ()
    digest: str = ""


@dataclass(frozen=True)
class Reel:
    """The moving pictures without any sound, which every film of the show is cut from."""

    asset_id: str
    seconds: float
    digest: str


@dataclass(frozen=True)
class ShowFilm:
    """A finished film and its poster."""

    asset_id: str
    poster_id: str | None
    seconds: float
    digest: str = ""


@dataclass(frozen=True)
class Captioning:
    """The captions as files."""

    srt_id: str
    vtt_id: str
    digest: str


@dataclass(frozen=True)
class OwnVoice:
    """A recording of the owner, and the voice that was copied from it."""

    sample_id: str
    voice_id: str = ""


@dataclass(frozen=True)
class StageEntry:
    """How one run of a stage ended."""

    name: ShowStage
    success: bool
    at: datetime
    facts: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Made:
    """Everything that was written, drawn, spoken and cut."""

    outline: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()
    pictures: tuple[ShowPicture, ...] = ()
    voices: tuple[SpokenText, ...] = ()
    reel: Reel | None = None
    video: ShowFilm | None = None
    scored: ShowFilm | None = None
    captioned: ShowFilm | None = None
    captions: Captioning | None = None
    music_id: str | None = None
    own_voice: OwnVoice | None = None
    stages: tuple[StageEntry, ...] = ()

    @property
    def best(self) -> ShowFilm | None:
        """The furthest film: with captions, with a track, or plain."""
        return self.captioned or self.scored or self.video

    @property
    def films(self) -> "tuple[ShowFilm, ...]":
        """Every film that is there, the plain one first."""
        return tuple(film for film in (self.video, self.scored, self.captioned) if film)

    @property
    def film_ids(self) -> frozenset[str]:
        """Every file that films are made of: themselves, their posters and the reel."""
        named = [each for film in self.films for each in (film.asset_id, film.poster_id)]
        return frozenset(each for each in (*named, self.reel.asset_id if self.reel else None) if each)

    @property
    def asset_ids(self) -> frozenset[str]:
        """Every file that it names."""
        named = [picture.asset_id for picture in self.pictures] + [voice.asset_id for voice in self.voices]
        named += [self.music_id, *self.film_ids]
        named += [self.captions.srt_id, self.captions.vtt_id] if self.captions else []
        named += [self.own_voice.sample_id] if self.own_voice else []
        return frozenset(each for each in named if each)


@dataclass(frozen=True, kw_only=True)
class ShowView:
    """A show as everybody outside this slice sees it."""

    id: str
    owner_id: str
    door: Door
    title: str
    description: str
    language: Language
    status: ShowStatus
    content: str
    script_text: str
    options: ShowOptions
    extra: Mapping[str, JsonValue]
    made: Made
    is_draft: bool
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, kw_only=True)
class Edit:
    """Files that somebody puts in the place of what was made; None leaves it as it is."""

    voice_id: str | None = None
    video_id: str | None = None
    poster_id: str | None = None
    srt_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class ShowEdit:
    """What is changed; None leaves it as it is. Extra fields are added to those that are there.

    `scene` says what the picture with that number shows; pictures before it that nobody has told yet are left empty.
    """

    title: str | None = None
    description: str | None = None
    language: Language | None = None
    content: str | None = None
    script_text: str | None = None
    sentences: tuple[str, ...] | None = None
    options: ShowOptions | None = None
    extra: Mapping[str, JsonValue] | None = None
    pictures: tuple[ShowPicture, ...] | None = None
    scene: tuple[int, str] | None = None
    music_id: str | None = None
    own_sample_id: str | None = None
    files: Edit = Edit()


@dataclass(frozen=True, kw_only=True)
class ShowListing:
    """Which shows are listed, and in what order."""

    door: Door
    search: str = ""
    status: ShowStatus | None = None
    sort: ShowSort = ShowSort.CHANGED
    descending: bool = True


@dataclass(frozen=True, kw_only=True)
class StageWish:
    """How one run of a stage is asked for; what it works on stands in the show.

    `position` names the picture of an IMAGE; `in_place` keeps its file's id, so that its old links show the new one.
    `own_voice` has VOICES speak with the owner's own voice. `burn` has CAPTIONS put them into the pictures.
    """

    position: int | None = None
    in_place: bool = False
    own_voice: bool = False
    burn: bool = False
    direct: bool = True


@dataclass(frozen=True)
class ShowChoice:
    """One of several, with words for people."""

    name: str
    description: str


STYLES = (
    ShowChoice(BurnStyle.PLAIN.value, "White letters with a dark outline"),
    ShowChoice(BurnStyle.BOXED.value, "White letters on a dark box"),
    ShowChoice(BurnStyle.HIGHLIGHT.value, "The spoken word lights up"),
    ShowChoice("tiktok_highlight", "The spoken word lights up; the same as highlight"),
)
PLACES = (
    ShowChoice(BurnPlace.BOTTOM.value, "Near the lower edge"),
    ShowChoice(BurnPlace.MIDDLE.value, "In the middle"),
    ShowChoice(BurnPlace.TOP.value, "Near the upper edge"),
)
# What an older client calls a style.
STYLE_NAMES: Mapping[str, BurnStyle] = {"tiktok_highlight": BurnStyle.HIGHLIGHT}
EFFECTS = (
    ShowChoice(Effect.BASIC_FADE.value, "Basic fade"),
    ShowChoice(Effect.SLIDE_LEFT.value, "Slide left"),
    ShowChoice(Effect.SLIDE_RIGHT.value, "Slide right"),
    ShowChoice(Effect.ZOOM_IN.value, "Zoom in"),
    ShowChoice(Effect.ZOOM_OUT.value, "Zoom out"),
    ShowChoice(Effect.KEN_BURNS.value, "Ken Burns"),
)


def side_of(name: str) -> int:
    """The short side in pixels of a size such as 1080p; what nobody knows is the usual one."""
    plain = name.strip().lower()
    digits = plain.removesuffix("p")
    if plain in NAMED_SIDES:
        return NAMED_SIDES[plain]
    if not digits.isascii() or not digits.isdecimal() or len(digits) > 5:
        return USUAL_SIDE_PX
    return min(SHORT_SIDES_PX, key=lambda side: abs(side - int(digits)))


def size_name(short_side_px: int) -> str:
    """The same the other way round."""
    return f"{short_side_px}p"


def cast_among(name: str, listed: Sequence[VoiceFacts], language: str, usual: str) -> tuple[str, bool]:
    """The voice that speaks, and whether it is the one that was asked for.

    Different unknown names are given different voices of the language, as far as there are any, always the same.
    """
    if not name or name in {voice.voice_id for voice in listed}:
        return name or usual, True
    same = [voice.voice_id for voice in listed if name.casefold() in {voice.voice_id.casefold(), voice.name.casefold()}]
    if same:
        return same[0], True
    fitting = [voice.voice_id for voice in listed if voice.language in {None, language}]
    if not fitting:
        return usual, False
    short = name.casefold().removesuffix(SUFFIX)
    number = NAMES.index(short) if short in NAMES else sum(map(ord, short))
    return fitting[number % len(fitting)], False


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


def _words(voice: SpokenText, show: ShowView) -> tuple[Word, ...]:
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


def _digest(*asked: object) -> str:
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def picture_digest(prompt: str, options: ShowOptions) -> str:
    """What a picture is drawn from."""
    return _digest("picture", prompt.strip(), options.image_style, options.aspect_ratio)


def due_pictures(show: ShowView) -> tuple[int, ...]:
    """The pictures that are told and not drawn from what they are told now."""
    return tuple(
        number
        for number, picture in enumerate(show.made.pictures)
        if picture.prompt.strip() and not _stands(picture, show.options)
    )


def _stands(picture: ShowPicture, options: ShowOptions) -> bool:
    return picture.asset_id is not None and picture.digest == picture_digest(picture.prompt, options)


def texts_of(show: ShowView) -> tuple[str, ...]:
    """What is spoken: each sentence by itself, or the script as one."""
    if show.options.voice_each:
        return tuple(sentence.strip() for sentence in show.made.sentences if sentence.strip())
    return (show.script_text.strip(),) if show.script_text.strip() else ()


def own_voice_of(show: ShowView, *, wanted: bool) -> str:
    """The recording that the show speaks with, if its owner's voice is wanted."""
    return show.made.own_voice.sample_id if wanted and show.made.own_voice else ""


def voice_digest(text: str, show: ShowView, *, own_voice: bool) -> str:
    """What a text is spoken from."""
    options = show.options
    spoken = (options.voice, options.speed, options.pitch, show.language.value)
    return _digest("voice", text, *spoken, own_voice_of(show, wanted=own_voice))


def due_texts(show: ShowView, *, own_voice: bool) -> tuple[int, ...]:
    """The texts that are not spoken the way they are wanted now; all of them when their number has changed."""
    texts = texts_of(show)
    wanted = [voice_digest(text, show, own_voice=own_voice) for text in texts]
    if len(show.made.voices) != len(texts):
        return tuple(range(len(texts)))
    return tuple(n for n, voice in enumerate(show.made.voices) if voice.digest != wanted[n])


def reel_digest(show: ShowView) -> str:
    """What the moving pictures are made from."""
    options = show.options
    shown = [picture.asset_id for picture in show.made.pictures if picture.asset_id]
    tries = [picture.tries for picture in show.made.pictures if picture.asset_id]
    looks = (options.aspect_ratio, options.short_side_px, options.frames_per_second, options.effect)
    return _digest("reel", shown, tries, _lengths(show.made.voices), *looks)


def film_digest(show: ShowView) -> str:
    """What the plain film is cut from."""
    return _digest("film", reel_digest(show), music_of(show.options.mood))


def scored_digest(show: ShowView) -> str:
    """What the film with a track is cut from."""
    return _digest("scored", reel_digest(show), show.made.music_id)


def captions_digest(show: ShowView) -> str:
    """What the caption files say."""
    words = [[(word.text, word.start_seconds) for word in voice.words] for voice in show.made.voices]
    return _digest("captions", _lengths(show.made.voices), words, show.language.value)


def captioned_digest(show: ShowView) -> str:
    """What the film with captions in its pictures is cut from."""
    below = show.made.scored or show.made.video
    options = show.options
    looks = (options.caption_style, options.caption_place)
    return _digest("captioned", captions_digest(show), below.digest if below else "", *looks)


def music_of(mood: str) -> Mood | None:
    """The built-in music of this name; none, and whatever nobody knows, is no music."""
    return Mood(mood) if mood in set(Mood) else None


def status_of(script_text: str, made: Made) -> ShowStatus:
    """The furthest thing that is there."""
    reached = (
        (made.captioned is not None, ShowStatus.VIDEO_SUBTITLED),
        (made.video is not None, ShowStatus.VIDEO_READY),
        (any(picture.asset_id for picture in made.pictures), ShowStatus.IMAGES_READY),
        (bool(made.voices), ShowStatus.AUDIO_READY),
        (bool(script_text.strip() or made.sentences), ShowStatus.SCRIPT_GENERATED),
    )
    return next((status for is_there, status in reached if is_there), ShowStatus.DRAFT)


def _lengths(voices: Sequence[SpokenText]) -> list[list[object]]:
    return [[voice.asset_id, voice.seconds] for voice in voices]
