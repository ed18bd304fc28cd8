"""SQL of voices by owner, consents by sample, and narration takes by segment."""

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update

from app.core.pagination import Page, Window
from app.core.repository import Repository
from app.narration.domain import ConsentView, NarrationView, VoiceView
from app.narration.models import Consent, Narration, Voice
from app.projects.domain import SpokenWord
from app.providers.speech import VoiceOrigin


class VoiceRepository(Repository[Voice]):
    """Voices by their owner; both our id and the vendor's name find one."""

    table = Voice

    async def keep(self, row: Voice) -> VoiceView:
        """Stores a voice, or finds the one that its job stored before."""
        kept = await self.of_job(row.job_id) if row.job_id else None
        return kept or voice_view(await self.add(row))

    async def of_job(self, job_id: str) -> VoiceView | None:
        """What a job has made already."""
        row = await self.one(select(Voice).where(Voice.job_id == job_id))
        return None if row is None else voice_view(row)

    async def owned(self, owner_id: str, name: str) -> VoiceView | None:
        """The owner's newest voice of this id or vendor's name."""
        return await self._newest(owner_id, name, Voice.deleted_at.is_(None))

    async def former(self, owner_id: str, name: str) -> VoiceView | None:
        """The voice of this name that the owner has deleted last."""
        return await self._newest(owner_id, name, Voice.deleted_at.is_not(None))

    async def cloned_from(self, owner_id: str, sample_asset_id: str, provider: str) -> VoiceView | None:
        """The owner's voice that was cloned last from this very recording."""
        query = select(Voice).where(Voice.owner_id == owner_id, Voice.provider == provider, *_live())
        query = query.where(Voice.sample_asset_id == sample_asset_id)
        row = await self.one(query.order_by(Voice.created_at.desc(), Voice.id.desc()).limit(1))
        return None if row is None else voice_view(row)

    async def is_of_another(self, owner_id: str, name: str) -> bool:
        """Whether somebody else made this voice here; what the vendor offers to the whole account is everybody's."""
        named = or_(Voice.id == name, Voice.voice_id == name)
        made = and_(Voice.origin != VoiceOrigin.SYSTEM, Voice.is_brought.is_(False))
        return await self.count(select(Voice).where(Voice.owner_id != owner_id, named, made)) > 0

    async def is_shared(self, voice: VoiceView) -> bool:
        """Whether another row stands for the same voice at the vendor."""
        query = select(Voice).where(Voice.voice_id == voice.voice_id, Voice.provider == voice.provider)
        return await self.count(query.where(Voice.id != voice.id, Voice.deleted_at.is_(None))) > 0

    async def owners(self) -> Sequence[str]:
        """Everybody who has a voice."""
        query = select(Voice.owner_id).where(Voice.deleted_at.is_(None)).distinct()
        return (await self._session.scalars(query)).all()

    async def all_of(self, owner_id: str) -> Sequence[VoiceView]:
        """Every voice of one owner."""
        query = select(Voice).where(Voice.owner_id == owner_id, Voice.deleted_at.is_(None))
        return [voice_view(row) for row in await self._session.scalars(query)]

    async def made_and_live(self) -> Sequence[VoiceView]:
        """Every cloned or designed voice that is not known to be lost."""
        query = select(Voice).where(Voice.origin != VoiceOrigin.SYSTEM, *_live()).order_by(Voice.id)
        return [voice_view(row) for row in await self._session.scalars(query)]

    async def listed(self, owner_id: str, window: Window) -> tuple[Page[VoiceView], int]:
        """One page of an owner's voices and how many there are."""
        query = select(Voice).where(Voice.owner_id == owner_id, Voice.deleted_at.is_(None))
        page = await self.page(query, window, Voice.created_at)
        return Page(tuple(map(voice_view, page.items)), page.next), await self.count(query)

    async def note(self, voice_row_id: str, **facts: object) -> None:
        """Writes what became of a voice; one that is gone is left alone."""
        now = self._clock.now()
        await self._session.execute(update(Voice).where(Voice.id == voice_row_id).values(updated_at=now, **facts))

    async def remove(self, voice_row_id: str) -> None:
        """Drops the row of a vendor's own voice; of a made one only its name stays, because it is never used again."""
        await self._session.execute(delete(Voice).where(Voice.id == voice_row_id, Voice.origin == VoiceOrigin.SYSTEM))
        blank: dict[str, object] = {"name": "", "description": "", "note": ""}
        assets: dict[str, object] = {"sample_asset_id": None, "preview_asset_id": None}
        await self.note(voice_row_id, deleted_at=self._clock.now(), **blank, **assets)

    async def _newest(self, owner_id: str, name: str, wanted: ColumnElement[bool]) -> VoiceView | None:
        named = or_(Voice.id == name, Voice.voice_id == name)
        query = select(Voice).where(Voice.owner_id == owner_id, named, wanted)
        row = await self.one(query.order_by(Voice.created_at.desc(), Voice.id.desc()).limit(1))
        return None if row is None else voice_view(row)


