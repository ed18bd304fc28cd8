"""Single pictures and music as values, refusals, and wishes brought to the nearest that can be made."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from pydantic import JsonValue

from app.core.errors import Conflict, NotFound, Unavailable
from app.jobs.domain import JobView
from app.library.domain import AssetView
from app.projects.options import AspectRatio

PICTURE_STYLES: Mapping[str, str] = {
    "cinematic": "cinematic, professional lighting, film grain, depth of field",
    "realistic": "photorealistic, natural light, high detail",
    "animated": "animated, vibrant colours, cartoon-like",
    "artistic": "artistic, creative light, stylised, expressive",
    "documentary": "documentary, natural setting, authentic",
    "commercial": "commercial, polished, engaging",
    "abstract": "abstract shapes and colours, non-representational",
    "vintage": "vintage, faded film colours, grain",
    "modern": "modern, clean lines, minimalist",
}
QUALITIES = ("draft", "standard", "high")
# Every wish for a mood or style ends in one of the five moods of the built-in music.
MOODS: Mapping[str, str] = {
    "happy": "upbeat",
    "energetic": "upbeat",
    "upbeat": "upbeat",
    "sad": "soft",
    "romantic": "soft",
    "calm": "soft",
    "soft": "soft",
    "epic": "cinematic",
    "dramatic": "cinematic",
    "cinematic": "cinematic",
    "dark": "cinematic",
    "mysterious": "ambient",
    "relaxed": "ambient",
    "peaceful": "ambient",
    "ambient": "ambient",
    "inspiring": "corporate",
    "corporate": "corporate",
    "neutral": "corporate",
}
MUSIC_STYLES: Mapping[str, str] = {
    "ambient": "ambient",
    "classical": "soft",
    "cinematic": "cinematic",
    "corporate": "corporate",
    "electronic": "upbeat",
    "folk": "soft",
    "hip-hop": "upbeat",
    "jazz": "soft",
    "lo-fi": "ambient",
    "orchestral": "cinematic",
    "pop": "upbeat",
    "rock": "upbeat",
}
BEATS_PER_MINUTE: Mapping[str, int] = {"soft": 72, "upbeat": 116, "cinematic": 60, "corporate": 100, "ambient": 50}
PACES: Mapping[str, float] = {"very slow": 0.7, "slow": 0.85, "medium": 1.0, "moderate": 1.0, "fast": 1.2}
SHORTEST_SECONDS, LONGEST_SECONDS, USUAL_SECONDS = 5.0, 300.0, 30.0
SLOWEST, FASTEST = 0.5, 2.0


class PieceKind(StrEnum):
    """What is made."""

    IMAGE = "image"
    MUSIC = "music"


class PieceStatus(StrEnum):
    """Where a piece stands, as its clients read it."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class PieceWish:
    """A prompt with options in the words of the client; `notes` say what was brought to the nearest offer."""

    kind: PieceKind
    prompt: str
    options: Mapping[str, JsonValue] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    source_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class PieceView:
    """One picture or piece of music with its newest job and, once made, its file."""

    id: str
    owner_id: str
    kind: PieceKind
    prompt: str
    options: Mapping[str, JsonValue]
    notes: tuple[str, ...]
    source_id: str | None
    asset: AssetView | None
    job: JobView
    status: PieceStatus
    fault: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class PieceFilter:
    """Which pieces a list shows; options are compared as they were wished for."""

    kind: PieceKind
    style: str | None = None
    quality: str | None = None
    status: PieceStatus | None = None
    mood: str | None = None


@dataclass(frozen=True, kw_only=True)
class PictureAsked:
    """A picture in its client's words."""

    prompt: str
    style: str = "cinematic"
    aspect_ratio: str = "16:9"
    quality: str = "standard"


@dataclass(frozen=True, kw_only=True)
class MusicAsked:
    """A piece of music in its client's words."""

    prompt: str
    style: str = ""
    mood: str = ""
    duration: float = USUAL_SECONDS
    tempo: str = ""
    musical_key: str = ""
    vocal_style: str = ""


def picture_wish(asked: PictureAsked) -> PieceWish:
    """The picture that can be made."""
    notes = []
    style, ratio = _known(asked.style, PICTURE_STYLES), asked.aspect_ratio
    if asked.style and style is None:
        notes.append(f"The style {asked.style!r} is taken from the words of the prompt alone.")
    if ratio not in list(AspectRatio):
        notes.append(f"The shape {ratio!r} is not offered; the picture is 16:9.")
        ratio = AspectRatio.WIDE.value
    if asked.quality != "standard":
        notes.append("The engine draws in one quality.")
    options: dict[str, JsonValue] = {"style": style or asked.style, "aspect_ratio": ratio, "quality": asked.quality}
    return PieceWish(kind=PieceKind.IMAGE, prompt=asked.prompt, options=options, notes=tuple(notes))


