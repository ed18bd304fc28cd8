"""Everything one OpenAI credential can do, over one pool of connections."""

from dataclasses import dataclass
from typing import Self

import httpx2
from agents.models import get_default_model

from app.core.clock import Clock
from app.core.threads import Threads
from app.providers.bundle import ProviderContext
from app.providers.openai.account import Api, OpenAIAccount
from app.providers.openai.client import OpenAIClient
from app.providers.openai.image import OpenAIImage
from app.providers.openai.moderation import OpenAIModeration
from app.providers.openai.planner import OpenAIPlanner
from app.providers.openai.speech import OpenAISpeech


@dataclass(frozen=True)
class OpenAIBundle:
    """The adapters of one credential; closing one closes the connections of all."""

    planner: OpenAIPlanner
    image: OpenAIImage
    speech: OpenAISpeech
    moderation: OpenAIModeration
    _client: OpenAIClient

    @classmethod
    def over(
        cls,
        account: OpenAIAccount,
        clock: Clock,
        threads: Threads,
        *,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> Self:
        """Builds the adapters; nothing is called yet."""
        client = OpenAIClient(account, clock, threads, transport=transport)
        return cls(OpenAIPlanner(client), OpenAIImage(client), OpenAISpeech(client), OpenAIModeration(client), client)

    async def check(self) -> None:
        """One free call that fails with AccountProblem when the key does not work."""
        await self._client.check()

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.close()


def open_kit(ground: ProviderContext) -> OpenAIBundle:
    """The adapters of the operator's own key."""
    own = ground.settings.openai
    account = OpenAIAccount(
        own.api_key,
        base_url=own.base_url,
        planner_model=own.planner_model or get_default_model(),
        api=Api(own.api),
        image_model=own.image_model,
        moderation_model=own.moderation_model,
    )
    return OpenAIBundle.over(account, ground.clock, ground.threads)
