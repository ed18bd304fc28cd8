"""Sends one signed message: to public machines only, without redirects, with a limited answer in limited time."""

from typing_extensions import override

from app.core.http import AddressRefused, AddressRules, OutboundClient, OutboundFailed, OutboundRequest
from app.notifications.delivery import Poster
from app.notifications.values import Posted

__all__ = ["WebhookPoster"]

TOTAL_SECONDS = 20.0
ANSWER_BYTES = 64 * 1024


class WebhookPoster(Poster):
    """The real sender; whoever builds it closes it."""

    def __init__(self, client: OutboundClient | None = None) -> None:
        self._client = client or OutboundClient(rules=AddressRules())

    @override
    async def post(self, url: str, headers: dict[str, str], payload: bytes) -> Posted:
        request = OutboundRequest(
            "POST", url, headers=headers, body=payload, max_bytes=ANSWER_BYTES, total_seconds=TOTAL_SECONDS
        )
        try:
            reply = await self._client.send(request)
        except AddressRefused:
            return Posted(None, "address_refused")
        except OutboundFailed as failed:
            return Posted(None, failed.reason[:64])
        wished = reply.headers.get("retry-after", "")
        return Posted(reply.status, retry_after_seconds=int(wished[:6]) if wished.isdecimal() else None)

    async def close(self) -> None:
        """Closes every connection."""
        await self._client.close()