def music_wish(asked: MusicAsked) -> PieceWish:
    """The music that can be made."""
    notes = []
    mood = _mood_of(asked)
    if asked.mood.lower() not in MOODS and asked.style.lower() not in MUSIC_STYLES:
        notes.append(f"No such mood or style is known; the nearest built-in mood is {mood}.")
    seconds = min(max(asked.duration, SHORTEST_SECONDS), LONGEST_SECONDS)
    if seconds != asked.duration:
        notes.append(f"The music lasts {seconds:g} seconds: it may last {SHORTEST_SECONDS:g} to {LONGEST_SECONDS:g}.")
    if asked.musical_key:
        notes.append("The music stands in the key of its mood.")
    if asked.vocal_style and asked.vocal_style.lower() not in {"none", "instrumental"}:
        notes.append("The music is instrumental: there are no singers.")
    pace = _pace(asked.tempo, mood)
    if asked.tempo and pace is None:
        notes.append(f"The tempo {asked.tempo!r} is not understood; the mood's own is kept.")
    options: dict[str, JsonValue] = {
        "style": asked.style,
        "mood": asked.mood,
        "duration": seconds,
        "tempo": asked.tempo,
        "musical_key": asked.musical_key,
        "vocal_style": asked.vocal_style,
        "built_in_mood": mood,
        "pace": pace or 1.0,
    }
    return PieceWish(kind=PieceKind.MUSIC, prompt=asked.prompt, options=options, notes=tuple(notes))


def remixed(piece: PieceView, style: str, mood: str) -> PieceWish:
    """The same music in another manner."""
    options = piece.options
    seconds = options.get("duration")
    asked = MusicAsked(
        prompt=piece.prompt,
        style=style or ("" if mood else str(options.get("style", ""))),
        mood=mood or ("" if style else str(options.get("mood", ""))),
        duration=float(seconds) if isinstance(seconds, int | float) else USUAL_SECONDS,
        tempo=str(options.get("tempo", "")),
        musical_key=str(options.get("musical_key", "")),
        vocal_style=str(options.get("vocal_style", "")),
    )
    return replace(music_wish(asked), source_id=piece.source_id or piece.id)


def picture_prompt(prompt: str, options: Mapping[str, JsonValue], turn: int) -> str:
    """What the engine is asked to draw; later turns ask for another picture of the same."""
    look = PICTURE_STYLES.get(str(options.get("style", "")))
    text = f"{prompt.strip()}\nStyle: {look}." if look else prompt.strip()
    return f"{text}\nVariation {turn}: another composition of the same scene." if turn else text


def tune_of(options: Mapping[str, JsonValue]) -> tuple[str, float, float]:
    """Mood, seconds and pace of a stored wish."""
    seconds, pace = options.get("duration"), options.get("pace")
    return (
        str(options.get("built_in_mood", "ambient")),
        float(seconds) if isinstance(seconds, int | float) else USUAL_SECONDS,
        float(pace) if isinstance(pace, int | float) else 1.0,
    )


def _mood_of(asked: MusicAsked) -> str:
    words = asked.prompt.lower()
    named = MOODS.get(asked.mood.lower()) or MUSIC_STYLES.get(asked.style.lower())
    return named or next((mood for word, mood in {**MUSIC_STYLES, **MOODS}.items() if word in words), "ambient")


def _pace(tempo: str, mood: str) -> float | None:
    word = tempo.strip().lower().removesuffix("bpm").strip()
    if word in PACES:
        return PACES[word]
    if not word.isdecimal() or not 0 < int(word) < 1000:
        return None
    return min(max(int(word) / BEATS_PER_MINUTE[mood], SLOWEST), FASTEST)


def _known(word: str, table: Mapping[str, str]) -> str | None:
    lowered = word.strip().lower()
    return lowered if lowered in table else None


class PieceNotFound(NotFound):
    """No such picture or piece of music for this caller."""

    code = "piece.not_found"
    message = "There is no such picture or piece of music. List yours first."


class PieceNotReady(Conflict):
    """It has no file yet."""

    code = "piece.not_ready"
    message = "This is not made yet, or making it failed. Look at its status and try again later."


class PieceLost(Unavailable):
    """The row was deleted while the work went on."""

    code = "piece.gone"
    message = "This was deleted while it was being made. Start a new one when you want it."
