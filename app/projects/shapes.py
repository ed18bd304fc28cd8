"""Pure: shapes of pictures: the nearest one on offer, and what is left of a picture that is cropped to one."""

import math
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from app.projects.options import AspectRatio
from app.projects.values import FrameOrigin, FrameView

# Engines round sizes to whole or even pixels; a difference as small as this is none.
SAME_SHAPE: Final = 0.01
# Engines refuse pictures with a short side of 300 pixels or less.
SHORTEST_SIDE_PX: Final = 360


def proportion(ratio: AspectRatio) -> float:
    """Width over height."""
    across, down = map(int, ratio.value.split(":"))
    return across / down


def nearest_ratio(width_px: int, height_px: int, offered: Collection[AspectRatio] = ()) -> AspectRatio:
    """The shape that is nearest to a size, of those that are offered; of all when none is named."""
    wanted = math.log(width_px / height_px)
    return min(offered or AspectRatio, key=lambda ratio: abs(math.log(proportion(ratio)) - wanted))


def cropped_size(width_px: int, height_px: int, ratio: AspectRatio) -> tuple[int, int] | None:
    """The size of a picture once it is cropped to a shape around its middle; None when it has this shape already.

    What would be too small for an engine is as large as it must be.
    """
    shape = proportion(ratio)
    if abs(width_px / height_px / shape - 1) <= SAME_SHAPE:
        return None
    width, height = min(width_px, height_px * shape), min(height_px, width_px / shape)
    growth = max(1.0, SHORTEST_SIDE_PX / min(width, height))
    return round(width * growth), round(height * growth)


def crop_of(frame: FrameView, size_px: tuple[int, int], ratio: AspectRatio) -> tuple[int, int] | None:
    """The size to which a key frame is cropped for its clips; the last picture of a clip is as the clip is."""
    return None if frame.origin is FrameOrigin.EXTRACTED else cropped_size(*size_px, ratio)


def cropped_notes(
    frames: Iterable[FrameView], sizes_px: Mapping[str, tuple[int, int]], ratio: AspectRatio
) -> list[str]:
    """What is said of pictures that their owner brought in another shape than the film has."""
    notes = []
    for frame in frames:
        size = sizes_px.get(frame.asset_id or "")
        if frame.origin is FrameOrigin.UPLOADED and size is not None and cropped_size(*size, ratio):
            name = "first picture" if frame.position == 0 else f"picture after segment {frame.position}"
            notes.append(f"The {name} ({size[0]}x{size[1]}) is cropped around its middle to {ratio}.")
    return notes
