"""/jobs of client D: started at once, followed by polling, moved by hand only by workers."""

from app.accounts.dependencies import CurrentUser
from app.accounts.errors import ScopeMissing
from app.api.dialects.hub.dependencies import FilmedProject, Films, OwnedFilmJob, Shown, Wanted
from app.api.dialects.hub.forms import JobForm, MoveForm
from app.api.dialects.hub.refusals import REFUSED, HubRoute
from app.api.dialects.hub.shapes import HubDownload, HubJob, HubSteps
from app.core.dependencies import WindowDep
from app.core.responses import documents
from app.core.routing import Router
from app.generation.errors import NotOffered
from app.jobs.dependencies import AnyJob
from app.jobs.errors import JobNotFound, QueueFull, TooManyJobs
from app.moderation.errors import ContentUnjudged
from app.production.errors import ScriptTooLong
from app.production.states import step_targets
from app.projects.errors import ProjectNotFound

__all__ = ["router"]

router = Router(prefix="/jobs", route_class=HubRoute)
CREATED = 201


@router.get("", operation_id="hub_jobs_list")
async def list_jobs(
    account: CurrentUser, films: Films, filtered: Wanted, window: WindowDep, shown: Shown
) -> list[HubJob]:
    """Your jobs, the newest first."""
    return [shown.seen(job) for job in await films.listed(account.id, filtered, window)]


@router.post(
    "",
    operation_id="hub_jobs_start",
    status_code=CREATED,
    responses=REFUSED | documents(ProjectNotFound, ContentUnjudged, ScriptTooLong, NotOffered, QueueFull, TooManyJobs),
)
async def start_job(project: FilmedProject, body: JobForm, films: Films, shown: Shown) -> HubJob:
    """Starts the film of a project at once; the same request again joins it."""
    job = await films.begin(project, body.wish())
    return await shown.job(job)


@router.get("/{job_id}", operation_id="hub_jobs_get", responses=documents(JobNotFound))
async def get_job(job: OwnedFilmJob, shown: Shown) -> HubJob:
    """How far a film is; once it has completed the link to it stands in the same reply."""
    return await shown.job(job)


@router.patch(
    "/{job_id}/status", operation_id="hub_jobs_move", responses=REFUSED | documents(JobNotFound, ScopeMissing)
)
async def move_job(job: AnyJob, move: MoveForm, films: Films, shown: Shown) -> HubJob:
    """Moves a job by hand to its next step; for workers and admins only, never for its owner."""
    return shown.seen(await films.move(job, move.status, move.error_message))


@router.get("/{job_id}/valid-transitions", operation_id="hub_jobs_steps", responses=documents(JobNotFound))
async def valid_transitions(job: OwnedFilmJob) -> HubSteps:
    """Where the job may go from here."""
    return HubSteps(current_status=job.status, valid_transitions=list(step_targets(job.status)))


@router.post("/{job_id}/cancel", operation_id="hub_jobs_cancel", responses=REFUSED | documents(JobNotFound))
async def cancel_job(job: OwnedFilmJob, films: Films, shown: Shown) -> HubJob:
    """Stops a film; one that has ended stays as it is."""
    return shown.seen(await films.cancel(job))


@router.get("/{job_id}/download-url", operation_id="hub_jobs_download", responses=REFUSED | documents(JobNotFound))
async def download_url(job: OwnedFilmJob, shown: Shown) -> HubDownload:
    """A link to the film for an hour."""
    return await shown.download(job)
