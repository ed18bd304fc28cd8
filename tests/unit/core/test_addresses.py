"""Where outbound calls may go, whatever an address looks like or a name answers."""

from collections.abc import Sequence

import httpx
import pytest

from app.core.http import (
    AddressRefused,
    AddressRules,
    OutboundClient,
    OutboundFailed,
    OutboundRequest,
    is_public,
    parse_address,
)
from tests.unit.core.listeners import calling, listening, replying

PUBLIC = "93.184.215.14"
FORBIDDEN_FORMS = (
    "http://example.com/",
    "https://127.0.0.1/",
    "https://127.0.0.2/",
    "https://127.1/",
    "https://127.0.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.1/",
    "https://0x7f.0x0.0x0.0x1/",
    "https://0177.0.0.1/",
    "https://0177.1/",
    "https://017700000001/",
    "https://0/",
    "https://0.0.0.0/",
    "https://localhost/",
    "https://localhost./",
    "https://LOCALHOST/",
    "https://localhost.localdomain/",
    "https://[::1]/",
    "https://[::]/",
    "https://[0:0:0:0:0:0:0:1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b::127.0.0.1]/",
    "https://[64:ff9b:1::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[2002:7f00:0001::1]/",
    "https://[2001:0:7f00:1::]/",
    "https://[fec0::1]/",
    "https://[fe80::1]/",
    "https://[fe80::1%25lo]/",
    "https://[fc00::1]/",
    "https://[ff02::1]/",
    "https://[2001:db8::1]/",
    "https://[3fff::1]/",
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://192.168.1.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://[fd00:ec2::254]/",
    "https://100.64.0.1/",
    "https://100.100.100.200/",
    "https://192.0.0.8/",
    "https://192.88.99.1/",
    "https://198.18.0.1/",
    "https://224.0.0.1/",
    "https://239.255.255.250/",
    "https://240.0.0.1/",
    "https://255.255.255.255/",
    "https://example.com:22/",
    "https://example.com:8443/",
    "https://example.com:80/",
    "https://user@example.com/",
    "https://user:word@example.com/",
    "https://example.com@127.0.0.1/",
    "https://127.0.0.1\\@example.com/",
    "https://example.com\\@127.0.0.1/",
    "https://%31%32%37.0.0.1/",
    "https://127。0。0。1/",
    "https://①②⑦.⓪.⓪.①/",
    "https://ex ample.com/",
    "https:///etc/passwd",
    "https://",
    "https:example.com",
    "//example.com/",
    "ftp://example.com/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:70/",
    "javascript:alert(1)",
    "data:text/html,x",
    "unix:///var/run/docker.sock",
    "example.com",
)


