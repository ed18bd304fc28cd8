"""Voices and narrations as values: what is asked for, how long it is spoken, and when each word is heard."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from app.narration.errors import NarrationEmpty
from app.projects.domain import SegmentView, SpokenWord
from app.projects.options import Language, Resolution
from app.providers.speech import SpeechProvider, SpeechRequest, VoiceOrigin

SOON = timedelta(hours=48)
FASTEST = 1.15
LONGER_SECONDS = 10
# Lengths such as 6.9 are not exact in binary; this is far below a millisecond.
ROUNDING = 1e-6
VOWELS = re.compile(r"[aeiouyàâäáãåæéèêëíìîïóòôöõøœúùûüýÿąęœ]+", re.IGNORECASE)
# A pause after a sign is spoken time too: a stop weighs as much as two syllables.
PAUSES = {",": 1.0, ";": 1.0, ":": 1.0, ".": 2.0, "!": 2.0, "?": 2.0, "…": 2.0}
ONSET = 0.4
# Syllables a second of the offline narrators, measured on 2026-11-21 over running text of 15 words and more.
PACE: Final[Mapping[Language, float]] = {
    Language.PL: 4.7,
    Language.EN: 4.8,
    Language.DE: 4.7,
    Language.FR: 6.2,
    Language.ES: 5.6,
    Language.IT: 5.7,
    Language.PT: 5.6,
}
# A quick voice says in the same time half as much again as a calm one; nobody is refused who might be in time.
QUICKEST = 1.5
# Weighed against a syllable: what the pause after a sign takes of a calm voice's time.
PAUSE_WEIGHT = 0.7
INTRODUCTIONS: Final[Mapping[Language, str]] = {
    Language.PL: "Dzień dobry. Tym głosem opowiem historię, od pierwszego obrazu do ostatniego.",
    Language.EN: "Good day. This is the voice that will tell the story, from the first picture to the last.",
    Language.DE: "Guten Tag. Mit dieser Stimme erzähle ich die Geschichte, vom ersten Bild bis zum letzten.",
    Language.FR: "Bonjour. C'est avec cette voix que je raconterai l'histoire, de la première image à la dernière.",
    Language.ES: "Buenos días. Con esta voz contaré la historia, desde la primera imagen hasta la última.",
    Language.IT: "Buongiorno. Con questa voce racconterò la storia, dalla prima immagine all'ultima.",
    Language.PT: "Bom dia. Com esta voz contarei a história, da primeira imagem até à última.",
}


class VoiceCondition(StrEnum):
    """How a voice stands at its vendor."""

    READY = "ready"
    EXPIRING = "expiring"
    EXPIRED = "expired"


@dataclass(frozen=True, kw_only=True)
class VoiceView:
    """One voice of an owner; `voice_id` is the vendor's name of it."""

    id: str
    owner_id: str
    voice_id: str
    provider: str
    origin: VoiceOrigin
    name: str
    description: str
    note: str
    sample_asset_id: str | None
    sample_is_own: bool
    is_brought: bool
    preview_asset_id: str | None
    consent_at: datetime | None
    expires_at: datetime | None
    spoken_at: datetime | None
    lost_at: datetime | None
    deleted_at: datetime | None
    job_id: str | None
    created_at: datetime
    updated_at: datetime

    @property
    def is_made(self) -> bool:
        """Whether it was made here for its owner, and so must be removed at the vendor too."""
        return self.origin is not VoiceOrigin.SYSTEM and not self.is_brought

    def condition(self, now: datetime) -> VoiceCondition:
        """Whether it can still be spoken with."""
        if self.deleted_at is not None or self.lost_at is not None:
            return VoiceCondition.EXPIRED
        if self.expires_at is None:
            return VoiceCondition.READY
        if self.expires_at <= now:
            return VoiceCondition.EXPIRED
        return VoiceCondition.EXPIRING if self.expires_at - now <= SOON else VoiceCondition.READY


@dataclass(frozen=True, kw_only=True)
class ConsentView:
    """That a person agreed to the copying of their voice, in the words agreed to."""

    id: str
    owner_id: str
    words: str
    sample_asset_id: str
    sample_sha256: str
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class NarrationView:
    """One spoken try at a segment's narration."""

    id: str
    segment_id: str
    number: int
    job_id: str
    attempt_id: str
    asset_id: str
    voice_id: str
    provider: str
    text: str
    spoken_seconds: float
    duration_seconds: float
    tempo: float
    words_to_cut: int
    digest: str
    words: tuple[SpokenWord, ...]
    cost_micro_usd: int
    created_at: datetime


@dataclass(frozen=True)
class Following:
    """How long a caller waits for the work, and the job it is a part of."""

    seconds: float = 0
    parent_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class CloneWish:
    """How a clone is called, and by which words it is agreed to."""

    name: str
    consent: str
    description: str = ""
    engine: str = "auto"
    language: str = "en"
    sample_is_own: bool = False


