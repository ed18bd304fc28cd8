"""Stored files brought to a folder of this machine, for tools and for programs that work beside the service."""

from contextlib import AsyncExitStack
from pathlib import Path
from typing import BinaryIO

from app.library.domain import AssetView, safe_name
from app.library.errors import CopyExists
from app.resources import Resources


async def copy_to(resources: Resources, asset: AssetView, target: Path) -> Path:
    """Writes the file to a place of ours; FileMissing when its bytes are gone."""
    async with resources.threads.opened(target, "wb") as file:
        await _write(resources, asset, file)
    return target


async def save_copy(resources: Resources, asset: AssetView, folder: Path, name: str) -> Path:
    """Writes the file into the folder, under its own name unless another is given; replaces nothing."""
    target = folder / safe_name(name or asset.name, asset.extension)
    async with AsyncExitStack() as opened:
        try:
            file = await opened.enter_async_context(resources.threads.opened(target, "xb"))
        except FileExistsError as there:
            raise CopyExists(param="name", facts={"name": target.name}) from there
        try:
            await _write(resources, asset, file)
        except BaseException:
            await resources.threads.run(target.unlink)
            raise
    return target


async def text_of(resources: Resources, asset: AssetView) -> str:
    """What a stored text says; FileMissing when its bytes are gone."""
    return b"".join([chunk async for chunk in resources.store.open(asset.store_key)]).decode()


async def _write(resources: Resources, asset: AssetView, file: BinaryIO) -> None:
    async for chunk in resources.store.open(asset.store_key):
        await resources.threads.run(file.write, chunk)
