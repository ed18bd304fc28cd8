"""Judge a text or a picture once, keep the verdict, and say no where the policy does; people review what is held."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Self

import structlog

from app.audit.service import AuditLog
from app.core.database import Session
from app.core.pagination import Page, Window
from app.moderation.domain import Decision, Ruling, Subject, VerdictView, quality_of, ruling_of
from app.moderation.errors import ContentHeld, ContentRefused, ContentUnjudged, VerdictNotFound
from app.moderation.repository import Verdict, VerdictRepository
from app.moderation.schemas import AnalysisRead
from app.providers.errors import InvalidRequest, ProviderError
from app.providers.moderation import Judgement
from app.providers.values import Picture
from app.resources import Resources

log = structlog.get_logger("audit")
MAX_EXCERPT_CHARACTERS = 500
PATIENCE_SECONDS = 45.0


@dataclass(frozen=True)
class _Content:
    """What is judged, by its hash, and what a reviewer sees of it."""

    subject: Subject
    content_hash: str
    excerpt: str


class ModerationService:
    """Judges through the operator's judge, which no project may choose; opens its own short units of work.

    Call it outside of any unit of work, because the judge may be asked over the network.
    """

    def __init__(self, resources: Resources, *, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._resources = resources
        self._patience_seconds = patience_seconds

    async def admit_text(self, text: str) -> None:
        """Lets an allowed text pass; else says which category refuses or holds it."""
        if text.strip():
            _admit(await self.judge_text(text))

    async def admit_picture(self, picture: Picture) -> None:
        """Lets an allowed picture pass; else says which category refuses or holds it."""
        _admit(await self.judge_picture(picture))

    async def judge_text(self, text: str) -> VerdictView:
        """The verdict on a text; the same text is judged once."""
        hashed = hashlib.sha256(text.encode()).hexdigest()
        content = _Content(Subject.TEXT, hashed, text[:MAX_EXCERPT_CHARACTERS].replace("\0", ""))
        return await self._judged(content, lambda: self._resources.engines.moderation().judge_text(text))

    async def judge_picture(self, picture: Picture) -> VerdictView:
        """The verdict on a picture; a judge that sees only text lets it pass, and the verdict names no judge."""
        hashed = await self._resources.threads.run(_digest, picture.content)
        content = _Content(Subject.PICTURE, hashed, "")
        return await self._judged(content, lambda: self._resources.engines.moderation().judge_picture(picture))

    async def _judged(self, content: _Content, judge: Callable[[], Awaitable[Judgement]]) -> VerdictView:
        async with self._resources.database.reading() as session:
            known = await self._verdicts(session).of_content(content.subject, content.content_hash)
        if known is not None and known.is_settled:
            return known
        fresh = await self._fresh(content, judge)
        async with self._resources.database.unit_of_work() as session:
            return await self._verdicts(session).keep(fresh)

    async def _fresh(self, content: _Content, judge: Callable[[], Awaitable[Judgement]]) -> Verdict:
        try:
            async with asyncio.timeout(self._patience_seconds):
                judgement = await judge()
        except InvalidRequest as blind:
            sees_only_text = content.subject is Subject.PICTURE
            log.info("content_unjudged", subject=content.subject, object=content.content_hash, error=blind.code)
            return _row(content, Ruling(Decision.ALLOW if sees_only_text else Decision.HOLD), None)
        except ProviderError as fault:
            log.warning("content_unjudged", subject=content.subject, object=content.content_hash, error=fault.code)
            return _row(content, Ruling(Decision.HOLD), None)
        except TimeoutError:
            log.warning("content_unjudged", subject=content.subject, object=content.content_hash, error="timed_out")
            return _row(content, Ruling(Decision.HOLD), None)
        return _row(content, ruling_of(judgement), judgement)

    def _verdicts(self, session: Session) -> VerdictRepository:
        return VerdictRepository(session, self._resources.clock)


class ReviewService:
    """What people do with verdicts, in the caller's unit of work."""

    def __init__(self, verdicts: VerdictRepository, entries: AuditLog) -> None:
        self._verdicts = verdicts
        self._entries = entries

    @classmethod
    def over(cls, session: Session, resources: Resources) -> Self:
        """The service on this session."""
        return cls(VerdictRepository(session, resources.clock), AuditLog.over(session, resources.clock))

    async def listed(self, decision: Decision | None, window: Window) -> tuple[Page[VerdictView], int]:
        """One page of verdicts and how many there are."""
        return await self._verdicts.listed(decision, window)

    async def forget_excerpts(self, texts: Collection[str]) -> None:
        """Takes back what reviewers see of these texts; the verdicts stay, by the hash of what was judged."""
        for text in set(texts):
            await self._verdicts.forget_excerpts(text[:MAX_EXCERPT_CHARACTERS].replace("\0", ""))

    async def decide(self, verdict_id: str, decision: Decision, reviewer_id: str, reason: str = "") -> VerdictView:
        """A person's word on a content; it counts from the next judgement of the same content on."""
        decided = await self._verdicts.decide(verdict_id, decision, reviewer_id)
        if decided is None:
            raise VerdictNotFound
        subject = f"verdict:{verdict_id}"
        await self._entries.record(reviewer_id, "verdict.decide", subject, reason, decision=decision.value)
        return decided


async def analyze(resources: Resources, prompt: str) -> AnalysisRead:
    """What is to be said about a prompt before anything is made of it."""
    if not prompt.strip():
        return AnalysisRead.unjudged("The prompt is empty. Describe in a sentence what the film shows.")
    verdict = await ModerationService(resources).judge_text(prompt)
    if verdict.is_settled:
        return AnalysisRead.of(quality_of(prompt), verdict)
    return AnalysisRead.unjudged(ContentUnjudged.message)


def _admit(verdict: VerdictView) -> None:
    match verdict.decision:
        case Decision.ALLOW:
            return
        case Decision.BLOCK:
            raise ContentRefused.over(verdict.categories)
        case Decision.HOLD if verdict.is_settled:
            raise ContentHeld.over(verdict.categories)
        case Decision.HOLD:
            raise ContentUnjudged


def _row(content: _Content, ruling: Ruling, judgement: Judgement | None) -> Verdict:
    is_allowed = ruling.decision is Decision.ALLOW
    return Verdict(
        subject=content.subject,
        content_hash=content.content_hash,
        decision=ruling.decision,
        judge=None if judgement is None else judgement.model[:120],
        categories=list(ruling.categories),
        scores={} if judgement is None else _storable(judgement),
        excerpt="" if is_allowed else content.excerpt,
        reviewed_by=None,
    )


def _storable(judgement: Judgement) -> dict[str, float]:
    # JSON knows no NaN, and a score that is not a number is as good as certain here.
    return {category: score if score == score else 1.0 for category, score in judgement.scores.items()}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
