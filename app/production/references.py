"""Reference pictures of one-shot clients: handed back as text, sent again with the wish, then a film's first frame."""

import base64
import binascii
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final

from app.core.errors import Unusable
from app.library.domain import AssetKind
from app.library.intake import Intake
from app.media.images import Output, PictureFormat
from app.production.values import VideoWish
from app.resources import Resources

__all__ = ["ReferenceGarbled", "reference_text", "wish_with_reference"]

LONGEST_SIDE_PX: Final = 1536
MARK: Final = "base64,"
CHUNK_BYTES: Final = 64 * 1024


class ReferenceGarbled(Unusable):
    """The reference picture is no base64 text."""

    code = "video.reference_garbled"
    message = "The reference picture cannot be read. Send what the upload answered in image_base64."


async def reference_text(resources: Resources, chunks: AsyncIterator[bytes]) -> str:
    """A picture that was brought, judged and made small enough to be sent back and forth; nothing is kept."""
    async with Intake(resources).judged(AssetKind.FIRST_FRAME, chunks) as made:
        small = made.path.with_name("small.jpg")
        await resources.pictures.make(made.path, [Output(small, PictureFormat.JPEG, longest_side_px=LONGEST_SIDE_PX)])
        return base64.b64encode(await resources.threads.run(small.read_bytes)).decode()


@asynccontextmanager
async def wish_with_reference(
    resources: Resources, owner_id: str, wish: VideoWish, text: str
) -> AsyncIterator[VideoWish]:
    """The wish with the picture of such a text as an asset, which is gone again when the start fails."""
    if not text:
        yield wish
        return
    content = decoded(text)

    async def chunks() -> AsyncIterator[bytes]:
        for begin in range(0, len(content), CHUNK_BYTES):
            yield content[begin : begin + CHUNK_BYTES]

    async with Intake(resources).received(owner_id, AssetKind.FIRST_FRAME, "reference", chunks()) as asset:
        yield replace(wish, first_frame_asset_id=asset.id)


def decoded(text: str) -> bytes:
    """The bytes of a base64 text, with or without the head of a data address."""
    try:
        return base64.b64decode(text.rpartition(MARK)[2], validate=True)
    except (binascii.Error, ValueError) as fault:
        raise ReferenceGarbled(param="reference_image") from fault
