"""OpenAI's speech behind the speech port: the vendor's own voices, no clones, no word times."""

from collections.abc import Iterator
from typing import Literal

from openai import omit
from typing_extensions import override

from app.providers.errors import InvalidRequest, OutcomeUnknown
from app.providers.openai.account import NAME
from app.providers.openai.client import MOST_WAIT_SECONDS, OpenAIClient
from app.providers.openai.models import VOICES, obeys_directions, speech_models
from app.providers.openai.sound_length import seconds_of
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
from app.providers.values import AttemptKey, MediaType

__all__ = ["OpenAISpeech"]

FORMATS: dict[MediaType, Literal["mp3", "wav"]] = {MediaType.MP3: "mp3", MediaType.WAV: "wav"}
NO_CLONES = "OpenAI copies no voices. Choose one of its own voices, or another engine for speech."
NO_DESIGNS = "OpenAI invents no voices. Choose one of its own voices, or another engine for speech."
NOT_OURS = "OpenAI's own voices cannot be deleted."


class OpenAISpeech(SpeechProvider):
    """Spoken text; its length is measured, because the vendor does not say it."""

    name = NAME

    def __init__(self, client: OpenAIClient) -> None:
        self.account = client.account.label
        self._client = client
        self._limiter = client.limiter(client.account.limits.rpm_speech)
        self._models = speech_models(client.account.speech_model)

    @override
    def models(self) -> tuple[str, ...]:
        return tuple(self._models)

    @override
    def capabilities(self, model: str = "") -> SpeechCapabilities:
        wanted = model or self._client.account.speech_model
        if wanted not in self._models:
            raise InvalidRequest(provider=NAME, provider_code="model", hint=f"Use one of {', '.join(self._models)}.")
        return self._models[wanted]

    @override
    async def speak(self, request: SpeechRequest, *, key: AttemptKey) -> Speech:
        can = self.capabilities(request.model)
        hint = next(_misfits(request, can), None)
        if hint is not None:
            raise InvalidRequest(provider=NAME, hint=hint)

        async def speaking() -> bytes:
            answer = await self._client.sdk.audio.speech.with_raw_response.create(
                model=can.model,
                input=request.text,
                voice=request.voice_id or can.default_voice,
                response_format=FORMATS[request.media_type],
                speed=request.speed,
                instructions=_directions(request) if obeys_directions(can.model) else omit,
            )
            return answer.content

        total_seconds = can.deadline_seconds - MOST_WAIT_SECONDS
        audio = await self._client.pay(self._limiter, key.attempt_id, speaking, total_seconds=total_seconds)
        duration_seconds = seconds_of(audio, request.media_type)
        if not duration_seconds:
            raise OutcomeUnknown(provider=NAME, provider_code="not a sound")
        return Speech(audio, request.media_type, duration_seconds, len(request.text))

    @override
    async def voices(self) -> tuple[VoiceFacts, ...]:
        return tuple(VoiceFacts(voice, voice.capitalize(), VoiceOrigin.SYSTEM) for voice in VOICES)

    @override
    async def clone(self, request: CloneRequest, *, key: AttemptKey) -> MadeVoice:
        raise InvalidRequest(provider=NAME, provider_code="clone", hint=NO_CLONES)

    @override
    async def design(self, request: DesignRequest, *, key: AttemptKey) -> DesignedVoice:
        raise InvalidRequest(provider=NAME, provider_code="design", hint=NO_DESIGNS)

    @override
    async def delete(self, voice_id: str, origin: VoiceOrigin) -> None:
        if origin is VoiceOrigin.SYSTEM:
            raise InvalidRequest(provider=NAME, provider_code="delete", hint=NOT_OURS)

    @override
    async def close(self) -> None:
        await self._client.close()


def _directions(request: SpeechRequest) -> str:
    return (
        f"Narrate a film. The text is in the language with the code {request.language}: read it with its native sound."
    )


def _misfits(request: SpeechRequest, can: SpeechCapabilities) -> Iterator[str]:
    if not request.text.strip():
        yield "say what is to be spoken"
    if len(request.text) > can.text_limit_characters:
        yield f"use at most {can.text_limit_characters} characters; now {len(request.text)}"
    if request.language not in can.languages:
        yield "use a language that this engine speaks"
    if request.voice_id and request.voice_id not in VOICES:
        yield f"use one of the voices {', '.join(VOICES)}"
    if not can.min_speed <= request.speed <= can.max_speed:
        yield f"use a speed from {can.min_speed:g} to {can.max_speed:g}"
    if request.media_type not in can.media_types:
        yield f"use a sound of type {', '.join(can.media_types)}"
