"""What cloning and designing have in common: the paid call of a voice, and the voice that is kept of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import JsonValue

from app.core.database import Session
from app.core.schema import format_utc
from app.jobs.handlers import Work
from app.jobs.service import JobService
from app.narration.models import Voice
from app.narration.repository import VoiceRepository
from app.narration.values import VoiceView
from app.projects.errors import ProjectBusy, ProjectNotFound
from app.projects.layout import is_busy
from app.projects.progress import ProgressService
from app.projects.states import ProjectStatus
from app.projects.values import ProjectView
from app.providers.speech import MadeVoice
from app.resources import Resources

__all__ = ["UPLOAD_SECONDS", "film_of", "keep_voice", "reply_of", "shown", "take_film"]

# A clone sends the recording before it asks for the voice.
UPLOAD_SECONDS = 120.0


def reply_of(made: MadeVoice) -> dict[str, JsonValue]:
    """What is kept of a vendor's new voice before anything is done with it."""
    expires_at = None if made.expires_at is None else format_utc(made.expires_at)
    return {"voice_id": made.voice_id, "expires_at": expires_at, "note": made.note}


async def film_of(progress: ProgressService, project_id: str | None) -> ProjectView | None:
    """The film that a job works for; one that was deleted meanwhile is nobody's."""
    if project_id is None:
        return None
    try:
        return (await progress.board(project_id)).project
    except ProjectNotFound:
        return None


async def take_film(progress: ProgressService, film: ProjectView) -> None:
    """Keeps other work on the film away while its narrator is cloned."""
    if is_busy(film.segments):
        raise ProjectBusy
    await progress.begin(film.id, ProjectStatus.VOICE_CLONING)


async def keep_voice(session: Session, work: Work, row: Voice, made: Mapping[str, Any]) -> VoiceView:
    """Stores the voice once, gives it to the job's film and lets the film rest."""
    resources: Resources = work.resources
    expires_at = made["expires_at"]
    row.voice_id, row.note, row.job_id = str(made["voice_id"]), str(made["note"]), work.job.id
    row.expires_at = datetime.fromisoformat(expires_at) if expires_at else None
    voice = await _kept_before(session, work) or await VoiceRepository(session, resources.clock).keep(row)
    progress = ProgressService.over(session, resources)
    film = await film_of(progress, work.job.project_id)
    if film is not None:
        await progress.assign_voice(film.id, voice.voice_id)
        if film.status is ProjectStatus.VOICE_CLONING:
            await progress.rest(film.id)
    return voice


async def _kept_before(session: Session, work: Work) -> VoiceView | None:
    """What the job that this one retries has kept already of the same purchase."""
    voices, jobs = VoiceRepository(session, work.resources.clock), JobService.over(session, work.resources)
    earlier = work.job.retry_of
    while earlier is not None:
        voice = await voices.of_job(earlier)
        if voice is not None:
            return voice
        earlier = (await jobs.any(earlier)).retry_of
    return None


def shown(voice: VoiceView) -> dict[str, JsonValue]:
    """What the job names as its result."""
    return {"id": voice.id, "voice_id": voice.voice_id}
