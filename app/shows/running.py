"""Runs one stage of a show, or all that are wanted one after the other, within one job."""

from collections.abc import Awaitable, Callable, Mapping

from pydantic import BaseModel, JsonValue

from app.jobs.handlers import JobRun
from app.providers.stages import OutsideStage
from app.shows.delegation import OutsideVideo, OutsideVoices, OutsideWriting
from app.shows.domain import ShowOptions, ShowStage
from app.shows.drawing import Drawing
from app.shows.screening import ShowRenderer
from app.shows.speaking import Speaking
from app.shows.stage_context import StageContext
from app.shows.writing import Writing


class ShowParams(BaseModel):
    """What a job of a show is told beside the show itself."""

    position: int | None = None
    in_place: bool = False
    own_voice: bool = False
    burn: bool = False
    # How a film shall look, as it was when it was asked for: the next request may want another.
    options: ShowOptions | None = None


async def run_stage(work: JobRun, stage: ShowStage, params: ShowParams) -> dict[str, JsonValue]:
    """What the stage made."""
    context = StageContext(work)
    if stage is ShowStage.RUN:
        return await _run_all(context, params)
    return await _makers(context, params)[stage]()


def _makers(
    context: StageContext, params: ShowParams
) -> Mapping[ShowStage, Callable[[], Awaitable[dict[str, JsonValue]]]]:
    outside = context.resources.engines.outside
    writing, screening = Writing(context), ShowRenderer(context, params.options)
    drawing = Drawing(context, in_place=params.in_place, service=outside(OutsideStage.IMAGE))
    script, audio, video = (outside(each) for each in (OutsideStage.SCRIPT, OutsideStage.AUDIO, OutsideStage.VIDEO))
    speaking = Speaking(context, own_voice=params.own_voice)

    async def one() -> dict[str, JsonValue]:
        return await drawing.one(params.position or 0)

    async def captions() -> dict[str, JsonValue]:
        return await screening.captions(burn=params.burn)

    return {
        ShowStage.CONTENT: writing.content,
        ShowStage.SCRIPT: OutsideWriting(context, script).script if script else writing.script,
        ShowStage.IMAGES: drawing.all_due,
        ShowStage.IMAGE: one,
        # Only engines of this service can speak with a voice that was copied here.
        ShowStage.VOICES: OutsideVoices(context, audio).run if audio and not params.own_voice else speaking.run,
        ShowStage.VIDEO: OutsideVideo(context, video).run if video else screening.video,
        ShowStage.MUSIC: screening.music,
        ShowStage.CAPTIONS: captions,
    }


async def _run_all(context: StageContext, params: ShowParams) -> dict[str, JsonValue]:
    """From the topic to the captioned film; a track is laid when there is one."""
    makers = _makers(context, params)
    result: dict[str, JsonValue] = {}
    for stage in (ShowStage.CONTENT, ShowStage.SCRIPT, ShowStage.IMAGES, ShowStage.VOICES):
        result[stage.value] = await makers[stage]()
    # Stages that render have the turn that jobs of their own would have.
    async with context.resources.renders.turn():
        result[ShowStage.VIDEO.value] = await makers[ShowStage.VIDEO]()
        if await context.work.step("run.track", _has_track, context):
            result[ShowStage.MUSIC.value] = await makers[ShowStage.MUSIC]()
        result[ShowStage.CAPTIONS.value] = await makers[ShowStage.CAPTIONS]()
    await context.done(ShowStage.RUN, {"stages": list(result)})
    return result


async def _has_track(context: StageContext) -> bool:
    return (await context.show()).made.music_id is not None
