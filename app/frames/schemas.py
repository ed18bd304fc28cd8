"""Wire shapes of key frames."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Self

from pydantic import Field, StringConstraints

from app.core.schema import Body, Reply, Utc
from app.frames.domain import CandidateView, FrameSheet
from app.projects.domain import FrameOrigin

MICRO = 1_000_000
Id = Annotated[str, StringConstraints(min_length=1, max_length=36)]


class ChoiceBody(Body):
    """Which candidate takes the frame's place."""

    candidate_id: Id = Field(examples=["01a1fc00-0000-7000-8000-000000000000"])


class CandidateRead(Reply):
    """One picture that was made for a frame."""

    id: str
    origin: FrameOrigin
    image_url: str | None
    prompt: str
    provider: str | None
    model: str | None
    cost: float
    current: bool
    created_at: Utc
    updated_at: Utc

    @classmethod
    def of(cls, candidate: CandidateView, sheet: FrameSheet, links: Mapping[str, str]) -> Self:
        """The candidate with a link to its picture."""
        return cls(
            id=candidate.id,
            origin=candidate.origin,
            image_url=links.get(candidate.asset_id),
            prompt=candidate.prompt,
            provider=candidate.provider,
            model=candidate.model,
            cost=candidate.cost_micro_usd / MICRO,
            current=candidate.asset_id == sheet.frame.asset_id,
            created_at=candidate.created_at,
            updated_at=candidate.updated_at,
        )


class FrameRead(Reply):
    """One key frame; its candidates are the newest twenty, the last made first."""

    id: str
    position: int
    image_url: str | None
    origin: FrameOrigin | None
    approved: bool
    stale: bool
    candidates: list[CandidateRead]

    @classmethod
    def of(cls, sheet: FrameSheet, links: Mapping[str, str]) -> Self:
        """The frame with links to its pictures."""
        frame = sheet.frame
        return cls(
            id=frame.id,
            position=frame.position,
            image_url=links.get(frame.asset_id or ""),
            origin=frame.origin,
            approved=frame.approved,
            stale=sheet.stale,
            candidates=[CandidateRead.of(candidate, sheet, links) for candidate in sheet.candidates],
        )


class FrameList(Reply):
    """The key frames 0 to n of a project; frame k ends segment k-1 and begins segment k."""

    frames: list[FrameRead]
    total: int


class FrameMade(Reply):
    """A frame that has a new picture."""

    position: int
    candidate_id: str
    asset_id: str


class FramesMade(Reply):
    """What a job has made."""

    frames: list[FrameMade]


def sheet_media(sheets: Sequence[FrameSheet]) -> frozenset[str]:
    """The assets these sheets link to."""
    shown = {sheet.frame.asset_id for sheet in sheets if sheet.frame.asset_id}
    return frozenset(shown | {candidate.asset_id for sheet in sheets for candidate in sheet.candidates})
