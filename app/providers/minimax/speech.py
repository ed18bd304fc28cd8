"""MiniMax speech and voices behind the speech port."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta

import structlog
from pydantic import JsonValue, RootModel, ValidationError
from typing_extensions import override

from app.core.http import FormPart, OutboundRequest
from app.core.limiter import AccountLimiter, LimiterRules
from app.providers.errors import InvalidRequest, OutcomeUnknown, ProviderError, UnexpectedReply
from app.providers.minimax.account import NAME
from app.providers.minimax.client import MiniMaxClient, room
from app.providers.minimax.errors import DUPLICATE_VOICE, VOICE_GONE
from app.providers.minimax.models import LANGUAGE_BOOST, SPEECH_MODELS
from app.providers.minimax.wire import (
    AudioReply,
    BaseReply,
    DesignReply,
    FileListReply,
    FileReply,
    SpeechExtraInfo,
    Subtitle,
    VoiceEntry,
    VoicesReply,
)
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
    WordTime,
)
from app.providers.values import AttemptKey, MediaType

log = structlog.get_logger(__name__)
MEGABYTE = 1024 * 1024
SPEECH_LIMITS = OutboundRequest("POST", "", total_seconds=100, read_seconds=100, max_bytes=64 * MEGABYTE)
VOICE_LIMITS = OutboundRequest("POST", "", total_seconds=100, read_seconds=100, max_bytes=16 * MEGABYTE)
MAX_SUBTITLE_BYTES = 4 * MEGABYTE
MAX_TRANSCRIPT_CHARACTERS = 200
MAX_PREVIEW_CHARACTERS = 500
SAMPLE_RATE_HZ = 44_100
BITRATE = 128_000
FORMATS = {MediaType.MP3: "mp3", MediaType.WAV: "wav"}
SAMPLE_NAMES = {MediaType.MP3: "mp3", MediaType.WAV: "wav", MediaType.M4A: "m4a"}
VOICE_TYPES = {VoiceOrigin.CLONED: "voice_cloning", VoiceOrigin.DESIGNED: "voice_generation"}
CLONE_PURPOSE = "voice_clone"
UNUSED_CLONE_VANISHES = "a clone that does not speak within 7 days vanishes"


class Subtitles(RootModel[list[Subtitle]]):
    """A subtitle file."""


class MiniMaxSpeech(SpeechProvider):
    """T2A v2, cloning, design and the catalogue of voices."""

    name = NAME

    def __init__(self, client: MiniMaxClient) -> None:
        self.account = client.account.label
        self._client = client
        self._clock = client.clock
        self._limiter = AccountLimiter(self._clock, LimiterRules(client.account.rpm_speech))

    @override
    def models(self) -> tuple[str, ...]:
        preferred = self._client.account.speech_model
        return (preferred, *(name for name in SPEECH_MODELS if name != preferred))

    @override
    def capabilities(self, model: str = "") -> SpeechCapabilities:
        wanted = model or self._client.account.speech_model
        if wanted not in SPEECH_MODELS:
            raise InvalidRequest(provider=NAME, hint=f"Use one of {', '.join(SPEECH_MODELS)}.")
        return SPEECH_MODELS[wanted]

    @override
    async def speak(self, request: SpeechRequest, *, key: AttemptKey) -> Speech:
        can = self.capabilities(request.model)
        _refuse(_speech_misfits(request, can))
        async with room(self._limiter, key.attempt_id):
            reply = await self._client.pay("/v1/t2a_v2", _speech_body(request, can), AudioReply, limits=SPEECH_LIMITS)
        audio = spoken_bytes(reply.data.audio if reply.data else "")
        facts = reply.extra_info or SpeechExtraInfo()
        words = await self._words(reply.data.subtitle_file if reply.data else "") if request.word_times else ()
        return Speech(audio, request.media_type, facts.audio_length / 1000, facts.usage_characters, words)

    @override
    async def voices(self) -> tuple[VoiceFacts, ...]:
        question = OutboundRequest("POST", "/v1/get_voice", body={"voice_type": "all"}, max_bytes=4 * MEGABYTE)
        reply = await self._client.read(question, VoicesReply)
        return (
            *_listed(reply.system_voice, VoiceOrigin.SYSTEM),
            *_listed(reply.voice_cloning, VoiceOrigin.CLONED),
            *_listed(reply.voice_generation, VoiceOrigin.DESIGNED),
        )

    @override
    async def clone(self, request: CloneRequest, *, key: AttemptKey) -> MadeVoice:
        _refuse(_clone_misfits(request, self.capabilities()))
        voice_id = voice_id_of(request.voice_key)
        file_id = await self._upload(request, voice_id)
        body: dict[str, JsonValue] = {
            "file_id": int(file_id),
            "voice_id": voice_id,
            "need_noise_reduction": request.reduce_noise,
            "need_volume_normalization": request.normalize_volume,
            "language_boost": LANGUAGE_BOOST.get(request.language, "auto"),
        }
        if request.expected_transcript is not None:
            body["text_validation"] = request.expected_transcript
        try:
            async with room(self._limiter, key.attempt_id):
                await self._client.pay("/v1/voice_clone", body, BaseReply, limits=VOICE_LIMITS)
        except OutcomeUnknown:
            raise
        except ProviderError as refused:
            # Only this service knows the name, so a voice that exists already is its own earlier success.
            if refused.provider_code != str(DUPLICATE_VOICE):
                await self._give_up_samples(voice_id)
                raise
            log.info("minimax_clone_was_there", voice_id=voice_id)
        lives = timedelta(hours=self.capabilities().clone_lives_hours or 0)
        return MadeVoice(voice_id, self._clock.now() + lives, UNUSED_CLONE_VANISHES)

    @override
    async def design(self, request: DesignRequest, *, key: AttemptKey) -> DesignedVoice:
        if len(request.preview_text) > MAX_PREVIEW_CHARACTERS:
            _refuse(iter((f"use at most {MAX_PREVIEW_CHARACTERS} characters for the preview",)))
        body: dict[str, JsonValue] = {
            "prompt": request.description,
            "preview_text": request.preview_text,
            "voice_id": voice_id_of(request.voice_key),
        }
        async with room(self._limiter, key.attempt_id):
            reply = await self._client.pay("/v1/voice_design", body, DesignReply, limits=VOICE_LIMITS)
        lives = timedelta(hours=self.capabilities().clone_lives_hours or 0)
        voice = MadeVoice(reply.voice_id or voice_id_of(request.voice_key), self._clock.now() + lives)
        return DesignedVoice(voice, spoken_bytes(reply.trial_audio), MediaType.MP3)

    @override
    async def delete(self, voice_id: str, origin: VoiceOrigin) -> None:
        if origin not in VOICE_TYPES:
            raise InvalidRequest(provider=NAME, hint="Only cloned and designed voices can be deleted.")
        body: JsonValue = {"voice_type": VOICE_TYPES[origin], "voice_id": voice_id}
        try:
            await self._client.read(OutboundRequest("POST", "/v1/delete_voice", body=body), BaseReply)
        except InvalidRequest as refused:
            if refused.provider_code not in {str(code) for code in VOICE_GONE}:
                raise
            log.info("minimax_voice_was_gone", voice_id=voice_id, code=refused.provider_code)
        if origin is VoiceOrigin.CLONED:
            await self._delete_samples(voice_id)

    @override
    async def close(self) -> None:
        await self._client.close()

    async def _upload(self, request: CloneRequest, voice_id: str) -> str:
        sample = request.sample
        name = f"{voice_id}.{SAMPLE_NAMES[sample.media_type]}"
        upload = FormPart("file", name, sample.content, sample.media_type)
        form = {"purpose": CLONE_PURPOSE}
        question = OutboundRequest("POST", "/v1/files/upload", form=form, upload=upload, total_seconds=120)
        file = (await self._client.read(question, FileReply)).file
        if file is None or not file.file_id.isdecimal():
            raise UnexpectedReply(provider=NAME, provider_code="no file id")
        return file.file_id

    async def _give_up_samples(self, voice_id: str) -> None:
        try:
            await self._delete_samples(voice_id)
        except ProviderError as fault:
            log.warning("minimax_sample_left_behind", voice_id=voice_id, reason=fault.provider_code)

    async def _delete_samples(self, voice_id: str) -> None:
        """Removes the recordings that were uploaded for this voice."""
        question = OutboundRequest("GET", "/v1/files/list", query={"purpose": CLONE_PURPOSE})
        for file in (await self._client.read(question, FileListReply)).files:
            if file.filename.rpartition(".")[0] == voice_id and file.file_id.isdecimal():
                body: JsonValue = {"file_id": int(file.file_id), "purpose": CLONE_PURPOSE}
                await self._client.read(OutboundRequest("POST", "/v1/files/delete", body=body), BaseReply)

    async def _words(self, url: str) -> tuple[WordTime, ...]:
        """Times of the words; none when the side file cannot be read, because the paid sound itself is there."""
        if not url:
            return ()
        try:
            content = await self._client.fetch_small(url, max_bytes=MAX_SUBTITLE_BYTES)
            sentences = Subtitles.model_validate_json(content.removeprefix(b"\xef\xbb\xbf")).root
        except (ProviderError, ValidationError) as fault:
            log.warning("minimax_word_times_missing", reason=type(fault).__name__)
            return ()
        return tuple(_word_times(sentences))


def voice_id_of(voice_key: str) -> str:
    """The vendor's name of a voice, the same for the same key and known to nobody else."""
    return f"avc-{hashlib.sha256(voice_key.encode()).hexdigest()[:28]}"


