"""/api/video: the stages of the wizard client; every reply is held until its stage has ended."""

from typing import Annotated

from fastapi import Depends

from app.accounts.dependencies import CurrentUser, OwnResources
from app.api.dialects.rules import RootLinks
from app.api.dialects.wizard.stage_bodies import (
    ContentBody,
    ImageBody,
    ImagesBody,
    ModeBody,
    PipelineBody,
    ScriptsBody,
    StageBody,
    VoicesBody,
    WizardMusicBody,
)
from app.api.dialects.wizard.stage_replies import (
    WizardContent,
    WizardEverything,
    WizardFilm,
    WizardMode,
    WizardPictures,
    WizardScript,
    WizardVoices,
    content_of,
    everything_of,
    film_of,
    pictures_of,
    script_of,
    voices_of,
)
from app.core.responses import documents
from app.core.routing import Router
from app.jobs.dependencies import IdempotentRoute
from app.jobs.errors import QueueFull, TooManyJobs, WorkCancelled, WorkFailed, WorkGoesOn
from app.shows import errors
from app.shows.staged import StagedPipeline

__all__ = ["Pipeline", "router"]

router = Router(prefix="/api/video", tags=["wizard"], route_class=IdempotentRoute)
HELD = documents(errors.ShowNotFound, errors.NoShowYet, WorkGoesOn, WorkFailed, WorkCancelled, TooManyJobs, QueueFull)


async def staged_pipeline(account: CurrentUser, resources: OwnResources) -> StagedPipeline:
    """The pipeline of the caller."""
    return StagedPipeline.over(resources, account.id)


Pipeline = Annotated[StagedPipeline, Depends(staged_pipeline)]


@router.post("/content", operation_id="wizard_content", responses=HELD)
async def content(body: ContentBody, pipeline: Pipeline) -> WizardContent:
    """Writes what the show tells."""
    return content_of(await pipeline.content(body.as_wish()))


@router.post("/scripts", operation_id="wizard_scripts", responses=HELD)
async def scripts(body: ScriptsBody, pipeline: Pipeline) -> WizardScript:
    """Writes what is said and what the pictures show."""
    return script_of(await pipeline.scripts(body.as_wish()))


@router.post("/images", operation_id="wizard_images", responses=HELD)
async def images(body: ImagesBody, pipeline: Pipeline, links: RootLinks) -> WizardPictures:
    """Draws a picture for each prompt; those that stand already are not drawn again."""
    return pictures_of(await pipeline.images(body.as_wish(), body.prompts), links)


@router.post("/modify-image", operation_id="wizard_modify_image", responses=HELD)
async def modify_image(body: ImageBody, user: CurrentUser, pipeline: Pipeline, links: RootLinks) -> WizardPictures:
    """Draws one picture anew; its link stays the same."""
    asset_id = links.asset_id_of(body.image_path, user.id)
    return pictures_of(await pipeline.modify_image(asset_id, body.prompt, body.as_wish()), links)


@router.post("/voices", operation_id="wizard_voices", responses=HELD)
async def voices(body: VoicesBody, pipeline: Pipeline, links: RootLinks) -> WizardVoices:
    """Speaks each sentence."""
    return voices_of(await pipeline.voices(body.as_wish(), body.sentences), links)


@router.post("/edit", operation_id="wizard_edit", responses=HELD)
async def edit(body: StageBody, pipeline: Pipeline, links: RootLinks) -> WizardFilm:
    """Makes the film of pictures and voices."""
    return film_of(await pipeline.edit(body.as_wish()), links)


@router.post("/bgmusic", operation_id="wizard_music", responses=HELD)
async def music(body: WizardMusicBody, user: CurrentUser, pipeline: Pipeline, links: RootLinks) -> WizardFilm:
    """Lays a track under the film."""
    asset_id = links.asset_id_of(body.music_path, user.id)
    return film_of(await pipeline.music(asset_id, body.as_wish()), links)


@router.post("/captions", operation_id="wizard_captions", responses=HELD)
async def captions(body: StageBody, pipeline: Pipeline, links: RootLinks) -> WizardFilm:
    """Puts captions into the film."""
    return film_of(await pipeline.captions(body.as_wish()), links)


@router.post("/pipeline", operation_id="wizard_pipeline", responses=HELD)
async def run(body: PipelineBody, pipeline: Pipeline, links: RootLinks) -> WizardEverything:
    """Everything from the topic to the captioned film."""
    return everything_of(await pipeline.pipeline(body.as_wish()), links)


@router.post("/set-video-mode", operation_id="wizard_mode")
async def set_mode(body: ModeBody, pipeline: Pipeline) -> WizardMode:
    """Chooses the shape of the film that is in the making."""
    return WizardMode.of(await pipeline.set_mode(is_wide=body.video_mode), wanted=body.video_mode)
