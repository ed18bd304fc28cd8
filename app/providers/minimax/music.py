"""MiniMax music behind the music port."""

from pydantic import JsonValue
from typing_extensions import override

from app.core.http import OutboundRequest
from app.core.limiter import AccountLimiter, LimiterRules
from app.providers.errors import InvalidRequest
from app.providers.minimax.account import NAME
from app.providers.minimax.client import MiniMaxClient, room
from app.providers.minimax.models import MUSIC_30, MUSIC_MODELS
from app.providers.minimax.speech import spoken_bytes
from app.providers.minimax.wire import AudioReply, SpeechExtraInfo
from app.providers.speech import MusicCapabilities, MusicPiece, MusicProvider, MusicRequest
from app.providers.values import AttemptKey, MediaType

COMPOSE_LIMITS = OutboundRequest("POST", "", total_seconds=280, read_seconds=280, max_bytes=64 * 1024 * 1024)
# The vendor allows 120 requests in a minute (page of 2026-07-05).
REQUESTS_PER_MINUTE = 120
SAMPLE_RATE_HZ = 44_100
BITRATE = 128_000


class MiniMaxMusic(MusicProvider):
    """music-3.0; the sound comes inside the answer."""

    name = NAME

    def __init__(self, client: MiniMaxClient) -> None:
        self.account = client.account.label
        self._client = client
        self._limiter = AccountLimiter(client.clock, LimiterRules(REQUESTS_PER_MINUTE))

    @override
    def capabilities(self, model: str = "") -> MusicCapabilities:
        wanted = model or MUSIC_30.model
        if wanted not in MUSIC_MODELS:
            raise InvalidRequest(provider=NAME, hint=f"Use one of {', '.join(MUSIC_MODELS)}.")
        return MUSIC_MODELS[wanted]

    @override
    async def compose(self, request: MusicRequest, *, key: AttemptKey) -> MusicPiece:
        can = self.capabilities(request.model)
        if not 0 < len(request.prompt.strip()) <= can.prompt_limit_characters:
            raise InvalidRequest(
                provider=NAME, hint=f"Describe the music in 1 to {can.prompt_limit_characters} characters."
            )
        if len(request.lyrics) > can.lyrics_limit_characters:
            raise InvalidRequest(provider=NAME, hint=f"Use at most {can.lyrics_limit_characters} characters of lyrics.")
        body: dict[str, JsonValue] = {
            "model": can.model,
            "prompt": request.prompt,
            "output_format": "hex",
            "audio_setting": {"sample_rate": SAMPLE_RATE_HZ, "bitrate": BITRATE, "format": "mp3"},
        }
        body |= {"lyrics": request.lyrics} if request.lyrics else {"is_instrumental": True}
        async with room(self._limiter, key.attempt_id):
            reply = await self._client.pay("/v1/music_generation", body, AudioReply, limits=COMPOSE_LIMITS)
        facts = reply.extra_info or SpeechExtraInfo()
        audio = spoken_bytes(reply.data.audio if reply.data else "")
        return MusicPiece(audio, MediaType.MP3, facts.music_duration / 1000)

    @override
    async def close(self) -> None:
        await self._client.close()
