"""Frozen entries of the audit log and which of them a list shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue

# Whoever used the command line of the installation.
OPERATOR = "operator"


@dataclass(frozen=True, kw_only=True)
class AuditView:
    """One act of an operator or administrator."""

    id: str
    created_at: datetime
    actor: str
    action: str
    subject: str
    reason: str
    details: Mapping[str, JsonValue]


@dataclass(frozen=True)
class AuditFilter:
    """Which entries a list shows."""

    actor: str | None = None
    action: str | None = None
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None
