"""Verdicts by omni-moderation on texts and pictures."""

import base64

from openai.types import ModerationCreateResponse
from typing_extensions import override

from app.core.threads import Threads
from app.providers.errors import UnexpectedReply
from app.providers.moderation import Judgement, ModerationProvider
from app.providers.openai.account import NAME
from app.providers.openai.client import OpenAIClient
from app.providers.values import Picture

__all__ = ["OpenAIModeration"]


class OpenAIModeration(ModerationProvider):
    """Judges; free and repeatable."""

    name = NAME

    def __init__(self, client: OpenAIClient, threads: Threads) -> None:
        self.account = client.account.label
        self._client = client
        self._threads = threads

    @override
    async def judge_text(self, text: str) -> Judgement:
        return _judgement(await self._client.moderated(text))

    @override
    async def judge_picture(self, picture: Picture) -> Judgement:
        encoded = await self._threads.run(base64.b64encode, picture.content)
        address = {"url": f"data:{picture.media_type};base64,{encoded.decode()}"}
        return _judgement(await self._client.moderated([{"type": "image_url", "image_url": address}]))

    @override
    async def close(self) -> None:
        await self._client.close()


def _judgement(answer: ModerationCreateResponse) -> Judgement:
    """The highest score of each category over everything that was judged."""
    if not answer.results:
        raise UnexpectedReply(provider=NAME, provider_code="no_result")
    scores: dict[str, float] = {}
    for result in answer.results:
        # The SDK builds answers without checking them, so a category may be missing.
        for category, score in result.category_scores.model_dump(by_alias=True).items():
            if isinstance(score, int | float):
                scores[category] = max(scores.get(category, 0.0), float(score))
    return Judgement(answer.model, any(result.flagged for result in answer.results), scores)
