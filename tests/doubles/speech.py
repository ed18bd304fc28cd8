"""A speaker whose sounds a test writes: a hum of a wanted length, or a refusal; it remembers what it said."""

import asyncio
import io
import math
import struct
import wave
from collections.abc import Callable
from datetime import datetime

from typing_extensions import override

from app.providers.speech import (
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

Answer = Callable[[SpeechRequest], Speech]
SAMPLE = SampleRules(frozenset({MediaType.MP3}), 10, 300, 20 * 1024 * 1024)


RATE_HZ, HUM_HZ, LOUDEST = 8000, 250, 3000
PERIOD = b"".join(
    struct.pack("<h", round(LOUDEST * math.sin(2 * math.pi * HUM_HZ * index / RATE_HZ)))
    for index in range(RATE_HZ // HUM_HZ)
)


def hum(seconds: float) -> bytes:
    """A sound that is heard: a film of silence has no audio track."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE_HZ)
        samples = round(RATE_HZ * seconds)
        sound.writeframes((PERIOD * (2 * samples // len(PERIOD) + 1))[: 2 * samples])
    return file.getvalue()


class ScriptedSpeech(SpeechProvider):
    """Speaks for `seconds`, unless its script says otherwise."""

    def __init__(self) -> None:
        self.name = "local"
        self.account = "local:key"
        self.seconds = 4.0
        self.gives_word_times = False
        self.text_limit_characters = 500
        self.designs_voices = True
        self.script: list[Answer] = []
        self.said: list[SpeechRequest] = []
        self.cloned: list[CloneRequest] = []
        self.clone_script: list[Callable[[CloneRequest], MadeVoice]] = []
        self.designed: list[DesignRequest] = []
        self.deleted: list[tuple[str, VoiceOrigin]] = []
        self.expires_at: datetime | None = None
        self.listed: list[str] = []
        self.system_voices: list[str] = []
        self.clones_voices = True
        self.hangs = 0
        self.introduction = hum(1.0)
        self.deadline_seconds = 5.0

    @override
    def models(self) -> tuple[str, ...]:
        return ("scripted-1",)

    @override
    def capabilities(self, model: str = "") -> SpeechCapabilities:
        return SpeechCapabilities(
            model="scripted-1",
            text_limit_characters=self.text_limit_characters,
            languages=frozenset({"pl", "en"}),
            media_types=(MediaType.WAV, MediaType.MP3),
            min_speed=0.5,
            max_speed=2.0,
            gives_word_times=self.gives_word_times,
            default_voice="calm",
            sample_rules=SAMPLE if self.clones_voices else None,
            clone_reconcile=Reconcile.BY_REPEATING,
            deadline_seconds=self.deadline_seconds,
            designs_voices=self.designs_voices,
            clone_lives_hours=168,
        )

    @override
    async def speak(self, request: SpeechRequest, *, key: AttemptKey) -> Speech:
        self.said.append(request)
        if self.hangs:
            self.hangs -= 1
            await asyncio.Event().wait()
        if self.script:
            return self.script.pop(0)(request)
        words = (WordTime("Lis", 0.0, self.seconds),) if request.word_times else ()
        return Speech(hum(self.seconds), MediaType.WAV, self.seconds, len(request.text), words)

    @override
    async def voices(self) -> tuple[VoiceFacts, ...]:
        made = tuple(VoiceFacts(voice, voice, VoiceOrigin.CLONED) for voice in self.listed)
        return (*(VoiceFacts(voice, voice, VoiceOrigin.SYSTEM) for voice in self.system_voices), *made)

    @override
    async def clone(self, request: CloneRequest, *, key: AttemptKey) -> MadeVoice:
        self.cloned.append(request)
        if self.clone_script:
            return self.clone_script.pop(0)(request)
        return MadeVoice(f"clone-{request.voice_key}", self.expires_at, "a scripted clone")

    @override
    async def design(self, request: DesignRequest, *, key: AttemptKey) -> DesignedVoice:
        self.designed.append(request)
        return DesignedVoice(MadeVoice(f"design-{request.voice_key}"), self.introduction, MediaType.WAV)

    @override
    async def delete(self, voice_id: str, origin: VoiceOrigin) -> None:
        self.deleted.append((voice_id, origin))

    @override
    async def close(self) -> None:
        return