@dataclass(frozen=True, kw_only=True)
class DesignWish:
    """The voice that somebody describes."""

    name: str
    prompt: str
    preview_text: str
    description: str = ""
    engine: str = "auto"


@dataclass(frozen=True, kw_only=True)
class PreviewWish:
    """What a voice shall say to be heard."""

    text: str
    language: str


@dataclass(frozen=True, kw_only=True)
class SaveWish:
    """A voice on the vendor's list that somebody wants among theirs, and how they agree if it is a person's copy."""

    voice_id: str
    name: str
    description: str = ""
    engine: str = "auto"
    consent: str = ""


@dataclass(frozen=True)
class Fit:
    """How a narration is brought into its segment; with words to cut it cannot be."""

    segment_seconds: int
    tempo: float = 1.0
    words_to_cut: int = 0

    @property
    def fits(self) -> bool:
        """Whether the narration can be used."""
        return self.words_to_cut == 0


def longest(segment_seconds: int, *, may_stretch: bool) -> int:
    """How long the segment can be made at most."""
    return max(segment_seconds, LONGER_SECONDS) if may_stretch else segment_seconds


def fit(spoken_seconds: float, segment_seconds: int, *, word_count: int, may_stretch: bool) -> Fit:
    """The mildest measure that brings a narration into its segment."""
    lengths = sorted({segment_seconds, longest(segment_seconds, may_stretch=may_stretch)})
    for length in lengths:
        tempo = _tempo(spoken_seconds, length)
        if tempo <= FASTEST:
            return Fit(length, tempo)
    room = lengths[-1] * FASTEST / spoken_seconds
    kept = min(math.floor(word_count * room + ROUNDING), word_count - 1)
    return Fit(segment_seconds, words_to_cut=word_count - max(kept, 0) or 1)


def _tempo(spoken_seconds: float, length: int) -> float:
    """The speed at which the narration fills this length at most, rounded up so that it never sticks out."""
    milliseconds = math.ceil(spoken_seconds * 1000 - ROUNDING)
    return max(1.0, -(-milliseconds // length) / 1000)


def script_of(segment: SegmentView, engine: SpeechProvider, voice: str | None) -> SpeechRequest:
    """What the engine is asked to say, with its usual voice unless one is named."""
    text = segment.narration_text.strip()
    if not text:
        raise NarrationEmpty(param="narration_text")
    can = engine.capabilities()
    return SpeechRequest(
        text=text,
        voice_id=voice or can.default_voice,
        language=segment.settings.language.value,
        model=can.model,
        speed=min(max(segment.settings.narration.speed, can.min_speed), can.max_speed),
        word_times=can.gives_word_times,
    )


def may_stretch(segment: SegmentView) -> bool:
    """Whether clips of this film are offered in the longer length."""
    return segment.settings.resolution is not Resolution.P1080


def syllables(word: str) -> int:
    """How many a word has about; at least one."""
    return max(len(VOWELS.findall(word)), 1)


def estimated(text: str, duration_seconds: float) -> tuple[SpokenWord, ...]:
    """Times for a vendor that gives none: words share the length by their syllables, pauses by their signs."""
    words = text.split()
    weights = [(ONSET + syllables(word), PAUSES.get(word[-1], 0.0)) for word in words]
    # After the last word there is no pause: it ends with the sound.
    total = sum(spoken + pause for spoken, pause in weights) - (weights[-1][1] if weights else 0.0)
    times, begin = [], 0.0
    for word, (spoken, pause) in zip(words, weights, strict=True):
        scale = duration_seconds / total
        times.append(SpokenWord(word, round(begin * scale, 3), round((begin + spoken) * scale, 3)))
        begin += spoken + pause
    return tuple(times)


def hastened(words: Sequence[SpokenWord], tempo: float) -> tuple[SpokenWord, ...]:
    """The same words after the sound was sped up."""
    return tuple(
        SpokenWord(timed.word, round(timed.start_seconds / tempo, 3), round(timed.end_seconds / tempo, 3))
        for timed in words
    )


def expected_seconds(text: str, language: Language, speed: float = 1.0) -> float:
    """How long a calm narrator needs."""
    words = text.split()
    pauses = sum(PAUSES.get(word[-1], 0.0) for word in words[:-1])
    return (sum(map(syllables, words)) + PAUSE_WEIGHT * pauses) / (PACE[language] * speed)


def words_too_many(text: str, language: Language, speed: float, longest_seconds: float) -> int:
    """How many words must go before anybody can speak the text in this time; 0 when somebody might."""
    expected = expected_seconds(text, language, speed)
    if expected <= longest_seconds * FASTEST * QUICKEST:
        return 0
    count = len(text.split())
    return max(count - math.floor(count * longest_seconds / expected), 1)