class Names:
    """A resolver that answers what it was given, one answer after the other."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def machines(self, host: str) -> Sequence[str]:
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class Recorder(httpx.AsyncBaseTransport):
    """Takes the place of the network and keeps what would have been connected to."""

    def __init__(self, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self.requests: list[httpx.Request] = []
        self.reply = (status, headers or {})

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(self.reply[0], headers=self.reply[1], stream=httpx.ByteStream(b"{}"))


@pytest.mark.parametrize("address", FORBIDDEN_FORMS)
async def test_no_form_of_a_forbidden_address_is_connected_to(address: str) -> None:
    network = Recorder()
    async with calling(OutboundClient(rules=AddressRules(), transport=network)) as client:
        with pytest.raises((AddressRefused, OutboundFailed)):
            await client.send(OutboundRequest("POST", address, body={}))
    assert network.requests == []


def test_there_are_at_least_sixty_forms() -> None:
    assert len(FORBIDDEN_FORMS) >= 60


async def test_a_public_name_is_called_at_its_machine_under_its_own_name() -> None:
    network, names = Recorder(), Names([PUBLIC])
    async with calling(OutboundClient(rules=AddressRules(), resolver=names, transport=network)) as client:
        assert (await client.send(OutboundRequest("POST", "https://hooks.example.com/x?y=1", body={}))).status == 200
    sent = network.requests[0]
    assert (sent.url.host, sent.headers["host"]) == (PUBLIC, "hooks.example.com")
    assert sent.extensions["sni_hostname"] == "hooks.example.com"
    assert names.asked == ["hooks.example.com"]


async def test_a_name_that_rebinds_is_resolved_once_per_call_and_never_connected_inside() -> None:
    network, names = Recorder(), Names([PUBLIC], ["127.0.0.1"])
    async with calling(OutboundClient(rules=AddressRules(), resolver=names, transport=network)) as client:
        await client.send(OutboundRequest("GET", "https://rebind.example.com/"))
        with pytest.raises(AddressRefused):
            await client.send(OutboundRequest("GET", "https://rebind.example.com/"))
    assert [request.url.host for request in network.requests] == [PUBLIC]


@pytest.mark.parametrize("answers", [[PUBLIC, "10.0.0.1"], ["10.0.0.1", PUBLIC], [], ["not an address"]])
async def test_one_private_answer_among_public_ones_is_enough_to_refuse(answers: list[str]) -> None:
    network = Recorder()
    async with calling(OutboundClient(rules=AddressRules(), resolver=Names(answers), transport=network)) as client:
        with pytest.raises(AddressRefused):
            await client.send(OutboundRequest("GET", "https://mixed.example.com/"))
    assert network.requests == []


async def test_a_redirect_inside_is_an_answer_and_is_never_followed() -> None:
    network = Recorder(302, {"Location": "https://127.0.0.1/"})
    async with calling(OutboundClient(rules=AddressRules(), resolver=Names([PUBLIC]), transport=network)) as client:
        reply = await client.send(OutboundRequest("GET", "https://redirect.example.com/"))
    assert reply.status == 302
    assert len(network.requests) == 1


async def test_a_real_listener_on_loopback_hears_nothing_of_a_forbidden_call() -> None:
    async with listening(replying(b"{}")) as (address, heard):
        port = address.rpartition(":")[2]
        async with calling(OutboundClient(rules=AddressRules())) as client:
            for form in (address, f"https://127.0.0.1:{port}/", f"https://localhost:{port}/", f"https://[::1]:{port}/"):
                with pytest.raises(AddressRefused):
                    await client.send(OutboundRequest("GET", form))
    assert heard == []


async def test_an_origin_that_the_operator_set_is_trusted_and_its_neighbours_are_not() -> None:
    async with listening(replying(b"{}")) as (address, heard):
        rules = AddressRules(trusted_origins=frozenset({address}))
        async with calling(OutboundClient(rules=rules)) as client:
            assert (await client.send(OutboundRequest("GET", f"{address}/file"))).status == 200
            with pytest.raises(AddressRefused):
                await client.send(OutboundRequest("GET", address.replace("http://", "http://user@")))
    assert len(heard) == 1


@pytest.mark.parametrize(
    ("host", "allowed"),
    [("cdn.vendor.io", True), ("vendor.io", True), ("evilvendor.io", False), ("vendor.io.evil.com", False)],
)
async def test_files_come_only_from_hosts_of_the_vendor(host: str, *, allowed: bool) -> None:
    rules, network = AddressRules(frozenset({"vendor.io"})), Recorder()
    async with calling(OutboundClient(rules=rules, resolver=Names([PUBLIC]), transport=network)) as client:
        if allowed:
            await client.send(OutboundRequest("GET", f"https://{host}/"))
        else:
            with pytest.raises(AddressRefused):
                await client.send(OutboundRequest("GET", f"https://{host}/"))
    assert len(network.requests) == allowed


@pytest.mark.parametrize(
    "machine", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "2001:4860:4860::8888", "64:ff9b::808:808"]
)
def test_the_open_internet_is_public(machine: str) -> None:
    assert is_public(machine)


def test_an_endless_address_is_refused() -> None:
    with pytest.raises(AddressRefused):
        parse_address("https://example.com/" + "a" * 3000)
