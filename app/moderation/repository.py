"""Table and SQL of verdicts: one per content, found by its hash, listed for review."""

from contextlib import suppress
from typing import Any

from sqlalchemy import Index, Select, String, UniqueConstraint, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from app.core.pagination import Page, Window
from app.core.repository import Repository
from app.core.tables import Base, Keyed, string_enum
from app.moderation.domain import Decision, Subject, VerdictView


class Verdict(Keyed, Base):
    """What follows for one content, whoever sends it; kept for audit."""

    __tablename__ = "verdicts"

    subject: Mapped[Subject] = mapped_column(string_enum(Subject))
    content_hash: Mapped[str] = mapped_column(String(64))
    decision: Mapped[Decision] = mapped_column(string_enum(Decision))
    judge: Mapped[str | None] = mapped_column(String(120))
    categories: Mapped[list[Any]]
    scores: Mapped[dict[str, Any]]
    excerpt: Mapped[str] = mapped_column(String(500))
    reviewed_by: Mapped[str | None] = mapped_column(String(36))

    __table_args__ = (
        UniqueConstraint("subject", "content_hash"),
        Index("ix_verdicts_decision_created_at", "decision", "created_at"),
    )


TELLING_CHARACTERS, SOUGHT_CHARACTERS = 20, 200


class VerdictRepository(Repository[Verdict]):
    """Verdicts by content and by decision."""

    table = Verdict

    async def view(self, verdict_id: str) -> VerdictView | None:
        """One verdict."""
        row = await self.find(verdict_id)
        return None if row is None else verdict_view(row)

    async def of_content(self, subject: Subject, content_hash: str) -> VerdictView | None:
        """What was decided about a content before."""
        row = await self.one(_of_content(subject, content_hash))
        return None if row is None else verdict_view(row)

    async def keep(self, fresh: Verdict) -> VerdictView:
        """Stores a verdict; where two judge at once, or a person has decided meanwhile, the first word counts."""
        row = await self.one(_of_content(fresh.subject, fresh.content_hash).with_for_update())
        if row is None:
            with suppress(IntegrityError):
                async with self._session.begin_nested():
                    return verdict_view(await self.add(fresh))
            row = (await self._session.scalars(_of_content(fresh.subject, fresh.content_hash).with_for_update())).one()
        if not verdict_view(row).is_settled:
            row.decision, row.judge, row.categories = fresh.decision, fresh.judge, fresh.categories
            row.scores, row.excerpt, row.updated_at = fresh.scores, fresh.excerpt, self._clock.now()
            await self._session.flush()
        return verdict_view(row)

    async def decide(self, verdict_id: str, decision: Decision, reviewer_id: str) -> VerdictView | None:
        """A person's word; the text is no longer needed then."""
        row = await self.one(select(Verdict).where(Verdict.id == verdict_id).with_for_update())
        if row is None:
            return None
        row.decision, row.reviewed_by, row.excerpt = decision, reviewer_id, ""
        row.updated_at = self._clock.now()
        await self._session.flush()
        return verdict_view(row)

    async def forget_excerpts(self, text: str) -> None:
        """Clears the excerpts that are this text or, where it is long enough to be told by, hold its beginning."""
        same = Verdict.excerpt == text
        if len(text) >= TELLING_CHARACTERS:
            same |= Verdict.excerpt.contains(text[:SOUGHT_CHARACTERS], autoescape=True)
        change = update(Verdict).where(Verdict.excerpt != "", same).values(excerpt="", updated_at=self._clock.now())
        await self._session.execute(change.execution_options(synchronize_session=False))

    async def listed(self, decision: Decision | None, window: Window) -> tuple[Page[VerdictView], int]:
        """One page, newest first, and how many there are."""
        query = select(Verdict) if decision is None else select(Verdict).where(Verdict.decision == decision)
        page = await self.page(query, window, Verdict.created_at)
        return Page(tuple(map(verdict_view, page.items)), page.next), await self.count(query)


def verdict_view(row: Verdict) -> VerdictView:
    """The row as other slices may hold it."""
    return VerdictView(
        id=row.id,
        subject=row.subject,
        content_hash=row.content_hash,
        decision=row.decision,
        judge=row.judge,
        categories=tuple(row.categories),
        scores=dict(row.scores),
        excerpt=row.excerpt,
        reviewed_by=row.reviewed_by,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _of_content(subject: Subject, content_hash: str) -> Select[Verdict]:
    return select(Verdict).where(Verdict.subject == subject, Verdict.content_hash == content_hash)
