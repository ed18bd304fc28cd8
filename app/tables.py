"""Imports every table so that Alembic and the tests see the whole metadata."""

from app.accounts import models as accounts
from app.audit import repository as audit
from app.core.tables import Base
from app.engine import leases
from app.frames import repository as frames
from app.generation import repository as generation
from app.jobs import models as jobs
from app.library import models as library
from app.library.gallery import repository as gallery
from app.moderation import repository as moderation
from app.narration import models as narration
from app.notifications import models as notifications
from app.pieces import repository as pieces
from app.production import repository as production
from app.production.movies import repository as movies
from app.projects import models as projects
from app.shows import models as shows
from app.usage import models as usage

METADATA = Base.metadata
