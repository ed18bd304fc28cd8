"""omni-moderation behind the moderation port: free verdicts on texts and pictures."""

from base64 import b64encode

from openai.types import ModerationMultiModalInputParam
from pydantic import ValidationError
from typing_extensions import override

from app.providers.errors import InvalidRequest, UnexpectedReply
from app.providers.moderation import Judgement, ModerationProvider
from app.providers.openai.account import NAME
from app.providers.openai.client import OpenAIClient
from app.providers.openai.models import STILLS
from app.providers.openai.wire import ModerationReply
from app.providers.values import Picture


class OpenAIModeration(ModerationProvider):
    """Scores of thirteen categories; pictures are scored for some of them only."""

    name = NAME

    def __init__(self, client: OpenAIClient) -> None:
        self.account = client.account.label
        self._client = client
        self._limiter = client.limiter(client.account.limits.rpm_moderation)

    @override
    async def judge_text(self, text: str) -> Judgement:
        return await self._judged([{"type": "text", "text": text}])

    @override
    async def judge_picture(self, picture: Picture) -> Judgement:
        if picture.media_type not in STILLS:
            raise InvalidRequest(provider=NAME, hint=f"Use a picture of type {', '.join(sorted(STILLS))}.")
        encoded = await self._client.threads.run(b64encode, picture.content)
        url = f"data:{picture.media_type.value};base64,{encoded.decode()}"
        return await self._judged([{"type": "image_url", "image_url": {"url": url}}])

    @override
    async def close(self) -> None:
        await self._client.close()

    async def _judged(self, shown: list[ModerationMultiModalInputParam]) -> Judgement:
        moderations = self._client.sdk.moderations.with_raw_response

        async def asking() -> bytes:
            answer = await moderations.create(model=self._client.account.moderation_model, input=shown)
            return answer.content

        async with self._client.turn(self._limiter, self._client.clock.new_id()):
            content = await self._client.ask(asking)
        try:
            reply = ModerationReply.model_validate_json(content)
        except ValidationError as wrong:
            raise UnexpectedReply(provider=NAME, provider_code="unreadable") from wrong
        scores: dict[str, float] = {}
        for verdict in reply.results:
            for category, score in verdict.category_scores.items():
                scores[category] = max(scores.get(category, 0.0), score or 0.0)
        return Judgement(reply.model, any(verdict.flagged for verdict in reply.results), scores)
