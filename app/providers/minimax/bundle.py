"""Everything one MiniMax credential can do, over one pair of connections."""

from dataclasses import dataclass
from typing import Self

from app.core.clock import Clock
from app.core.http import Transport
from app.providers.bundle import ProviderContext
from app.providers.minimax.account import MiniMaxAccount
from app.providers.minimax.client import MiniMaxClient
from app.providers.minimax.image import MiniMaxImage
from app.providers.minimax.music import MiniMaxMusic
from app.providers.minimax.speech import MiniMaxSpeech
from app.providers.minimax.video import MiniMaxVideo


@dataclass(frozen=True)
class MiniMaxBundle:
    """The adapters of one credential; closing one closes the connections of all."""

    video: MiniMaxVideo
    speech: MiniMaxSpeech
    image: MiniMaxImage
    music: MiniMaxMusic

    @classmethod
    def over(cls, account: MiniMaxAccount, clock: Clock, *, transport: Transport | None = None) -> Self:
        """Builds the adapters; nothing is called yet."""
        client = MiniMaxClient(account, clock, transport=transport)
        return cls(MiniMaxVideo(client), MiniMaxSpeech(client), MiniMaxImage(client), MiniMaxMusic(client))

    async def check(self) -> None:
        """One free call that fails with AccountProblem when the key does not work."""
        await self.speech.voices()

    async def close(self) -> None:
        """Closes the connections."""
        await self.video.close()


def open_kit(ground: ProviderContext) -> MiniMaxBundle:
    """The adapters of the operator's own key."""
    own = ground.settings.minimax
    account = MiniMaxAccount(
        api_key=own.api_key,
        base_url=own.api_base,
        video_model=own.video_model,
        speech_model=own.speech_model,
        rpm_video=own.rpm_video,
        rpm_image=own.rpm_image,
        rpm_speech=own.rpm_speech,
        max_in_flight=own.max_inflight,
        poll_seconds=own.poll_seconds,
    )
    return MiniMaxBundle.over(account, ground.clock)
