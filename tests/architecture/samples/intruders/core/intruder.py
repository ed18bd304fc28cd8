"""A foundation that reaches up: bands, cycles, the web framework."""

import fastapi

from app import api, resources

__all__ = ["api", "fastapi", "resources"]