def spoken_bytes(digits: str) -> bytes:
    """Sound out of hexadecimal digits; paid sound that cannot be read leaves the outcome unknown."""
    try:
        audio = bytes.fromhex(digits)
    except ValueError as wrong:
        raise OutcomeUnknown(provider=NAME, provider_code="sound is not hexadecimal") from wrong
    if not audio:
        raise OutcomeUnknown(provider=NAME, provider_code="no sound")
    return audio


def _speech_body(request: SpeechRequest, can: SpeechCapabilities) -> dict[str, JsonValue]:
    sound: dict[str, JsonValue] = {
        "format": FORMATS[request.media_type],
        "sample_rate": SAMPLE_RATE_HZ,
        "channel": 1,
    }
    if request.media_type is MediaType.MP3:
        sound["bitrate"] = BITRATE
    body: dict[str, JsonValue] = {
        "model": can.model,
        "text": request.text,
        "stream": False,
        "output_format": "hex",
        "language_boost": LANGUAGE_BOOST.get(request.language, "auto"),
        "voice_setting": {"voice_id": request.voice_id or can.default_voice, "speed": request.speed},
        "audio_setting": sound,
    }
    if request.word_times:
        body |= {"subtitle_enable": True, "subtitle_type": "word"}
    return body


def _speech_misfits(request: SpeechRequest, can: SpeechCapabilities) -> Iterator[str]:
    if not request.text.strip():
        yield "say what is to be spoken"
    if len(request.text) > can.text_limit_characters:
        yield f"use at most {can.text_limit_characters} characters; now {len(request.text)}"
    if not can.min_speed <= request.speed <= can.max_speed:
        yield f"use a speed from {can.min_speed:g} to {can.max_speed:g}"
    if request.media_type not in can.media_types:
        yield f"use a sound of type {', '.join(can.media_types)}"


