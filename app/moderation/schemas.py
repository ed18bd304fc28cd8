"""Wire shapes of moderation."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints

from app.core.schema import Body, Reply, Utc
from app.moderation.domain import Decision, Quality, Subject, VerdictView

MAX_PROMPT_CHARACTERS = 20_000


class AnalysisBody(Body):
    """A prompt to look at before anything is made of it."""

    prompt: Annotated[str, StringConstraints(max_length=MAX_PROMPT_CHARACTERS)] = Field(
        examples=["A fox runs through a misty forest at dawn and finds a lantern."]
    )


class AnalysisRead(Reply):
    """What is to be said about a prompt."""

    safe: bool
    quality_score: float = Field(ge=0, le=10)
    feasible: bool
    categories: dict[str, float]
    suggestions: list[str]
    error: str | None

    @classmethod
    def of(cls, quality: Quality, verdict: VerdictView) -> Self:
        """The wire form of marks and a verdict."""
        is_safe = verdict.decision is Decision.ALLOW
        return cls(
            safe=is_safe,
            quality_score=quality.score,
            feasible=quality.feasible and is_safe,
            categories=_scores(verdict.scores),
            suggestions=[*_warnings(verdict), *quality.suggestions],
            error=None,
        )

    @classmethod
    def unjudged(cls, reason: str) -> Self:
        """Nothing can be said, and why."""
        return cls(safe=False, quality_score=0, feasible=False, categories={}, suggestions=[], error=reason)


class ReviewBody(Body):
    """A person's word; the reason is kept in the audit log."""

    decision: Literal[Decision.ALLOW, Decision.BLOCK]
    reason: Annotated[str, Field(max_length=500)] = ""


class VerdictRead(Reply):
    """What was found in one content, and what follows."""

    id: str
    subject: Subject
    content_hash: str
    decision: Decision
    judge: str | None
    categories: list[str]
    scores: dict[str, float]
    excerpt: str
    reviewed_by: str | None
    created_at: Utc
    updated_at: Utc


class VerdictList(Reply):
    """One page of verdicts."""

    verdicts: list[VerdictRead]
    total: int


def _scores(scores: Mapping[str, float]) -> dict[str, float]:
    return {category: round(score, 4) for category, score in scores.items()}


def _warnings(verdict: VerdictView) -> list[str]:
    if verdict.decision is Decision.ALLOW:
        return []
    named = ", ".join(verdict.categories)
    return [f"Reword what falls under: {named}." if named else "Reword what may hurt or harm."]
