"""No address that a user gives is connected to inside: every form at the door of webhooks, and names that rebind."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httpx2
import pytest

from app.core.http import AddressRefused, AddressRules, OutboundClient, OutboundRequest
from tests.unit.core.listeners import calling
from tests.unit.core.test_addresses import FORBIDDEN_FORMS


class Inside:
    """A resolver for which every name stands for a machine inside."""

    def __init__(self, machine: str) -> None:
        self._machine = machine

    async def machines(self, host: str) -> Sequence[str]:
        return [self._machine]


@asynccontextmanager
async def canary() -> AsyncIterator[tuple[int, list[str]]]:
    """A listener on every address of this machine that counts who connects."""
    heard: list[str] = []

    async def hear(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(str(writer.get_extra_info("peername")))
        writer.close()

    server = await asyncio.start_server(hear, host=["127.0.0.1", "::1"] if socket.has_ipv6 else ["127.0.0.1"], port=0)
    async with server:
        yield server.sockets[0].getsockname()[1], heard


@pytest.mark.timeout(300)
async def test_no_form_is_taken_as_the_address_of_a_webhook_and_called(alice: httpx2.AsyncClient) -> None:
    async with canary() as (port, heard):
        forms = [*FORBIDDEN_FORMS, *(f"https://{host}:{port}/" for host in ("127.0.0.1", "localhost", "[::1]", "0"))]
        taken = []
        for form in forms:
            reply = await alice.post("/api/v1/webhooks", json={"url": form})
            if reply.is_success:
                taken.append((form, reply.json()["id"]))
        for _, webhook_id in taken:
            await alice.post(f"/api/v1/webhooks/{webhook_id}/test")
        print(f"outbound: {len(forms)} forms, {len(taken)} taken, {len(heard)} connections")
        assert heard == []
    assert len(forms) >= 60


@pytest.mark.parametrize("inside", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"])
async def test_a_name_that_has_been_pointed_inside_reaches_nothing(inside: str) -> None:
    """That it is looked up once for each call, and that one answer is called, is proven with the forms themselves."""
    async with canary() as (port, heard):
        async with calling(OutboundClient(rules=AddressRules(), resolver=Inside(inside))) as client:
            for address in (f"https://rebind.example.com:{port}/", "https://rebind.example.com/"):
                with pytest.raises(AddressRefused):
                    await client.send(OutboundRequest("GET", address))
        assert heard == []
