"""Offline speech and voices behind the speech port: eSpeak NG in a child, and imitations instead of copies."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import structlog
from typing_extensions import override

from app.core.clock import Clock
from app.core.fairness import FairLimiter
from app.core.threads import Threads
from app.providers.errors import InvalidRequest
from app.providers.local.espeak import SPEAKING, Sounding, Spoken, word_times
from app.providers.local.natural.engine import NATURAL_SECONDS, NaturalSpeech
from app.providers.local.voices import (
    DEFAULT_VOICE,
    LANGUAGES,
    STYLES,
    USUAL_WORDS_PER_MINUTE,
    Manner,
    Tone,
    guessed_language,
    made_tone,
    measured,
    tone_of,
    voices_on_offer,
    wished_tone,
)
from app.providers.speech import (
    LETTERS_PER_SECOND,
    CloneRequest,
    DesignedVoice,
    DesignRequest,
    MadeVoice,
    SampleRules,
    Speech,
    SpeechCapabilities,
    SpeechProvider,
    SpeechRequest,
    VoiceFacts,
    VoiceOrigin,
    WordTime,
)
from app.providers.values import AttemptKey, MediaType, Reconcile

log = structlog.get_logger(__name__)
NAME = "local"
MODEL = "espeak-ng"
MOST_PREVIEW_CHARACTERS = 500
NEAREST_STYLES = ((92.0, "deep"), (150.0, "narrator"), (190.0, "warm"), (228.0, "bright"), (math.inf, "lively"))
# Swells a second that the engine's own voices have at 158 words a minute, and how steeply words follow them.
USUAL_PACE = {"pl": 4.88, "en": 4.34, "de": 5.21, "fr": 6.02, "es": 5.64, "it": 6.0, "pt": 5.11}
PACE_STEEPNESS = 1.28
LEAST_PACE = 1.0
CAPABILITIES = SpeechCapabilities(
    model=MODEL,
    text_limit_characters=5000,
    languages=frozenset(LANGUAGES),
    media_types=(MediaType.MP3, MediaType.WAV),
    min_speed=0.5,
    max_speed=2.0,
    gives_word_times=True,
    default_voice=DEFAULT_VOICE,
    sample_rules=SampleRules(
        frozenset({MediaType.MP3, MediaType.M4A, MediaType.WAV}),
        min_seconds=10,
        max_seconds=300,
        max_bytes=20 * 1024**2,
    ),
    clone_reconcile=Reconcile.BY_REPEATING,
    deadline_seconds=NATURAL_SECONDS,
    designs_voices=True,
    letters_per_second=LETTERS_PER_SECOND,
    notes=(
        "Offline: a clear synthetic voice, made on this machine by eSpeak NG.",
        "A natural voice speaks instead where one is installed: avc voices install LANGUAGE.",
        "A clone is an imitation: the nearest synthetic voice with the measured pitch and pace of the sample.",
        "What is said on a sample is not checked.",
    ),
)


class LocalSpeech(SpeechProvider):
    """Speaks on this machine, free of charge; the same request gives the same bytes."""

    name = NAME
    account = NAME

    def __init__(
        self,
        ffmpeg: Path,
        threads: Threads,
        clock: Clock,
        processors: FairLimiter,
        *,
        natural: NaturalSpeech | None = None,
        speaking: Sequence[str] = SPEAKING,
    ) -> None:
        self._natural = natural
        self._threads = threads
        self._clock = clock
        self._sounding = Sounding(ffmpeg, threads, speaking)
        self._processors = processors

    @override
    def models(self) -> tuple[str, ...]:
        return (MODEL,)

    @override
    def capabilities(self, model: str = "") -> SpeechCapabilities:
        if model not in {"", MODEL}:
            raise InvalidRequest(provider=NAME, hint=f"Use {MODEL}.")
        return CAPABILITIES

    @override
    async def speak(self, request: SpeechRequest, *, key: AttemptKey) -> Speech:
        _refuse(_speech_misfits(request, self.capabilities(request.model)))
        words = request.text.split()
        began = self._clock.monotonic()
        async with self._processors.turn():
            spoken = await self._spoken(" ".join(words), request)
            if not spoken.samples.any():
                raise InvalidRequest(provider=NAME, hint="Nothing in this text can be spoken. Write words.")
            audio = await self._sounding.shaped(spoken, request.media_type)
        log.debug("local_speech_made", attempt=key.attempt_id, seconds=round(self._clock.monotonic() - began, 3))
        times: tuple[WordTime, ...] = ()
        if request.word_times:
            times = await self._threads.run(word_times, words, spoken.marks, spoken.samples, spoken.rate_hz)
        return Speech(audio, request.media_type, spoken.duration_seconds, len(request.text), times)

    @override
    async def voices(self) -> tuple[VoiceFacts, ...]:
        natural = () if self._natural is None else await self._natural.offered()
        return (*natural, *voices_on_offer())

    @override
    async def clone(self, request: CloneRequest, *, key: AttemptKey) -> MadeVoice:
        _refuse(_clone_misfits(request, CAPABILITIES))
        sample = request.sample
        async with self._processors.turn():
            sound = await self._sounding.decoded(sample.content, sample.media_type)
            manner = await self._threads.run(measured, sound)
        if manner is None:
            hint = "No voice is heard on this recording. Use one on which one person speaks clearly."
            raise InvalidRequest(provider=NAME, hint=hint)
        tone = _imitation(manner, request.language)
        log.debug("local_voice_imitated", attempt=key.attempt_id, style=tone.style)
        return MadeVoice(tone.named(VoiceOrigin.CLONED), note=_note(manner, tone, request.expected_transcript))

    @override
    async def design(self, request: DesignRequest, *, key: AttemptKey) -> DesignedVoice:
        if not request.description.strip():
            raise InvalidRequest(provider=NAME, hint="Describe the voice, for example: a deep, slow man's voice.")
        if len(request.preview_text) > MOST_PREVIEW_CHARACTERS:
            hint = f"Use at most {MOST_PREVIEW_CHARACTERS} characters for the preview."
            raise InvalidRequest(provider=NAME, hint=hint)
        language = guessed_language(request.preview_text)
        tone = wished_tone(request.description, language)
        voice_id = tone.named(VoiceOrigin.DESIGNED)
        preview = await self.speak(SpeechRequest(request.preview_text, voice_id, language), key=key)
        note = (
            f"{STYLES[tone.style].description} {_numbers(tone)} Made from words that are known; others change nothing."
        )
        return DesignedVoice(MadeVoice(voice_id, note=note), preview.audio, preview.media_type)

    @override
    async def delete(self, voice_id: str, origin: VoiceOrigin) -> None:
        """Nothing of a voice is kept but its name, so there is nothing to remove."""

    @override
    async def close(self) -> None:
        """Children end with the call that started them."""

    async def _spoken(self, text: str, request: SpeechRequest) -> Spoken:
        natural = None if self._natural is None else await self._natural.chosen(request)
        if self._natural is not None and natural is not None:
            return await self._natural.spoken(text, natural, request.speed)
        return await self._sounding.spoken(text, _tone_for(request), request.speed)


def _tone_for(request: SpeechRequest) -> Tone:
    """The asked voice in the asked language, whichever language it was made in."""
    tone = tone_of(request.voice_id or DEFAULT_VOICE)
    if tone is None:
        raise InvalidRequest(provider=NAME, hint=f"Use a listed voice such as {DEFAULT_VOICE}, or make one.")
    return replace(tone, language=request.language or tone.language)


def _imitation(manner: Manner, language: str) -> Tone:
    style = next(style for most_hz, style in NEAREST_STYLES if manner.pitch_hz <= most_hz)
    pace = float(STYLES[style].words_per_minute)
    if manner.syllables_per_second is not None and manner.syllables_per_second >= LEAST_PACE:
        quickness = manner.syllables_per_second / USUAL_PACE[language]
        pace = USUAL_WORDS_PER_MINUTE * quickness**PACE_STEEPNESS / LANGUAGES[language].pace
    return made_tone(language, style, pitch_hz=manner.pitch_hz, words_per_minute=pace)


def _note(manner: Manner, tone: Tone, expected_transcript: str | None) -> str:
    """What was done with a sample, so that nobody takes it for more."""
    parts = [
        "An offline imitation, not a copy: the nearest synthetic voice with the sample's measured pitch",
        f"({manner.pitch_hz:.0f} Hz) and pace. {_numbers(tone)}",
    ]
    if expected_transcript is not None:
        parts.append("What is said on the sample could not be checked.")
    return " ".join(parts)


def _numbers(tone: Tone) -> str:
    return f"It speaks at about {tone.pitch_hz:.0f} Hz and {tone.words_per_minute} words a minute."


def _speech_misfits(request: SpeechRequest, can: SpeechCapabilities) -> Iterator[str]:
    if not request.text.strip():
        yield "Say what is to be spoken."
    if len(request.text) > can.text_limit_characters:
        yield f"Use at most {can.text_limit_characters} characters; now {len(request.text)}."
    if request.language and request.language not in can.languages:
        yield f"Use one of the languages {', '.join(sorted(can.languages))}."
    if not can.min_speed <= request.speed <= can.max_speed:
        yield f"Use a speed from {can.min_speed:g} to {can.max_speed:g}."
    if request.media_type not in can.media_types:
        yield f"Use a sound of type {', '.join(can.media_types)}."


def _clone_misfits(request: CloneRequest, can: SpeechCapabilities) -> Iterator[str]:
    if request.language not in can.languages:
        yield f"Use one of the languages {', '.join(sorted(can.languages))}."
    if can.sample_rules is not None:
        yield from can.sample_rules.misfits(request.sample)


def _refuse(hints: Iterator[str]) -> None:
    hint = next(hints, None)
    if hint is not None:
        raise InvalidRequest(provider=NAME, hint=hint)
