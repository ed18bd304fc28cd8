"""Pictures that were paid for: their raw bytes lie in the store, and become one asset however often it is begun."""

from collections.abc import Sequence

from app.core.database import Session
from app.jobs.attempts import Payload, VendorAnswer
from app.jobs.domain import AttemptView
from app.jobs.handlers import PaidResult, Work
from app.library.intake import Intake, Keeping
from app.library.values import AssetKind, AssetView
from app.resources import Resources

__all__ = ["BOUGHT_FOLDER", "BoughtPictures", "sent_picture"]

BOUGHT_FOLDER = "bought/"


class _KeptAlready(Exception):
    """Another retry has taken the same picture in."""


def sent_picture(owner_id: str, attempt: AttemptView, content: bytes) -> VendorAnswer:
    """A vendor's picture as its attempt keeps it: whatever is wrong with it, it was paid for."""
    key = f"{BOUGHT_FOLDER}{owner_id}/{attempt.id}"
    return VendorAnswer(None, {"store_key": key}, payload=Payload(key, content))


class BoughtPictures:
    """Takes bought pictures into the library."""

    def __init__(self, resources: Resources) -> None:
        self._store = resources.store
        self._intake = Intake(resources)

    async def keep(self, work: Work, bought: PaidResult, kind: AssetKind, name: str) -> str:
        """The asset of this purchase; judged and written anew from the raw bytes where there is none yet."""
        key = str(bought.reply["store_key"])
        if "asset_id" not in await work.reply_of(bought):
            async with self._intake.judged(kind, self._store.open(key)) as made:
                await self._keep_once(work, bought, Keeping(kind, name, made))
        await self._store.delete(key)
        return str((await work.reply_of(bought))["asset_id"])

    async def _keep_once(self, work: Work, bought: PaidResult, keeping: Keeping) -> None:
        async def note(session: Session, assets: Sequence[AssetView]) -> None:
            if not await work.add_to_reply(session, bought, "asset_id", assets[0].id):
                raise _KeptAlready

        try:
            await self._intake.keep_together(work.job.owner_id, [keeping], note)
        except _KeptAlready:
            return
