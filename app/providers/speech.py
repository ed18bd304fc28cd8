"""Ports for sound: speak with word times, clone, design and delete voices; compose music."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from app.providers.values import AttemptKey, MediaType, Reconcile


class VoiceOrigin(StrEnum):
    """Where a voice comes from."""

    SYSTEM = "system"
    CLONED = "cloned"
    DESIGNED = "designed"


@dataclass(frozen=True)
class SampleRules:
    """Which recordings a vendor clones voices from."""

    media_types: frozenset[MediaType]
    min_seconds: float
    max_seconds: float
    max_bytes: int

    def misfits(self, sample: "VoiceSample") -> Iterator[str]:
        """Every reason why this recording would be refused, in words for people."""
        if sample.media_type not in self.media_types:
            yield f"use a recording of type {', '.join(sorted(self.media_types))}"
        if not self.min_seconds <= sample.duration_seconds <= self.max_seconds:
            yield f"use a recording of {self.min_seconds:g} to {self.max_seconds:g} seconds"
        if len(sample.content) > self.max_bytes:
            yield f"use a recording of at most {self.max_bytes} bytes"


@dataclass(frozen=True)
class SpeechCapabilities:
    """What one speech model takes and gives; `letters_per_second` is its measured pace by language, where known."""

    model: str
    text_limit_characters: int
    languages: frozenset[str]
    media_types: tuple[MediaType, ...]
    min_speed: float
    max_speed: float
    gives_word_times: bool
    default_voice: str
    sample_rules: SampleRules | None
    clone_reconcile: Reconcile
    deadline_seconds: float
    clone_lives_hours: int | None = None
    designs_voices: bool = False
    letters_per_second: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class SpeechRequest:
    """One text to speak; `language` is a two-letter code, which steers pronunciation."""

    text: str
    voice_id: str
    language: str
    model: str = ""
    speed: float = 1.0
    media_type: MediaType = MediaType.MP3
    word_times: bool = False


@dataclass(frozen=True)
class WordTime:
    """When one word is heard, from the start of the sound."""

    word: str
    start_seconds: float
    end_seconds: float


@dataclass(frozen=True)
class Speech:
    """Spoken text; `words` is empty when the vendor gave no times, and the caller then estimates."""

    audio: bytes
    media_type: MediaType
    duration_seconds: float
    billed_characters: int
    words: tuple[WordTime, ...] = ()


@dataclass(frozen=True)
class VoiceSample:
    """A recording of a person who agreed to it, with facts that were measured on it."""

    content: bytes
    media_type: MediaType
    duration_seconds: float


@dataclass(frozen=True)
class CloneRequest:
    """A voice to copy.

    `voice_key` is the caller's own stable name of this voice and is never used for another sample; with
    `expected_transcript` the vendor checks that the person really says this, as proof of consent.
    """

    voice_key: str
    sample: VoiceSample
    language: str
    expected_transcript: str | None = None
    reduce_noise: bool = True
    normalize_volume: bool = True


@dataclass(frozen=True)
class MadeVoice:
    """A voice that can be spoken with; it may vanish when nobody uses it until `expires_at`."""

    voice_id: str
    expires_at: datetime | None = None
    note: str = ""


@dataclass(frozen=True)
class DesignRequest:
    """A voice to invent from a description, with the text it introduces itself with."""

    voice_key: str
    description: str
    preview_text: str


@dataclass(frozen=True)
class DesignedVoice:
    """An invented voice and how it sounds."""

    voice: MadeVoice
    preview: bytes
    media_type: MediaType


@dataclass(frozen=True)
class VoiceFacts:
    """One voice on offer."""

    voice_id: str
    name: str
    origin: VoiceOrigin
    description: str = ""
    language: str | None = None


class SpeechProvider(Protocol):
    """Speaks. Every method raises ProviderError and nothing else."""

    name: str
    account: str

    def models(self) -> tuple[str, ...]:
        """Models on offer, the preferred one first."""

    def capabilities(self, model: str = "") -> SpeechCapabilities:
        """What this model takes; no name means the preferred one, an unknown name is InvalidRequest."""

    async def speak(self, request: SpeechRequest, *, key: AttemptKey) -> Speech:
        """Pays for one text; sends at most once per call. An unknown outcome may be repeated once as a new attempt."""

    async def voices(self) -> tuple[VoiceFacts, ...]:
        """Voices on offer: free. A fresh clone may be missing until it has spoken once."""

    async def clone(self, request: CloneRequest, *, key: AttemptKey) -> MadeVoice:
        """Copies a voice.

        With `clone_reconcile` BY_REPEATING the same request may be sent again after an unknown outcome: the vendor
        refuses a second voice of that name, which proves the first, and charges nothing for it.
        """

    async def design(self, request: DesignRequest, *, key: AttemptKey) -> DesignedVoice:
        """Invents a voice; never repeated inside."""

    async def delete(self, voice_id: str, origin: VoiceOrigin) -> None:
        """Removes a voice at the vendor; one that is not there (any more) is no error."""

    async def close(self) -> None:
        """Closes the adapter's connections."""


@dataclass(frozen=True)
class MusicCapabilities:
    """What one music model takes."""

    model: str
    prompt_limit_characters: int
    lyrics_limit_characters: int
    deadline_seconds: float


@dataclass(frozen=True)
class MusicRequest:
    """One piece of music; without lyrics it is instrumental."""

    prompt: str
    lyrics: str = ""
    model: str = ""


@dataclass(frozen=True)
class MusicPiece:
    """A piece of music."""

    audio: bytes
    media_type: MediaType
    duration_seconds: float


class MusicProvider(Protocol):
    """Composes. Every method raises ProviderError and nothing else."""

    name: str
    account: str

    def capabilities(self, model: str = "") -> MusicCapabilities:
        """What this model takes; no name means the preferred one."""

    async def compose(self, request: MusicRequest, *, key: AttemptKey) -> MusicPiece:
        """Pays for one piece; sends at most once per call."""

    async def close(self) -> None:
        """Closes the adapter's connections."""


# What the default voice says of running text in a second, spaces and signs counted, by its slowest text; dialogue takes
# up to a tenth longer. Measured on 2026-12-01. Letters foretell the time far better than words do, which are long in
# one text and short in another.
LETTERS_PER_SECOND: Final[Mapping[str, float]] = {
    "pl": 13.0,
    "en": 14.4,
    "de": 14.0,
    "fr": 16.0,
    "es": 15.2,
    "it": 15.1,
    "pt": 14.0,
}
# A digit and a symbol are read as whole words, and so is each sign of a writing without spaces.
DIGIT: Final = re.compile(r"\d")
SYMBOL: Final = re.compile(r"[%&@#$+=\u20ac\u00a3\u00a7\u2190-\u2bff\u3040-\u9fff\uac00-\ud7af\U0001f000-\U0001faff]")
LETTERS_PER_DIGIT: Final = 6
LETTERS_PER_SYMBOL: Final = 12


def letters_of(text: str) -> int:
    """How many letters a text has as it is read aloud."""
    digits, symbols = len(DIGIT.findall(text)), len(SYMBOL.findall(text))
    return len(text) + (LETTERS_PER_DIGIT - 1) * digits + (LETTERS_PER_SYMBOL - 1) * symbols
