"""Pure: from how a film stands to what comes next, or what it waits for."""

from collections.abc import Iterable
from dataclasses import replace

from app.jobs.domain import JobFailure
from app.production.domain import (
    ApprovalRequest,
    Child,
    DrawFrames,
    Goal,
    MakeClip,
    MixSound,
    Move,
    Narrate,
    NextMoves,
    ProductionSnapshot,
    RemakePart,
    Stage,
    StartCut,
    StartVoiceClone,
    Topic,
    WritePlan,
)
from app.projects.domain import READY_TO_CUT, FrameOrigin, SegmentStatus, SegmentView, Storyboard
from app.projects.freshness import clip_is_stale, film_is_stale, narration_is_stale
from app.projects.options import Visuals

UNWRITTEN = frozenset({SegmentStatus.PENDING})
UNAPPROVED = frozenset({SegmentStatus.PROMPT_READY})
PLAN_WEIGHT, NARRATION_WEIGHT, FRAME_WEIGHT, CLIP_WEIGHT, CUT_WEIGHT = 2, 1, 2, 6, 4


def decide(snapshot: ProductionSnapshot, goal: Goal) -> NextMoves:
    """The next moves; a failed part lets what runs come to its end, then ends the whole with its reason.

    Where no film is cut, a narration that fails lets its clip be made all the same.
    """
    view = _View(snapshot, goal)
    failures = (
        child.failure for child in snapshot.children if child.move is not MixSound and child not in view.unspoken
    )
    failure = next((failure for failure in failures if failure is not None), None)
    if failure is not None:
        return _ended(view, failure)
    decision = _writing(view) or _making(view) or _finishing(view)
    if decision.is_over and view.unspoken:
        return replace(decision, failure=view.unspoken[0].failure)
    return decision


def reasons(board: Storyboard, parts: Iterable[Child]) -> dict[str, JobFailure]:
    """Why segments were not made: what became of their own parts, and of the key frames they begin or end with."""
    found: dict[str, JobFailure] = {}
    for part in parts:
        if part.failure is None or part.move is MixSound:
            continue
        for segment in board.segments:
            frames = {segment.first_frame.position, segment.last_frame.position}
            if segment.id == part.segment_id or frames & set(part.positions):
                found.setdefault(segment.id, part.failure)
    return found


def progress_percent(snapshot: ProductionSnapshot, goal: Goal) -> int:
    """How much of the work that this goal needs is done, by its usual length."""
    view = _View(snapshot, goal)
    parts = [(PLAN_WEIGHT, not view.unwritten)] if goal.plans else []
    for segment in view.scope:
        if segment.narration_text.strip():
            parts.append((NARRATION_WEIGHT, not view.needs_narration(segment)))
        parts.append((FRAME_WEIGHT, segment.last_frame.asset_id is not None))
        parts.append((CLIP_WEIGHT, not view.needs_clip(segment)))
    if goal.cuts:
        parts.append((CUT_WEIGHT, view.has_film))
    done = sum(weight for weight, is_done in parts if is_done)
    return 99 * done // max(1, sum(weight for weight, _ in parts))


def is_due(segment: SegmentView) -> bool:
    """Whether something of an approved segment is missing or out of date."""
    return narration_is_due(segment) or clip_is_due(segment)


def narration_is_due(segment: SegmentView) -> bool:
    """Whether there are words that nobody speaks yet as they stand."""
    unspoken = segment.narration is None or narration_is_stale(segment)
    return unspoken and bool(segment.narration_text.strip())


def clip_is_due(segment: SegmentView) -> bool:
    """Whether the clip is missing, out of date or not wanted any more."""
    return segment.clip is None or clip_is_stale(segment) or segment.status not in READY_TO_CUT


