"""Which web addresses and which machines an outbound call may reach."""

import ipaddress
from dataclasses import dataclass

import httpx

from app.core.errors import Unusable

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
DEFAULT_PORTS = {"https": 443, "http": 80}
MAX_ADDRESS_CHARACTERS = 2048
HOST_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-._:")
GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# Python 3.11 calls these global, although no public service lives there.
NOT_PUBLIC = (
    ipaddress.ip_network("192.0.0.0/24"),
    ipaddress.ip_network("192.88.99.0/24"),
    ipaddress.ip_network("2001::/23"),
    ipaddress.ip_network("3fff::/20"),
)


class AddressRefused(Unusable):
    """The address is not one that this service calls."""

    code = "address.refused"
    message = "This address cannot be called. Use a public https address on port 443 without user name and password."


def parse_address(address: str) -> httpx.URL:
    """The address as the HTTP client itself reads it, so that the check and the connection see the same host."""
    if len(address) > MAX_ADDRESS_CHARACTERS:
        raise AddressRefused
    try:
        return httpx.URL(address)
    except (httpx.InvalidURL, ValueError) as wrong:
        raise AddressRefused from wrong


def origin_of(address: httpx.URL) -> str:
    """Scheme, host and port, spelled one way."""
    return f"{address.scheme}://{address.host.lower()}:{_port(address)}"


def is_public(machine: str) -> bool:
    """Whether this machine address belongs to the open internet, also behind its translations."""
    try:
        found = ipaddress.ip_address(machine)
    except ValueError:
        return False
    inner = _unwrapped(found)
    if isinstance(inner, ipaddress.IPv6Address) and inner not in GLOBAL_UNICAST:
        return False
    reachable = inner.is_global and not inner.is_multicast and not inner.is_reserved
    return reachable and not any(inner in network for network in NOT_PUBLIC)


def _unwrapped(machine: IpAddress) -> IpAddress:
    """The IPv4 address that an IPv6 address stands for, else the address itself."""
    if isinstance(machine, ipaddress.IPv4Address):
        return machine
    if machine in NAT64:
        return ipaddress.IPv4Address(int(machine) & 0xFFFFFFFF)
    return machine.ipv4_mapped or machine.sixtofour or machine


@dataclass(frozen=True)
class AddressRules:
    """What an address must be like; `trusted_origins` come from the operator's settings and are not questioned."""

    hosts: frozenset[str] = frozenset()
    trusted_origins: frozenset[str] = frozenset()

    def trusts(self, address: httpx.URL) -> bool:
        """Whether the operator's settings name this very origin."""
        return not address.userinfo and origin_of(address) in self.trusted_origins

    def check(self, address: httpx.URL) -> None:
        """Refuses an address whose text already breaks the rules."""
        if self.trusts(address):
            return
        host = address.host.lower()
        if address.scheme != "https" or address.userinfo or _port(address) != DEFAULT_PORTS["https"]:
            raise AddressRefused
        if not host or not HOST_CHARACTERS.issuperset(host):
            raise AddressRefused
        if self.hosts and not any(host == known or host.endswith(f".{known}") for known in self.hosts):
            raise AddressRefused(hint="The host is not on the list of hosts that this vendor serves files from.")


def _port(address: httpx.URL) -> int:
    return address.port or DEFAULT_PORTS.get(address.scheme, 0)
