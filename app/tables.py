"""Imports every table so that Alembic and the tests see the whole metadata."""

from app.accounts import models as accounts
from app.audit import models as audit
from app.core.tables import Base
from app.engine import leases
from app.frames import models as frames
from app.generation import models as generation
from app.jobs import models as jobs
from app.library import models as library
from app.library.gallery import models as gallery
from app.moderation import models as moderation
from app.narration import models as narration
from app.notifications import models as notifications
from app.pieces import models as pieces
from app.production import models as production
from app.production.movies import models as movies
from app.projects import models as projects
from app.shows import models as shows
from app.usage import models as usage

METADATA = Base.metadata