class ConsentRepository(Repository[Consent]):
    """Consents, which are only ever added."""

    table = Consent

    async def keep(self, row: Consent) -> ConsentView:
        """Writes down an agreement."""
        return consent_view(await self.add(row))

    async def view(self, consent_id: str) -> ConsentView | None:
        """One agreement."""
        row = await self.find(consent_id)
        return None if row is None else consent_view(row)


class NarrationRepository(Repository[Narration]):
    """Narration takes in their order."""

    table = Narration

    async def keep(self, row: Narration) -> NarrationView:
        """Stores a take under the segment's next number."""
        last = select(func.max(Narration.number)).where(Narration.segment_id == row.segment_id)
        row.number = (await self._session.scalar(last) or 0) + 1
        return narration_view(await self.add(row))

    async def taken(self, take_id: str) -> NarrationView | None:
        """One take, unless its segment is gone."""
        row = await self.find(take_id)
        return None if row is None else narration_view(row)

    async def of_job(self, job_id: str) -> NarrationView | None:
        """What a job has made already."""
        row = await self.one(select(Narration).where(Narration.job_id == job_id))
        return None if row is None else narration_view(row)

    async def of_attempt(self, attempt_id: str) -> NarrationView | None:
        """The newest take made from what one attempt bought."""
        query = select(Narration).where(Narration.attempt_id == attempt_id)
        row = await self.one(query.order_by(Narration.number.desc()).limit(1))
        return None if row is None else narration_view(row)

    async def media(self, segment_ids: Collection[str]) -> frozenset[str]:
        """The sound of every take of these segments."""
        query = select(Narration.asset_id).where(Narration.segment_id.in_(segment_ids))
        return frozenset(await self._session.scalars(query))

    async def drop(self, segment_ids: Collection[str]) -> None:
        """Forgets the takes of these segments."""
        await self._session.execute(delete(Narration).where(Narration.segment_id.in_(segment_ids)))

    async def known_attempts(self, attempt_ids: Collection[str]) -> frozenset[str]:
        """Which of these attempts some take was made from."""
        query = select(Narration.attempt_id).where(Narration.attempt_id.in_(attempt_ids))
        return frozenset(await self._session.scalars(query))

    async def of_segment(self, segment_id: str, window: Window) -> tuple[Page[NarrationView], int]:
        """One page of a segment's takes and how many there are."""
        query = select(Narration).where(Narration.segment_id == segment_id)
        page = await self.page(query, window, Narration.created_at)
        return Page(tuple(map(narration_view, page.items)), page.next), await self.count(query)


def _live() -> Sequence[ColumnElement[bool]]:
    return (Voice.deleted_at.is_(None), Voice.lost_at.is_(None))


def voice_view(row: Voice) -> VoiceView:
    """The row as others may hold it."""
    return VoiceView(
        id=row.id,
        owner_id=row.owner_id,
        voice_id=row.voice_id,
        provider=row.provider,
        origin=row.origin,
        name=row.name,
        description=row.description,
        note=row.note,
        sample_asset_id=row.sample_asset_id,
        sample_is_own=row.sample_is_own,
        is_brought=row.is_brought,
        preview_asset_id=row.preview_asset_id,
        consent_at=row.consent_at,
        expires_at=row.expires_at,
        spoken_at=row.spoken_at,
        lost_at=row.lost_at,
        deleted_at=row.deleted_at,
        job_id=row.job_id,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def consent_view(row: Consent) -> ConsentView:
    """The row as others may hold it."""
    return ConsentView(
        id=row.id,
        owner_id=row.owner_id,
        words=row.words,
        sample_asset_id=row.sample_asset_id,
        sample_sha256=row.sample_sha256,
        created_at=row.created_at,
    )


def narration_view(row: Narration) -> NarrationView:
    """The row as others may hold it."""
    return NarrationView(
        id=row.id,
        segment_id=row.segment_id,
        number=row.number,
        job_id=row.job_id,
        attempt_id=row.attempt_id,
        asset_id=row.asset_id,
        voice_id=row.voice_id,
        provider=row.provider,
        text=row.text,
        spoken_seconds=row.spoken_seconds,
        duration_seconds=row.duration_seconds,
        tempo=row.tempo,
        words_to_cut=row.words_to_cut,
        digest=row.digest,
        words=tuple(SpokenWord(*timed) for timed in row.words),
        cost_micro_usd=row.cost_micro_usd,
        created_at=row.created_at,
    )
