"""Faces for front ends written for other back ends: one package each, translators without a rule of their own."""

from fastapi import APIRouter

__all__ = ["FACES"]

FACES: tuple[APIRouter, ...] = ()
