"""Brings the files that a film is made from to this machine, and knows where cuts keep what they can use again."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from app.library.copies import copy_to
from app.library.values import AssetView
from app.resources import Resources

__all__ = ["CUTS_FOLDER", "Gathering"]

CUTS_FOLDER = ".cuts"


class Gathering:
    """Files of one project on this machine."""

    def __init__(self, resources: Resources, project_id: str) -> None:
        self._resources = resources
        self._kept = resources.settings.storage.storage_path / CUTS_FOLDER / project_id

    async def bench(self) -> Path:
        """The folder whose content outlives a cut: prepared sound, clips that were made to fit."""
        await self._resources.threads.run(self._kept.mkdir, parents=True, exist_ok=True)
        return self._kept

    async def gather(self, assets: Iterable[AssetView], desk: Path) -> Mapping[str, Path]:
        """Copies of these files on a desk, by the ids of their assets."""
        return {
            asset.id: await copy_to(self._resources, asset, desk / f"{asset.id}.{asset.extension}") for asset in assets
        }
