"""What a film will still cost, by the engines it has chosen, in ranges where nobody can know better."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from app.narration.domain import expected_seconds
from app.planning.domain import AIM, PlanScope, SegmentSlot, most_words
from app.production.steps import clip_is_due, narration_is_due
from app.projects.domain import FrameOrigin, ProjectView, SegmentStatus, SegmentView, Storyboard
from app.projects.options import ProjectSettings, Visuals
from app.providers.values import Role

# Letters of a spoken word with the space after it: Polish and German words are about that long, others shorter.
LETTERS_PER_WORD: Final = 7


class Work(StrEnum):
    """What is bought for a film, in the order of the way."""

    PLAN = "plan"
    VOICE = "voice"
    NARRATION = "narration"
    FRAME = "frame"
    CLIP = "clip"


ROLES: Final[Mapping[Work, Role]] = MappingProxyType(
    {
        Work.PLAN: Role.PLANNER,
        Work.VOICE: Role.SPEECH,
        Work.NARRATION: Role.SPEECH,
        Work.FRAME: Role.IMAGE,
        Work.CLIP: Role.VIDEO,
    }
)


@dataclass(frozen=True)
class Amount:
    """Money that is likely to be spent, and between which bounds it may turn out; in micro dollars."""

    low: int = 0
    likely: int = 0
    high: int = 0

    @classmethod
    def exactly(cls, micro_usd: int) -> "Amount":
        """A price that is known."""
        return cls(micro_usd, micro_usd, micro_usd)

    def __add__(self, other: "Amount") -> "Amount":
        """Both together."""
        return Amount(self.low + other.low, self.likely + other.likely, self.high + other.high)


@dataclass(frozen=True, kw_only=True)
class Purchase:
    """One thing to be bought of one engine; without a segment it is for the whole film."""

    work: Work
    provider: str
    model: str
    amount: Amount
    segment_id: str | None = None


@dataclass(frozen=True)
class Estimate:
    """Everything that is still to be bought for a film."""

    board: Storyboard
    purchases: tuple[Purchase, ...]

    @property
    def total(self) -> Amount:
        """What it adds up to."""
        return added(self.purchases)

    def of_segment(self, segment_id: str) -> tuple[Purchase, ...]:
        """What is to be bought for one segment."""
        return tuple(purchase for purchase in self.purchases if purchase.segment_id == segment_id)

    def groups(self) -> Mapping[tuple[Work, str, str], Sequence[Purchase]]:
        """Purchases by work, engine and model."""
        found: dict[tuple[Work, str, str], list[Purchase]] = {}
        for purchase in self.purchases:
            found.setdefault((purchase.work, purchase.provider, purchase.model), []).append(purchase)
        return found


@dataclass(frozen=True)
class Letters:
    """How long a narration is, or may become."""

    low: int
    likely: int
    high: int


def added(purchases: Collection[Purchase]) -> Amount:
    """What purchases add up to."""
    return sum((purchase.amount for purchase in purchases), Amount())


def is_unwritten(board: Storyboard) -> bool:
    """Whether a plan is still to be written."""
    return any(segment.status is SegmentStatus.PENDING for segment in board.segments)


def lacks_voice(project: ProjectView) -> bool:
    """Whether there is a sample to speak like, and no voice yet."""
    has_voice = project.voice_id is not None or project.settings.narration.voice is not None
    return project.audio_sample_asset_id is not None and not has_voice


def clips_due(board: Storyboard, *, hands_on: bool) -> frozenset[int]:
    """Segments whose clip is to be made; where a clip hands its last picture on, a new one makes the next one old."""
    due: set[int] = set()
    for segment in board.segments:
        before = board.segments[segment.index - 1] if segment.index - 1 in due else None
        if clip_is_due(segment) or (before is not None and _will_hand_on(before, hands_on=hands_on)):
            due.add(segment.index)
    return frozenset(due)


def frames_due(
    board: Storyboard, clips: Collection[int], needed: Collection[int], *, hands_on: bool
) -> tuple[int, ...]:
    """Positions to be drawn: those that clips to be made run between, and that need a picture or are not told yet."""
    if hands_on:
        return (0,) if 0 in clips and 0 in needed else ()
    wanted = {position for index in clips for position in (index, index + 1)}
    return tuple(sorted(p for p in wanted if p in needed or _will_be_told(board, p)))


def narrations_due(board: Storyboard) -> Iterator[SegmentView]:
    """Segments whose words are still to be spoken, or still to be written."""
    return (s for s in board.segments if s.status is SegmentStatus.PENDING or narration_is_due(s))


def letters_of(segment: SegmentView) -> Letters:
    """How many letters are spoken: as they stand, or as many as a planner is asked for and may write at most."""
    if segment.status is not SegmentStatus.PENDING:
        exactly = len(segment.narration_text.strip())
        return Letters(exactly, exactly, exactly)
    most = most_words(SegmentSlot(segment.duration_sec), _scope(segment.settings)) * LETTERS_PER_WORD
    return Letters(0, int(most * AIM), most)


def may_grow(segment: SegmentView) -> bool:
    """Whether a narration that is still to be spoken may take longer than the segment."""
    if segment.status is SegmentStatus.PENDING:
        return True
    settings = segment.settings
    expected = expected_seconds(segment.narration_text, settings.language, settings.narration.speed)
    return narration_is_due(segment) and expected > segment.duration_sec


def _scope(settings: ProjectSettings) -> PlanScope:
    return PlanScope(language=settings.language, scenes=(), speed=settings.narration.speed)


def _will_hand_on(segment: SegmentView, *, hands_on: bool) -> bool:
    end = segment.last_frame
    if segment.settings.visuals is Visuals.CHAINED or hands_on:
        return end.asset_id is None or end.origin is FrameOrigin.EXTRACTED
    return end.origin is FrameOrigin.EXTRACTED


def _will_be_told(board: Storyboard, position: int) -> bool:
    """Whether a plan still to be written will say how the segment before this frame ends."""
    if position == 0 or board.frames[position].asset_id is not None:
        return False
    return board.segments[position - 1].status is SegmentStatus.PENDING
