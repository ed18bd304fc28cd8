"""Faces for front ends written for other back ends: one package each, translators without a rule of their own."""

from fastapi import APIRouter

from app.api.dialects.hub import router as hub
from app.api.dialects.spa import router as spa
from app.api.dialects.wizard import router as wizard

__all__ = ["FACES"]

FACES: tuple[APIRouter, ...] = (spa, hub, wizard)
