"""Routes of the gallery: the native ones, those under a user's path, and public files."""

from app.library.gallery.routes.files import films
from app.library.gallery.routes.native import router
from app.library.gallery.routes.staged import router as staged

__all__ = ["films", "router", "staged"]
