"""Pictures as engines and judges take them, the last picture of a clip, and pictures that were paid for."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from app.core.database import Session
from app.jobs.domain import AttemptView
from app.jobs.handlers import JobRun, PaidResult
from app.jobs.persistence import Payload, VendorAnswer
from app.library.copies import copy_to
from app.library.domain import AssetKind, AssetView
from app.library.intake import Intake, Keeping, MadeFile
from app.media.errors import UnreadableMedia
from app.media.frames import LastPictures
from app.media.images import ANY_PICTURE, FORMAT_OF, PictureOutput
from app.media.probe import Probes
from app.providers.values import MediaType, Picture
from app.resources import Resources

BOUGHT_FOLDER = "bought/"


def still_facts(asset: AssetView) -> Picture:
    """A stored picture without its bytes, for checks before anything is sent."""
    width, height = asset.facts.get("width"), asset.facts.get("height")
    if not isinstance(width, int) or not isinstance(height, int):
        raise UnreadableMedia
    return Picture(b"", MediaType(asset.content_type), width, height)


def sizes_of(assets: Iterable[AssetView]) -> dict[str, tuple[int, int]]:
    """Width and height of stored pictures by their ids, as far as they are known."""
    known = ((asset.id, asset.facts.get("width"), asset.facts.get("height")) for asset in assets)
    return {
        name: (width, height) for name, width, height in known if isinstance(width, int) and isinstance(height, int)
    }


class Stills:
    """Reads and makes pictures outside of any unit of work."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._intake = Intake(resources)

    async def picture(self, asset: AssetView) -> Picture:
        """A stored picture with its bytes; FileMissing when they are gone."""
        facts = still_facts(asset)
        content = b"".join([chunk async for chunk in self._resources.store.open(asset.store_key)])
        return Picture(content, facts.media_type, facts.width_px, facts.height_px)

    async def cropped(self, asset: AssetView, width_px: int, height_px: int) -> Picture:
        """A stored picture cropped around its middle to a size."""
        whole = await self.picture(asset)
        async with self._intake.temp_dir() as temp_dir:
            source, target = temp_dir / "whole", temp_dir / "cropped"
            await self._resources.threads.run(source.write_bytes, whole.content)
            kind = (await self._resources.pictures.judge(source)).kind
            await self._resources.pictures.make(
                source, [PictureOutput(target, FORMAT_OF[kind], cropped_px=(width_px, height_px))]
            )
            content = await self._resources.threads.run(target.read_bytes)
        return Picture(content, whole.media_type, width_px, height_px)

    async def last_of(self, clip: AssetView, name: str) -> AssetView:
        """The last picture of a stored clip, kept as a key frame."""
        async with self._intake.temp_dir() as temp_dir:
            copy = await copy_to(self._resources, clip, temp_dir / "clip.mp4")
            media = await Probes(self._resources.tools, self._resources.threads).probe(copy)
            if media.video is None:
                raise UnreadableMedia
            made = await self.last_picture(copy, media.video.duration_seconds, temp_dir / "last.png")
            return await self._intake.keep(clip.owner_id, AssetKind.KEY_FRAME, name, made)

    async def last_picture(self, clip: Path, duration_seconds: float, target: Path) -> MadeFile:
        """The last picture of a clip in a temporary folder, measured and ready to be kept."""
        await LastPictures(self._resources.tools, self._resources.threads).extract(clip, duration_seconds, target)
        facts = await self._resources.pictures.judge(target, ANY_PICTURE)
        return MadeFile(target, "png", {"width": facts.width_px, "height": facts.height_px})


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

    async def keep(self, work: JobRun, bought: PaidResult, kind: AssetKind, name: str) -> str:
        """The asset of this purchase; judged and written anew from the raw bytes where there is none yet."""
        key = str(bought.reply["store_key"])
        if "asset_id" not in await work.reply_of(bought):
            async with self._intake.judged(kind, self._store.open(key)) as made:
                await self._keep_once(work, bought, Keeping(kind, name, made))
        await self._store.delete(key)
        return str((await work.reply_of(bought))["asset_id"])

    async def _keep_once(self, work: JobRun, bought: PaidResult, keeping: Keeping) -> None:
        async def note(session: Session, assets: Sequence[AssetView]) -> None:
            if not await work.add_to_reply(session, bought, "asset_id", assets[0].id):
                raise _KeptAlready

        try:
            await self._intake.keep_together(work.job.owner_id, [keeping], note)
        except _KeptAlready:
            return
