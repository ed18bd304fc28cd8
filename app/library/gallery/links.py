"""Addresses of films' small pictures and of shared films."""

from app.library.gallery.values import FilmView, ShareView
from app.library.links import MediaLinks

__all__ = ["SHARED", "THUMBNAILS", "share_link", "thumbnail_link"]

THUMBNAILS = "/media/thumbs"
SHARED = "/media/shared"


def thumbnail_link(film: FilmView, links: MediaLinks) -> str:
    """Where whoever may watch a film sees its small picture."""
    return f"{links.base}{THUMBNAILS}/{links.token(film.asset)}/{film.name.removesuffix('.mp4')}.jpg"


def share_link(share: ShareView, links: MediaLinks) -> str:
    """Where a shared film is watched."""
    return f"{links.base}{SHARED}/{share.token}/{share.film.name}"
