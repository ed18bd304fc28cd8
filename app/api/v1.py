"""Table of contents of /api/v1: mounts each slice's router and nothing else."""

from fastapi import APIRouter

__all__ = ["router"]

router = APIRouter(prefix="/api/v1")