def _clone_misfits(request: CloneRequest, can: SpeechCapabilities) -> Iterator[str]:
    if can.sample_rules is not None:
        yield from can.sample_rules.misfits(request.sample)
    if len(request.expected_transcript or "") > MAX_TRANSCRIPT_CHARACTERS:
        yield f"use an expected sentence of at most {MAX_TRANSCRIPT_CHARACTERS} characters"


def _refuse(hints: Iterator[str]) -> None:
    hint = next(hints, None)
    if hint is not None:
        raise InvalidRequest(provider=NAME, hint=hint)


def _listed(entries: list[VoiceEntry], origin: VoiceOrigin) -> Iterator[VoiceFacts]:
    for entry in entries:
        if entry.voice_id:
            description = " ".join(entry.description)
            yield VoiceFacts(entry.voice_id, entry.voice_name or entry.voice_id, origin, description)


def _word_times(sentences: list[Subtitle]) -> Iterator[WordTime]:
    """Words as the vendor times them; a sentence without word times gives none."""
    for sentence in sentences:
        timed = [(word.word, word.time_begin, word.time_end) for word in sentence.timestamped_words]
        if not timed and len(sentence.text.split()) == 1:
            timed = [(sentence.text, sentence.time_begin, sentence.time_end)]
        for text, begins, ends in timed:
            if text.strip() and ends >= begins:
                yield WordTime(text.strip(), begins / 1000, ends / 1000)
