"""Runs one stage of a show, or all that are wanted one after the other, within one job."""

from collections.abc import Awaitable, Callable, Mapping

from pydantic import BaseModel, JsonValue

from app.jobs.handlers import Work
from app.providers.stages import OutsideStage
from app.shows.delegation import OutsideVideo, OutsideVoices, OutsideWriting
from app.shows.domain import ShowOptions, Stage
from app.shows.drawing import Drawing
from app.shows.screening import Screening
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


async def run_stage(work: Work, stage: Stage, params: ShowParams) -> dict[str, JsonValue]:
    """What the stage made."""
    context = StageContext(work)
    if stage is Stage.RUN:
        return await _run_all(context, params)
    return await _makers(context, params)[stage]()


def _makers(context: StageContext, params: ShowParams) -> Mapping[Stage, Callable[[], Awaitable[dict[str, JsonValue]]]]:
    outside = context.resources.engines.outside
    writing, screening = Writing(context), Screening(context, params.options)
    drawing = Drawing(context, in_place=params.in_place, service=outside(OutsideStage.IMAGE))
    script, audio, video = (outside(each) for each in (OutsideStage.SCRIPT, OutsideStage.AUDIO, OutsideStage.VIDEO))
    speaking = Speaking(context, own_voice=params.own_voice)

    async def one() -> dict[str, JsonValue]:
        return await drawing.one(params.position or 0)

    async def captions() -> dict[str, JsonValue]:
        return await screening.captions(burn=params.burn)

    return {
        Stage.CONTENT: writing.content,
        Stage.SCRIPT: OutsideWriting(context, script).script if script else writing.script,
        Stage.IMAGES: drawing.all_due,
        Stage.IMAGE: one,
        # Only engines of this service can speak with a voice that was copied here.
        Stage.VOICES: OutsideVoices(context, audio).run if audio and not params.own_voice else speaking.run,
        Stage.VIDEO: OutsideVideo(context, video).run if video else screening.video,
        Stage.MUSIC: screening.music,
        Stage.CAPTIONS: captions,
    }


async def _run_all(context: StageContext, params: ShowParams) -> dict[str, JsonValue]:
    """From the topic to the captioned film; a track is laid when there is one."""
    makers = _makers(context, params)
    result: dict[str, JsonValue] = {}
    for stage in (Stage.CONTENT, Stage.SCRIPT, Stage.IMAGES, Stage.VOICES):
        result[stage.value] = await makers[stage]()
    # Stages that render have the turn that jobs of their own would have.
    async with context.resources.renders.turn():
        result[Stage.VIDEO.value] = await makers[Stage.VIDEO]()
        if await context.work.step("run.track", _has_track, context):
            result[Stage.MUSIC.value] = await makers[Stage.MUSIC]()
        result[Stage.CAPTIONS.value] = await makers[Stage.CAPTIONS]()
    await context.done(Stage.RUN, {"stages": list(result)})
    return result


async def _has_track(context: StageContext) -> bool:
    return (await context.show()).made.music_id is not None