class _View:
    """Questions about one snapshot."""

    def __init__(self, snapshot: ProductionSnapshot, goal: Goal) -> None:
        self.snapshot = snapshot
        self.goal = goal
        self.project = snapshot.board.project
        wanted = goal.segment_ids
        self.scope = [s for s in snapshot.board.segments if wanted is None or s.id in wanted]
        self.hands_on = self.project.settings.visuals is Visuals.CHAINED or not snapshot.takes_last
        self.unwritten = [s for s in self.scope if s.status in UNWRITTEN]
        self.unapproved = tuple(s.id for s in self.scope if s.status in UNAPPROVED)
        self.unreviewed = tuple(s.id for s in self.scope if s.status is SegmentStatus.GENERATED)
        # A clip that is bought without its narration can still be spoken over; a film is not cut without.
        self.unspoken = (
            [] if goal.cuts else [c for c in snapshot.children if c.move is Narrate and c.failure is not None]
        )
        self.missing_frames = self._missing_frames()

    def has_active(self, move: type[Move], segment_id: str | None = None) -> bool:
        return any(c.move is move and c.is_active and c.segment_id == segment_id for c in self.snapshot.children)

    @property
    def lacks_voice(self) -> bool:
        """Whether there is a sample to speak like, and no voice yet."""
        project = self.project
        has_voice = project.voice_id is not None or project.settings.narration.voice is not None
        return project.audio_sample_asset_id is not None and not has_voice

    @property
    def waits(self) -> bool:
        """Whether work is on its way, here or by another job, that may bring what is missing."""
        others = (s for s in self.snapshot.board.segments if s.status is SegmentStatus.GENERATING)
        is_made_elsewhere = any(segment.job_id != self.snapshot.job_id for segment in others)
        active = any(child.is_active and child.move is not MixSound for child in self.snapshot.children)
        return active or is_made_elsewhere or self.snapshot.frames_are_drawn

    @property
    def has_mixed(self) -> bool:
        return any(child.move is MixSound for child in self.snapshot.children)

    @property
    def has_film(self) -> bool:
        is_cut = self.project.film is not None and not film_is_stale(self.project)
        return is_cut and all(s.status in READY_TO_CUT for s in self.snapshot.board.segments)

    def needs_narration(self, segment: SegmentView) -> bool:
        if RemakePart.AUDIO not in self.goal.only or not segment.narration_text.strip():
            return False
        if any(child.segment_id == segment.id for child in self.unspoken):
            return False
        return narration_is_due(segment) or self._is_renewed(RemakePart.AUDIO, Narrate, segment.id)

    def needs_clip(self, segment: SegmentView) -> bool:
        if RemakePart.VIDEO not in self.goal.only:
            return False
        return clip_is_due(segment) or self._is_renewed(RemakePart.VIDEO, MakeClip, segment.id)

    def is_to_be_held(self, segment: SegmentView) -> bool:
        """Whether the segment must be kept for its clip; one whose take is accepted but not yet ended is done."""
        return segment.status is not SegmentStatus.GENERATING and not self.has_active(MakeClip, segment.id)

    def may_begin_clip(self, segment: SegmentView) -> bool:
        """Whether nothing that goes into the clip is still to come."""
        if segment.status is not SegmentStatus.GENERATING or segment.job_id != self.snapshot.job_id:
            return False
        if self.needs_narration(segment) or self.has_active(MakeClip, segment.id):
            return False
        frames = {segment.index} if self.hands_on else {segment.index, segment.index + 1}
        return not frames & self._frames_to_come() and segment.first_frame.asset_id is not None

    def _frames_to_come(self) -> frozenset[int]:
        """Missing frames, and in a chain those that a clip still has to hand on."""
        if not self.hands_on:
            return frozenset(self.missing_frames)
        due = {s.index + 1 for s in self.snapshot.board.segments if self._will_hand_on(s)}
        return frozenset(self.missing_frames) | due

    def _will_hand_on(self, segment: SegmentView) -> bool:
        is_free = segment.last_frame.asset_id is None or segment.last_frame.origin is FrameOrigin.EXTRACTED
        return is_free and segment in self.scope and self.needs_clip(segment)

    def _missing_frames(self) -> tuple[int, ...]:
        boundaries = {p for s in self.scope if self._draws_for(s) for p in self._boundaries(s)}
        return tuple(p for p in sorted(boundaries) if self._must_draw(p))

    def _draws_for(self, segment: SegmentView) -> bool:
        return self.needs_clip(segment) or RemakePart.FRAME in self.goal.renew

    def _boundaries(self, segment: SegmentView) -> tuple[int, ...]:
        if self.hands_on:
            return (0,) if segment.index == 0 else ()
        return (segment.index, segment.index + 1)

    def _must_draw(self, position: int) -> bool:
        if position in self.snapshot.frames_due:
            return not self._follows_an_open_end(position)
        return position > 0 and self._is_renewed_frame(position)

    def _follows_an_open_end(self, position: int) -> bool:
        """Whether the picture before it is still to be handed on by a clip; drawn now, it would be drawn again."""
        before = position - 1
        return (
            position > 0
            and self.snapshot.board.frames[before].asset_id is None
            and before not in self.snapshot.frames_due
        )

    def _is_renewed(self, part: RemakePart, move: type[Move], segment_id: str) -> bool:
        if part not in self.goal.renew:
            return False
        return not any(c.move is move and c.segment_id == segment_id and c.succeeded for c in self.snapshot.children)

    def _is_renewed_frame(self, position: int) -> bool:
        ended = self.snapshot.board.segments[position - 1]
        if RemakePart.FRAME not in self.goal.renew or ended not in self.scope:
            return False
        drawn = [c for c in self.snapshot.children if c.move is DrawFrames and c.succeeded]
        return not any(position in child.positions for child in drawn)


