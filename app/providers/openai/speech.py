"""Speech by the vendor's own voices; it clones none and tells no word times."""

import struct
from typing import Final, Literal

from typing_extensions import override

from app.providers.errors import InvalidRequest, UnexpectedReply
from app.providers.openai.account import NAME
from app.providers.openai.client import OpenAIClient
from app.providers.speech import (
    CloneRequest,
    DesignedVoice,
    DesignRequest,
    MadeVoice,
    Speech,
    SpeechCapabilities,
    SpeechProvider,
    SpeechRequest,
    VoiceFacts,
    VoiceOrigin,
)
from app.providers.values import AttemptKey, MediaType, Reconcile

__all__ = ["OpenAISpeech"]

DEADLINE_SECONDS: Final = 90.0
TEXT_LIMIT: Final = 4096
VOICES: Final = (
    *("alloy", "ash", "ballad", "coral", "echo", "fable", "onyx"),
    *("nova", "sage", "shimmer", "verse", "marin", "cedar"),
)
LANGUAGES = frozenset({"pl", "en", "de", "fr", "es", "it", "pt"})
FORMATS: dict[MediaType, Literal["mp3", "wav"]] = {MediaType.MP3: "mp3", MediaType.WAV: "wav"}
MP3_BITS_PER_SECOND = 128_000
WAV_HEADER = 44


class OpenAISpeech(SpeechProvider):
    """Speaks; the whole set of models is announced to end on 2027-01-06."""

    name = NAME

    def __init__(self, client: OpenAIClient) -> None:
        self.account = client.account.label
        self._client = client

    @override
    def models(self) -> tuple[str, ...]:
        return (self._client.account.speech_model,)

    @override
    def capabilities(self, model: str = "") -> SpeechCapabilities:
        known = self._client.account.speech_model
        if model not in {"", known}:
            raise InvalidRequest(provider=NAME, hint=f"Use {known}.")
        return SpeechCapabilities(
            model=known,
            text_limit_characters=TEXT_LIMIT,
            languages=LANGUAGES,
            media_types=(MediaType.MP3, MediaType.WAV),
            min_speed=0.25,
            max_speed=4.0,
            gives_word_times=False,
            default_voice=VOICES[0],
            sample_rules=None,
            clone_reconcile=Reconcile.NOT_AT_ALL,
            deadline_seconds=DEADLINE_SECONDS,
            notes=("The vendor ends these models on 2027-01-06.", "No voices can be cloned."),
        )

    @override
    async def speak(self, request: SpeechRequest, *, key: AttemptKey) -> Speech:
        can = self.capabilities(request.model)
        faults = (
            (not 1 <= len(request.text.strip()) <= TEXT_LIMIT, "text", f"use 1 to {TEXT_LIMIT} characters"),
            (request.voice_id not in {"", *VOICES}, "voice_id", f"use one of {', '.join(VOICES)}"),
            (not can.min_speed <= request.speed <= can.max_speed, "speed", "use a speed of 0.25 to 4"),
            (request.media_type not in FORMATS, "media_type", "ask for MP3 or WAV"),
        )
        for is_fault, param, hint in faults:
            if is_fault:
                raise InvalidRequest(provider=NAME, provider_code=param, hint=hint)
        call = self._client.sdk.audio.speech.create(
            input=request.text,
            model=can.model,
            voice=request.voice_id or VOICES[0],
            speed=request.speed,
            response_format=FORMATS[request.media_type],
        )
        audio = (await self._client.paid("speech", call, DEADLINE_SECONDS)).content
        return Speech(audio, request.media_type, _seconds(audio, request.media_type), len(request.text))

    @override
    async def voices(self) -> tuple[VoiceFacts, ...]:
        return tuple(VoiceFacts(voice, voice.title(), VoiceOrigin.SYSTEM) for voice in VOICES)

    @override
    async def clone(self, request: CloneRequest, *, key: AttemptKey) -> MadeVoice:
        raise InvalidRequest(provider=NAME, provider_code="clone", hint="choose an engine that clones voices")

    @override
    async def design(self, request: DesignRequest, *, key: AttemptKey) -> DesignedVoice:
        raise InvalidRequest(provider=NAME, provider_code="design", hint="choose an engine that designs voices")

    @override
    async def delete(self, voice_id: str, origin: VoiceOrigin) -> None:
        """There is nothing of ours to delete."""

    @override
    async def close(self) -> None:
        await self._client.close()


def _seconds(audio: bytes, media_type: MediaType) -> float:
    """The length as the file tells it; the caller still measures what it keeps."""
    if media_type is MediaType.MP3:
        if not audio:
            raise UnexpectedReply(provider=NAME, provider_code="silence")
        return round(len(audio) * 8 / MP3_BITS_PER_SECOND, 3)
    if len(audio) <= WAV_HEADER or not audio.startswith(b"RIFF"):
        raise UnexpectedReply(provider=NAME, provider_code="not_wav")
    (bytes_per_second,) = struct.unpack_from("<I", audio, 28)
    return round((len(audio) - WAV_HEADER) / max(1, int(bytes_per_second)), 3)
