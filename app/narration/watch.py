"""The rounds of voice.watch: lost voices are marked, those of closed accounts deleted, unused raw sounds removed."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import groupby

import structlog

from app.accounts.errors import UserNotFound
from app.accounts.own_keys import OwnKeys, resources_of
from app.accounts.service import AccountService
from app.core.sealing import SealBroken
from app.narration.farewell import delete_voice
from app.narration.recordings import RAW_FOLDER
from app.narration.repository import NarrationRepository, VoiceRepository
from app.narration.values import VoiceCondition, VoiceView
from app.providers.errors import EngineAbsent, EngineUnknown, ProviderError
from app.resources import Resources

__all__ = ["VoiceWatch"]

log = structlog.get_logger(__name__)

# A vendor's list may lag behind the first words of a voice.
LIST_LAG = timedelta(hours=1)
RAW_KEPT = timedelta(days=30)
BATCH = 200


class VoiceWatch:
    """Looks after voices that nobody looks at; every round may be repeated."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._clock = resources.clock

    async def mark_lost(self) -> int:
        """Marks voices whose time is over or that their vendor no longer lists; says how many."""
        async with self._resources.database.reading() as session:
            voices = await VoiceRepository(session, self._clock).made_and_live()
        lost = [voice for voice in voices if voice.condition(self._clock.now()) is VoiceCondition.EXPIRED]
        spoken = [voice for voice in voices if voice.spoken_at and self._clock.now() - voice.spoken_at > LIST_LAG]
        for provider, of_provider in groupby(sorted(spoken, key=_provider), key=_provider):
            lost += await self._lost_at(provider, list(of_provider))
        async with self._resources.database.unit_of_work() as session:
            for voice in lost:
                await VoiceRepository(session, self._clock).note(voice.id, lost_at=self._clock.now())
        return len(lost)

    async def bid_farewell(self) -> int:
        """Deletes the voices of closed accounts, at their vendors too; says how many."""
        gone = 0
        for voice in await self._of_closed_accounts():
            try:
                await delete_voice(self._resources, voice)
                gone += 1
            except (ProviderError, EngineAbsent, EngineUnknown) as fault:
                log.warning("voice_left_at_vendor", voice=voice.id, provider=voice.provider, reason=fault.code)
        return gone

    async def drop_raw_sounds(self) -> int:
        """Deletes old raw sounds of which no take is left; says how many."""
        before = self._clock.now() - RAW_KEPT
        old = [s.key async for s in self._resources.store.walk(RAW_FOLDER) if s.modified_at < before]
        gone = 0
        for start in range(0, len(old), BATCH):
            keys = {key.rpartition("/")[2].partition(".")[0]: key for key in old[start : start + BATCH]}
            async with self._resources.database.reading() as session:
                used = await NarrationRepository(session, self._clock).known_attempts(keys)
            for attempt_id in keys.keys() - used:
                await self._resources.store.delete(keys[attempt_id])
                gone += 1
        return gone

    async def _lost_at(self, provider: str, voices: Sequence[VoiceView]) -> list[VoiceView]:
        """Who keeps a key of the vendor has their voices in an account of their own, and its list tells of them."""
        async with self._resources.database.reading() as session:
            holders = await OwnKeys.over(session, self._resources).holders(provider)
        shared = [voice for voice in voices if voice.owner_id not in holders]
        lost = await self._unlisted(self._resources, provider, shared) if shared else []
        for owner_id in holders & {voice.owner_id for voice in voices}:
            own = [voice for voice in voices if voice.owner_id == owner_id]
            try:
                async with resources_of(self._resources, owner_id) as resources:
                    lost += await self._unlisted(resources, provider, own)
            except SealBroken as broken:
                log.warning("voices_not_listed", provider=provider, reason=broken.code)
        return lost

    async def _unlisted(self, resources: Resources, provider: str, voices: Iterable[VoiceView]) -> list[VoiceView]:
        try:
            engine = resources.engines.speech(provider)
            # An engine whose voices never vanish does not list what was made with it.
            if engine.capabilities().clone_lives_hours is None:
                return []
            listed = {voice.voice_id for voice in await engine.voices()}
        except (ProviderError, EngineAbsent, EngineUnknown) as fault:
            log.warning("voices_not_listed", provider=provider, reason=fault.code)
            return []
        return [voice for voice in voices if voice.voice_id not in listed]

    async def _of_closed_accounts(self) -> Sequence[VoiceView]:
        async with self._resources.database.reading() as session:
            voices, accounts = VoiceRepository(session, self._clock), AccountService.over(session, self._resources)
            left: list[VoiceView] = []
            for owner_id in await voices.owners():
                if not await _is_open(accounts, owner_id):
                    left += await voices.all_of(owner_id)
            return left


async def _is_open(accounts: AccountService, owner_id: str) -> bool:
    try:
        await accounts.find(owner_id)
    except UserNotFound:
        return False
    return True


def _provider(voice: VoiceView) -> str:
    return voice.provider
