"""Table of contents of /api/v1: mounts each slice's router and nothing else."""

from app.accounts.routes import router as accounts
from app.administration.routes import router as administration
from app.assembly.routes import router as assembly
from app.core.routing import Router
from app.frames.routes import router as frames
from app.generation.routes import router as generation
from app.jobs.routes import callbacks
from app.jobs.routes import router as jobs
from app.library.gallery.routes import router as gallery
from app.library.routes import router as library
from app.moderation.routes import router as moderation
from app.narration.routes import router as narration
from app.notifications.routes import router as notifications
from app.planning.routes import router as planning
from app.production.routes import router as production
from app.projects.routes import router as projects
from app.usage.routes import router as usage

router = Router(prefix="/api/v1")
router.include(
    accounts,
    projects,
    planning,
    frames,
    narration,
    generation,
    assembly,
    production,
    library,
    gallery,
    jobs,
    callbacks,
    notifications,
    moderation,
    usage,
    administration,
)
