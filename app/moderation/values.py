"""Frozen views of verdicts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

__all__ = ["Decision", "Ruling", "Subject", "VerdictView"]


class Subject(StrEnum):
    """What is judged."""

    TEXT = "text"
    PICTURE = "picture"


class Decision(StrEnum):
    """What follows from a judgement."""

    ALLOW = "allow"
    BLOCK = "block"
    HOLD = "hold"


@dataclass(frozen=True)
class Ruling:
    """A decision and the categories that led to it, the gravest first."""

    decision: Decision
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class VerdictView:
    """What was found in one content, and what follows; without a judge nobody could tell."""

    id: str
    subject: Subject
    content_hash: str
    decision: Decision
    judge: str | None
    categories: tuple[str, ...]
    scores: Mapping[str, float]
    excerpt: str
    reviewed_by: str | None
    created_at: datetime
    updated_at: datetime

    @property
    def is_settled(self) -> bool:
        """Whether the same content need not be judged again."""
        return self.judge is not None or self.reviewed_by is not None
