"""Faces for front ends written for other back ends: one package each, translators without a rule of their own."""

from fastapi import APIRouter

from app.api.dialects.hub import router as hub
from app.api.dialects.openai_videos.routes import router as openai_videos
from app.api.dialects.spa import router as spa

__all__ = ["FACES"]

FACES: tuple[APIRouter, ...] = (spa, hub, openai_videos)
