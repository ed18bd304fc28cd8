"""Pictures of everything that a scene can name: sprites with a clear background, and the lamps in them."""

from app.providers.local.scenery.art.drawings import Entry, catalogue, relative_height
from app.providers.local.scenery.art.sprites import glow, sprite

__all__ = ["Entry", "catalogue", "glow", "relative_height", "sprite"]
