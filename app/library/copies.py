"""Stored files brought out to a folder of this machine, for programs that work beside the service."""

from pathlib import Path

from app.library.errors import CopyExists
from app.library.names import safe_name
from app.library.values import AssetView
from app.resources import Resources

__all__ = ["save_copy"]


async def save_copy(resources: Resources, asset: AssetView, folder: Path, name: str) -> Path:
    """Writes the file into the folder, under its own name unless another is given; replaces nothing."""
    target = folder / safe_name(name or asset.name, asset.extension)
    try:
        file = await resources.threads.run(target.open, "xb")
    except FileExistsError as there:
        raise CopyExists(param="name", facts={"name": target.name}) from there
    try:
        async for chunk in resources.store.open(asset.store_key):
            await resources.threads.run(file.write, chunk)
    except BaseException:
        await resources.threads.run(target.unlink)
        raise
    finally:
        await resources.threads.run(file.close)
    return target