def _writing(view: _View) -> NextMoves | None:
    """The words and their approval; None when all stand."""
    if view.goal.plans and view.lacks_voice:
        started = view.has_active(StartVoiceClone)
        return NextMoves(stage=Stage.CLONING_VOICE, moves=() if started else (StartVoiceClone(),))
    if view.goal.plans and view.unwritten:
        started = view.has_active(WritePlan)
        return NextMoves(stage=Stage.PLANNING, moves=() if started else (WritePlan(),))
    if view.unapproved:
        return _approval(view, Topic.PLAN, Stage.AWAITING_PLAN_APPROVAL, view.unapproved)
    return None


def _ended(view: _View, failure: JobFailure) -> NextMoves:
    over = not any(child.is_active for child in view.snapshot.children)
    return NextMoves(stage=Stage.MAKING_CLIPS, failure=failure, is_over=over)


def _approval(view: _View, topic: Topic, stage: Stage, segment_ids: tuple[str, ...]) -> NextMoves:
    if view.goal.auto_approve or topic in view.snapshot.answered:
        return NextMoves(stage=stage, approve={topic: segment_ids})
    return NextMoves(stage=stage, asked=ApprovalRequest(topic, segment_ids))


def _making(view: _View) -> NextMoves | None:
    """Narrations, frames and clips, each as soon as what it needs is there; None when all stand."""
    narrations = [s for s in view.scope if view.needs_narration(s)]
    clips = [s for s in view.scope if view.needs_clip(s)]
    frames = view.missing_frames
    if not (narrations or clips or frames or any(child.is_active for child in _makers(view))):
        return None
    hold = tuple(s.id for s in clips if view.is_to_be_held(s))
    moves: list[Move] = []
    if frames and not view.snapshot.frames_are_drawn:
        # The chain of pictures is the longest way, so it begins before the many short ones beside it.
        moves.append(DrawFrames(frames, forced=RemakePart.FRAME in view.goal.renew))
    moves += [Narrate(s.id) for s in narrations if not view.has_active(Narrate, s.id)]
    moves += [MakeClip(s.id) for s in clips if view.may_begin_clip(s)]
    if not (moves or hold or view.waits):
        # Nothing comes any more: the start of the clip tells which frame it lacks.
        moves = [MakeClip(s.id) for s in clips[:1]]
    if view.goal.cuts and not narrations and not view.has_mixed:
        moves.append(MixSound())
    stage = Stage.NARRATING if narrations else Stage.DRAWING_FRAMES if frames else Stage.MAKING_CLIPS
    return NextMoves(stage=stage, moves=tuple(moves), hold=hold)


def _makers(view: _View) -> list[Child]:
    return [child for child in view.snapshot.children if child.move in {Narrate, DrawFrames, MakeClip}]


def _finishing(view: _View) -> NextMoves:
    if view.has_film or not view.goal.cuts:
        return NextMoves(stage=Stage.DONE, is_over=True)
    if view.unreviewed and not view.goal.auto_approve:
        return _approval(view, Topic.CLIPS, Stage.AWAITING_CLIP_APPROVAL, view.unreviewed)
    return NextMoves(stage=Stage.CUTTING, moves=() if view.has_active(StartCut) else (StartCut(),))
