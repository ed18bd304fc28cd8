"""Faces for front ends written for other back ends: one package each, translators without a rule of their own."""

from app.api.dialects.hub import router as hub
from app.api.dialects.one_shot import router as one_shot
from app.api.dialects.openai_videos import router as openai_videos
from app.api.dialects.slideshow import router as slideshow
from app.api.dialects.spa import router as spa
from app.api.dialects.wizard import router as wizard
from app.core.routing import Router

__all__ = ["FACES"]

FACES: tuple[Router, ...] = (hub, one_shot, openai_videos, slideshow, spa, wizard)
