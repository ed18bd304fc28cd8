"""StageService over HTTP: POST with the stage's wish, a link or a text back."""

from collections.abc import Sequence
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError
from typing_extensions import override

from app.core.clock import Clock
from app.core.errors import TooLarge
from app.core.http import (
    AddressRefused,
    AddressRules,
    FileDownload,
    OutboundClient,
    OutboundFailed,
    OutboundReply,
    OutboundRequest,
)
from app.core.sinks import BinarySink
from app.providers.errors import AccountProblem, InvalidRequest, RateLimited, TaskLost, Unreachable
from app.providers.stages import DeliveredFilm, OutsideFailed, OutsideLate, OutsideStage, StageService
from app.providers.values import AttemptKey, FetchedMedia

DEADLINES_SECONDS = {
    OutsideStage.SCRIPT: 120.0,
    OutsideStage.AUDIO: 180.0,
    OutsideStage.IMAGE: 180.0,
    OutsideStage.VIDEO: 300.0,
}
FETCH_SECONDS = 300.0
BUSY, DOWN = 429, 503
NO_ACCESS = frozenset({401, 402, 403})
UNFIT = frozenset({400, 413, 422})
MOST_WAIT_SECONDS = 60


class _Reply(BaseModel):
    """What all replies have in common: nothing, but that more may stand in them."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class _Text(_Reply):
    text: str


class _Link(_Reply):
    url: str


class _Links(_Reply):
    images: list[_Link]


class _Film(_Reply):
    url: str
    thumbnail: str | None = None
    duration: float | None = None


ReplyT = TypeVar("ReplyT", bound=_Reply)


class HttpStage(StageService):
    """One stage at one address; its own host is trusted, because the operator has set it."""

    def __init__(
        self, stage: OutsideStage, base_url: str, clock: Clock, *, deadline_seconds: float | None = None
    ) -> None:
        self.name = f"outside {stage.value}"
        self.account = f"outside:{stage.value}"
        self.deadline_seconds = deadline_seconds or DEADLINES_SECONDS[stage]
        self._base_url = base_url
        self._clock = clock
        self._service = OutboundClient()
        self._others = OutboundClient(rules=AddressRules())

    @override
    async def write(self, wish: dict[str, JsonValue], *, key: AttemptKey) -> str:
        return (await self._ask("/generate", wish, _Text)).text

    @override
    async def speak(self, wish: dict[str, JsonValue], *, key: AttemptKey) -> str:
        return (await self._ask("/generate", wish, _Link)).url

    @override
    async def draw(self, prompt: str, style: str, *, key: AttemptKey) -> str:
        return (await self._ask("/generate", {"prompt": prompt, "style": style}, _Link)).url

    @override
    async def draw_all(self, prompts: Sequence[str], style: str, *, key: AttemptKey) -> tuple[str, ...]:
        wish: dict[str, JsonValue] = {"images": [{"prompt": prompt} for prompt in prompts], "style": style}
        made = (await self._ask("/generate-batch", wish, _Links)).images
        if len(made) != len(prompts):
            raise OutsideFailed(provider=self.name, provider_code=f"{len(made)} of {len(prompts)} pictures")
        return tuple(each.url for each in made)

    @override
    async def render(self, wish: dict[str, JsonValue], *, key: AttemptKey) -> DeliveredFilm:
        made = await self._ask("/render", wish, _Film)
        return DeliveredFilm(made.url, made.thumbnail, made.duration)

    @override
    async def fetch(self, link: str, into: BinarySink, *, max_bytes: int) -> FetchedMedia:
        try:
            address = urljoin(f"{self._base_url}/", link)
            is_own = urlsplit(address).hostname == urlsplit(self._base_url).hostname
            client = self._service if is_own else self._others
            got = await FileDownload(client, self._clock, into, max_bytes=max_bytes).run(
                address, total_seconds=FETCH_SECONDS
            )
        except (OutboundFailed, AddressRefused, TooLarge, ValueError) as fault:
            hint = "What the service made cannot be downloaded from the link that it gave."
            raise TaskLost(provider=self.name, hint=hint) from fault
        return FetchedMedia(got.size_bytes, got.sha256, got.media_type)

    @override
    async def close(self) -> None:
        await self._service.close()
        await self._others.close()

    async def _ask(self, path: str, wish: dict[str, JsonValue], kind: type[ReplyT]) -> ReplyT:
        seconds = self.deadline_seconds
        request = OutboundRequest(
            "POST", f"{self._base_url}{path}", body=wish, total_seconds=seconds, read_seconds=seconds
        )
        try:
            reply = await self._service.send(request)
        except OutboundFailed as fault:
            if fault.maybe_sent:
                raise OutsideLate(provider=self.name) from fault
            raise Unreachable(provider=self.name) from fault
        self._judge(reply)
        try:
            return kind.model_validate_json(reply.content)
        except ValidationError as wrong:
            raise OutsideFailed(provider=self.name, provider_code="not the agreed reply") from wrong

    def _judge(self, reply: OutboundReply) -> None:
        status = reply.status
        code = f"status {status}"
        if reply.is_success:
            return
        if status == DOWN:
            raise Unreachable(provider=self.name, provider_code=code)
        if status == BUSY:
            raise RateLimited(provider=self.name, provider_code=code, retry_after_seconds=_wait_of(reply))
        if status in NO_ACCESS:
            raise AccountProblem(provider=self.name, provider_code=code)
        if status in UNFIT:
            raise InvalidRequest(provider=self.name, provider_code=code)
        raise OutsideFailed(provider=self.name, provider_code=code)


def _wait_of(reply: OutboundReply) -> int | None:
    said = reply.headers.get("retry-after", "")
    return min(int(said), MOST_WAIT_SECONDS) if said.isascii() and said.isdecimal() else None
