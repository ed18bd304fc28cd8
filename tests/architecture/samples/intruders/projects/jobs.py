"""Jobs that know the routes beside them."""

from app.projects import routes

__all__ = ["routes"]
