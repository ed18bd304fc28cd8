"""Table of contents of /api/v1: mounts each slice's router and nothing else."""

from fastapi import APIRouter

from app.accounts.routes import router as accounts
from app.assembly.routes import router as assembly
from app.jobs.routes import callbacks
from app.jobs.routes import router as jobs
from app.library.routes import router as library
from app.moderation.routes import router as moderation
from app.notifications.routes import router as notifications
from app.planning.routes import router as planning
from app.projects.routes import router as projects
from app.usage.routes import router as usage

__all__ = ["router"]

router = APIRouter(prefix="/api/v1")
for slice_router in (
    accounts,
    projects,
    planning,
    assembly,
    library,
    jobs,
    callbacks,
    notifications,
    moderation,
    usage,
):
    router.include_router(slice_router)
