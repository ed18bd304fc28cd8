"""OpenAI's speech behind the speech port: the vendor's own voices, no clones, no word times."""

from collections.abc import Iterator
from typing import Literal

from openai import omit
from typing_extensions import override

from app.providers.errors import InvalidRequest, OutcomeUnknown
from app.providers.openai.account import NAME
from app.providers.openai.client import MOST_WAIT_SECONDS, OpenAIClient
from app.providers.openai.models import VOICES, obeys_directions, speech_models
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

RIFF_HEAD_BYTES = 12
CHUNK_HEAD_BYTES = 8
FRAME_HEAD_BYTES = 4
ID3_HEAD_BYTES = 10
# Kilobits per second of layer III by index, and samples per second by index; MPEG 2 and 2.5 halve the rates.
KBPS_OF_MPEG_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
KBPS_OF_MPEG_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
RATES_HZ = (44_100, 48_000, 32_000)
DIVISORS = {3: 1, 2: 2, 0: 4}
MPEG_1 = 3
LAYER_III = 1


def seconds_of(sound: bytes, media_type: MediaType) -> float:
    """Length of an MP3 or a WAV; nothing for what is neither."""
    if media_type is MediaType.WAV:
        return _wav_seconds(sound)
    return sum(seconds for _, seconds in _mp3_frames(sound))


def _wav_seconds(sound: bytes) -> float:
    """A streamed WAV claims any size for its samples, so no more is counted than what is there."""
    if sound[:4] != b"RIFF" or sound[8:RIFF_HEAD_BYTES] != b"WAVE":
        return 0.0
    bytes_per_second, at = 0, RIFF_HEAD_BYTES
    while at + CHUNK_HEAD_BYTES <= len(sound):
        name, begin = sound[at : at + 4], at + CHUNK_HEAD_BYTES
        size = int.from_bytes(sound[at + 4 : begin], "little")
        if name == b"fmt ":
            bytes_per_second = int.from_bytes(sound[begin + 8 : begin + 12], "little")
        if name == b"data":
            there = min(size, len(sound) - begin)
            return there / bytes_per_second if bytes_per_second else 0.0
        at = begin + size + size % 2
    return 0.0


def _mp3_frames(sound: bytes) -> Iterator[tuple[int, float]]:
    at = _after_tag(sound)
    while at + FRAME_HEAD_BYTES <= len(sound):
        frame = _frame(sound[at : at + FRAME_HEAD_BYTES])
        if frame is None:
            return
        yield frame
        at += frame[0]


def _after_tag(sound: bytes) -> int:
    if sound[:3] != b"ID3" or len(sound) < ID3_HEAD_BYTES:
        return 0
    size = 0
    for digit in sound[6:ID3_HEAD_BYTES]:
        size = size << 7 | digit & 0x7F
    return ID3_HEAD_BYTES + size


def _frame(head: bytes) -> tuple[int, float] | None:
    """Bytes and seconds of the frame that begins with this head."""
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bitrate_index, rate_index, padding = head[2] >> 4, head[2] >> 2 & 3, head[2] >> 1 & 1
    synchronous = head[0] == 0xFF and head[1] >> 5 == 7
    if not synchronous or version not in DIVISORS or layer != LAYER_III:
        return None
    if not 0 < bitrate_index < len(KBPS_OF_MPEG_1) or rate_index >= len(RATES_HZ):
        return None
    kbps = (KBPS_OF_MPEG_1 if version == MPEG_1 else KBPS_OF_MPEG_2)[bitrate_index]
    rate_hz = RATES_HZ[rate_index] // DIVISORS[version]
    samples = 1152 if version == MPEG_1 else 576
    return samples // 8 * kbps * 1000 // rate_hz + padding, samples / rate_hz


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
