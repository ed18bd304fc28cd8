"""Frozen views of single pictures and pieces of music, and what may be wished for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pydantic import JsonValue

from app.jobs.domain import JobView
from app.library.values import AssetView

__all__ = ["PieceFilter", "PieceKind", "PieceStatus", "PieceView", "PieceWish"]


class PieceKind(StrEnum):
    """What is made."""

    IMAGE = "image"
    MUSIC = "music"


class PieceStatus(StrEnum):
    """Where a piece stands, as its clients read it."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class PieceWish:
    """A prompt with options in the words of the client; `notes` say what was brought to the nearest offer."""

    kind: PieceKind
    prompt: str
    options: Mapping[str, JsonValue] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    source_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class PieceView:
    """One picture or piece of music with its newest job and, once made, its file."""

    id: str
    owner_id: str
    kind: PieceKind
    prompt: str
    options: Mapping[str, JsonValue]
    notes: tuple[str, ...]
    source_id: str | None
    asset: AssetView | None
    job: JobView
    status: PieceStatus
    fault: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class PieceFilter:
    """Which pieces a list shows; options are compared as they were wished for."""

    kind: PieceKind
    style: str | None = None
    quality: str | None = None
    status: PieceStatus | None = None
    mood: str | None = None
