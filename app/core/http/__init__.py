"""Outbound calls: total deadlines, address rules, size caps, redaction; tells maybe sent from surely not sent."""

from app.core.http.addresses import AddressRefused, AddressRules, is_public, origin_of, parse_address
from app.core.http.client import FormPart, OutboundClient, OutboundReply, OutboundRequest, Transport
from app.core.http.downloads import Downloaded, FileDownload, LinkExpired, Renew
from app.core.http.faults import OutboundFailed, ReplyRefused, redacted
from app.core.http.transport import PinnedTransport, Resolver, SystemResolver

__all__ = ["AddressRefused", "AddressRules", "Downloaded", "FileDownload", "LinkExpired", "OutboundClient"]
__all__ += ["OutboundFailed", "OutboundReply", "OutboundRequest", "PinnedTransport", "Renew", "ReplyRefused"]
__all__ += [
    "FormPart",
    "Resolver",
    "SystemResolver",
    "Transport",
    "is_public",
    "origin_of",
    "parse_address",
    "redacted",
]
