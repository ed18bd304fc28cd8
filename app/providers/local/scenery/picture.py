"""Paints the picture that a prompt describes, after an earlier picture if there is one."""

from app.providers.local.scenery.composition import composed
from app.providers.local.scenery.continuity import world_of
from app.providers.local.scenery.drawing import still
from app.providers.local.scenery.kept import kept_painting, png_of
from app.providers.local.scenery.settling import Before, settled
from app.providers.local.scenery.words import scene_of

__all__ = ["before_of", "painted"]


def before_of(reference: bytes) -> Before:
    """What the next picture continues: the painting that a picture of ours carries, or the measures of any other."""
    return kept_painting(reference) or world_of(reference)


def painted(prompt: str, size: tuple[int, int], seed: int, before: Before = None) -> bytes:
    """A PNG of the described scene; the same call gives the same bytes on one machine."""
    painting = settled(scene_of(prompt), size, seed, before)
    return png_of(still(composed(painting)), painting)
