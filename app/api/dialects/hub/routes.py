"""/auth, /projects and /jobs of client D."""

from fastapi import Request, Response

from app.accounts import errors
from app.accounts.dependencies import CallerDep, CurrentUser, Public, set_session_cookie
from app.accounts.domain import SessionKind
from app.accounts.errors import ScopeMissing
from app.accounts.routes.dependencies import LOGIN_BODY, NO_REGISTRATION, NO_SIGN_IN, Passwording, SigningIn
from app.api.dialects.hub.dependencies import (
    REFUSED,
    FilmedProject,
    Films,
    HubLogin,
    HubRoute,
    OwnedFilmJob,
    Shown,
    Wanted,
)
from app.api.dialects.hub.schemas import (
    HubDownload,
    HubJob,
    HubPerson,
    HubProject,
    HubRegister,
    HubSteps,
    HubToken,
    JobForm,
    MoveForm,
    ProjectChange,
    ProjectForm,
)
from app.core.dependencies import WindowDep
from app.core.routing import Router, documents
from app.generation.errors import NotOffered
from app.jobs.dependencies import AnyJob
from app.jobs.errors import JobNotFound, QueueFull, TooManyJobs
from app.moderation.errors import ContentUnjudged
from app.production.domain import step_targets
from app.production.errors import ScriptTooLong
from app.projects.dependencies import OwnedProject, Projects, ProjectsRead
from app.projects.domain import Listing
from app.projects.errors import ProjectNotFound

job_router = Router(prefix="/jobs", route_class=HubRoute)
JOB_CREATED = 201


@job_router.get("", operation_id="hub_jobs_list")
async def list_jobs(
    account: CurrentUser, films: Films, filtered: Wanted, window: WindowDep, shown: Shown
) -> list[HubJob]:
    """Your jobs, the newest first."""
    return [shown.seen(job) for job in await films.listed(account.id, filtered, window)]


@job_router.post(
    "",
    operation_id="hub_jobs_start",
    status_code=JOB_CREATED,
    responses=REFUSED | documents(ProjectNotFound, ContentUnjudged, ScriptTooLong, NotOffered, QueueFull, TooManyJobs),
)
async def start_job(project: FilmedProject, body: JobForm, films: Films, shown: Shown) -> HubJob:
    """Starts the film of a project at once; the same request again joins it."""
    job = await films.begin(project, body.wish())
    return await shown.job(job)


@job_router.get("/{job_id}", operation_id="hub_jobs_get", responses=documents(JobNotFound))
async def get_job(job: OwnedFilmJob, shown: Shown) -> HubJob:
    """How far a film is; once it has completed the link to it stands in the same reply."""
    return await shown.job(job)


@job_router.patch(
    "/{job_id}/status", operation_id="hub_jobs_move", responses=REFUSED | documents(JobNotFound, ScopeMissing)
)
async def move_job(job: AnyJob, move: MoveForm, films: Films, shown: Shown) -> HubJob:
    """Moves a job by hand to its next step; for workers and admins only, never for its owner."""
    return shown.seen(await films.move(job, move.status, move.error_message))


@job_router.get("/{job_id}/valid-transitions", operation_id="hub_jobs_steps", responses=documents(JobNotFound))
async def valid_transitions(job: OwnedFilmJob) -> HubSteps:
    """Where the job may go from here."""
    return HubSteps(current_status=job.status, valid_transitions=list(step_targets(job.status)))


@job_router.post("/{job_id}/cancel", operation_id="hub_jobs_cancel", responses=REFUSED | documents(JobNotFound))
async def cancel_job(job: OwnedFilmJob, films: Films, shown: Shown) -> HubJob:
    """Stops a film; one that has ended stays as it is."""
    return shown.seen(await films.cancel(job))


@job_router.get("/{job_id}/download-url", operation_id="hub_jobs_download", responses=REFUSED | documents(JobNotFound))
async def download_url(job: OwnedFilmJob, shown: Shown) -> HubDownload:
    """A link to the film for an hour."""
    return await shown.download(job)


people_router = Router(prefix="/auth", dependencies=[Public])
identity = Router(prefix="/auth")
PRIVATE = {"Cache-Control": "private, no-store"}


@people_router.post(
    "/register",
    operation_id="hub_auth_register",
    status_code=201,
    responses=NO_REGISTRATION,
)
async def register(wish: HubRegister, passwords: Passwording) -> HubPerson:
    """Makes an account; sign in afterwards."""
    return HubPerson.of(await passwords.register(wish.as_wish()))


@people_router.post(
    "/login",
    operation_id="hub_auth_login",
    openapi_extra=LOGIN_BODY,
    responses=NO_SIGN_IN,
)
async def log_in(
    login: HubLogin, caller: CallerDep, facade: SigningIn, request: Request, response: Response
) -> HubToken:
    """Signs in for a day; takes name and password in the query, as a form or as JSON."""
    signed_in = await facade.sign_in(login, caller, kind=SessionKind.CLIENT)
    set_session_cookie(request, response, signed_in)
    return HubToken.of(signed_in)


@identity.get("/me", operation_id="hub_auth_me", responses=documents(errors.TokenRefused, errors.AccountClosed))
async def me(account: CurrentUser, response: Response) -> HubPerson:
    """Who is signed in."""
    response.headers.update(PRIVATE)
    return HubPerson.of(account)


project_router = Router(prefix="/projects", route_class=HubRoute)
CREATED, NO_CONTENT = 201, 204
SCRIPT_ERRORS = (ContentUnjudged, ScriptTooLong)


@project_router.get("", operation_id="hub_projects_list")
async def list_projects(account: CurrentUser, projects: ProjectsRead, window: WindowDep) -> list[HubProject]:
    """Your projects, the newest first."""
    found = await projects.listed(account.id, Listing(), window)
    return [HubProject.of(project) for project in found.page.items]


@project_router.post(
    "",
    operation_id="hub_projects_create",
    status_code=CREATED,
    responses=REFUSED | documents(*SCRIPT_ERRORS),
)
async def create_project(account: CurrentUser, wish: ProjectForm, films: Films) -> HubProject:
    """A new project: one scene for each line of the script."""
    return HubProject.of(await films.create(account.id, wish.title, wish.script))


@project_router.get("/{project_id}", operation_id="hub_projects_get", responses=documents(ProjectNotFound))
async def get_project(project: OwnedProject) -> HubProject:
    """One project."""
    return HubProject.of(project)


@project_router.put(
    "/{project_id}",
    operation_id="hub_projects_edit",
    responses=REFUSED | documents(ProjectNotFound, *SCRIPT_ERRORS),
)
async def edit_project(project: OwnedProject, wish: ProjectChange, films: Films) -> HubProject:
    """Other words; they are filmed by the next job."""
    return HubProject.of(await films.edit(project, wish.title, wish.script))


@project_router.delete(
    "/{project_id}",
    operation_id="hub_projects_delete",
    status_code=NO_CONTENT,
    responses=REFUSED | documents(ProjectNotFound),
)
async def delete_project(project: OwnedProject, projects: Projects) -> None:
    """Deletes the project and its films; running work refuses it."""
    await projects.delete(project)
