"""Puts a stage in line: checked before money is spent, joined while the same runs, left out when it stands."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

from app.core.database import Session
from app.jobs.domain import JobView, Lane
from app.jobs.queue import JobQueue, Order
from app.providers.stages import OutsideStage
from app.resources import Resources
from app.shows.domain import (
    ShowStage,
    ShowView,
    StageWish,
    captioned_digest,
    captions_digest,
    check_screened,
    due_pictures,
    due_texts,
    film_digest,
    picture_digest,
    reel_digest,
    scored_digest,
    texts_of,
    voice_digest,
)
from app.shows.drawing import check_pictures
from app.shows.errors import (
    NotAVoiceYet,
    PictureMissing,
    ScriptMissing,
    ShowPicturesMissing,
    ShowVideoMissing,
    ShowVoiceMissing,
    TopicMissing,
    TrackMissing,
)
from app.shows.running import ShowParams
from app.shows.speaking import check_texts
from app.shows.wording import topic_of
from app.usage.domain import picture_micro_usd, plan_micro_usd, speech_micro_usd
from app.usage.ledger import LedgerBudget, PaidEngine

RENDERED = frozenset({ShowStage.VIDEO, ShowStage.MUSIC, ShowStage.CAPTIONS})


@dataclass(frozen=True)
class Due:
    """What a stage is going to work on, as a name of that work, what it costs at most, and whom it pays."""

    inputs: tuple[object, ...]
    micro_usd: int = 0
    engines: tuple[PaidEngine, ...] = ()


async def begin(
    session: Session, resources: Resources, show: ShowView, stage: ShowStage, wish: StageWish
) -> JobView | None:
    """The job of this stage; None when what it would make stands already."""
    due = DUE[stage](resources, show, wish)
    if due is None:
        return None
    how = ShowParams(position=wish.position, in_place=wish.in_place, own_voice=wish.own_voice, burn=wish.burn)
    params = how.model_copy(update={"options": show.options}) if stage is ShowStage.VIDEO else how
    job, is_new = await JobQueue(session, resources).enqueue(
        Order(
            owner_id=show.owner_id,
            kind=stage.kind,
            lane=_lane(resources, stage),
            params=params.model_dump(mode="json"),
            project_id=show.id,
            same_work=f"{stage.kind}:{show.id}:{_digest(how.model_dump(), due.inputs)}",
            direct=wish.direct,
            continues=True,
            estimated_micro_usd=due.micro_usd,
        )
    )
    if is_new:
        await LedgerBudget(resources).hold(session, job, job.estimated_micro_usd, *due.engines)
    return job


def _lane(resources: Resources, stage: ShowStage) -> Lane:
    """Only what is cut on this machine waits for a place among its renders."""
    is_outside = stage is ShowStage.VIDEO and resources.engines.outside(OutsideStage.VIDEO) is not None
    return Lane.RENDER if stage in RENDERED and not is_outside else Lane.REMOTE


def _content(resources: Resources, show: ShowView, _wish: StageWish) -> Due:
    if not topic_of(show):
        raise TopicMissing(param="title")
    planner = resources.engines.planner()
    return Due((show.title, show.description, asdict(show.options)), plan_micro_usd(planner.name), (planner,))


def _script(resources: Resources, show: ShowView, _wish: StageWish) -> Due:
    if not (topic_of(show) or show.content.strip()):
        raise TopicMissing(param="title")
    told = (show.title, show.description, show.content, asdict(show.options))
    if resources.engines.outside(OutsideStage.SCRIPT):
        return Due(told)
    planner = resources.engines.planner()
    return Due(told, plan_micro_usd(planner.name), (planner,))


def _images(resources: Resources, show: ShowView, _wish: StageWish) -> Due | None:
    if not any(picture.prompt.strip() for picture in show.made.pictures):
        raise ShowPicturesMissing(param="images")
    positions = due_pictures(show)
    if not positions:
        return None
    wanted = [(position, picture_digest(show.made.pictures[position].prompt, show.options)) for position in positions]
    return Due(tuple(wanted), *_drawing(resources, show, positions))


def _image(resources: Resources, show: ShowView, wish: StageWish) -> Due:
    position = -1 if wish.position is None else wish.position
    if not 0 <= position < len(show.made.pictures):
        raise PictureMissing(param="scene_index")
    told = picture_digest(show.made.pictures[position].prompt, show.options)
    return Due((told,), *_drawing(resources, show, [position]))


def _drawing(resources: Resources, show: ShowView, positions: Sequence[int]) -> tuple[int, tuple[PaidEngine, ...]]:
    """What the pictures cost at most, and whom; what an outside service takes is not known and not checked here."""
    if resources.engines.outside(OutsideStage.IMAGE):
        return 0, ()
    engine = resources.engines.image()
    check_pictures(show, positions, engine)
    return len(positions) * picture_micro_usd(engine.name), (engine,)


def _voices(resources: Resources, show: ShowView, wish: StageWish) -> Due | None:
    if wish.own_voice and show.made.own_voice is None:
        raise NotAVoiceYet(param="own_voice")
    if not (texts := texts_of(show)):
        raise ScriptMissing(param="script_text")
    numbers = due_texts(show, own_voice=wish.own_voice)
    if not numbers:
        return None
    inputs = tuple(voice_digest(text, show, own_voice=wish.own_voice) for text in texts)
    return Due(inputs, *_speaking(resources, show, [texts[number] for number in numbers], wish))


def _speaking(
    resources: Resources, show: ShowView, texts: Sequence[str], wish: StageWish
) -> tuple[int, tuple[PaidEngine, ...]]:
    """What the texts cost, and whom; what an outside service takes is not known and not checked here."""
    if resources.engines.outside(OutsideStage.AUDIO) and not wish.own_voice:
        return 0, ()
    engine = resources.engines.speech()
    check_texts(show, engine)
    cost = sum(speech_micro_usd(engine.name, engine.capabilities().model, len(text)) for text in texts)
    return cost, (engine,)


def _video(_resources: Resources, show: ShowView, _wish: StageWish) -> Due | None:
    check_screened(show)
    video, digest = show.made.video, film_digest(show)
    return None if video is not None and video.digest == digest else Due((digest,))


def _music(_resources: Resources, show: ShowView, _wish: StageWish) -> Due | None:
    if show.made.reel is None:
        raise ShowVideoMissing
    if show.made.music_id is None:
        raise TrackMissing
    scored, digest = show.made.scored, scored_digest(show)
    return None if scored is not None and scored.digest == digest else Due((digest,))


def _captions(_resources: Resources, show: ShowView, wish: StageWish) -> Due | None:
    if not show.made.voices:
        raise ShowVoiceMissing(param="audio_path")
    if wish.burn and show.made.reel is None:
        raise ShowVideoMissing
    if not show.script_text.strip() and not any(voice.text.strip() for voice in show.made.voices):
        raise ScriptMissing(param="script_text")
    files, digest = show.made.captions, captions_digest(show)
    burned, look = show.made.captioned, captioned_digest(show)
    stands = files is not None and files.digest == digest
    if wish.burn:
        stands = stands and burned is not None and burned.digest == look
    return None if stands else Due((digest, look if wish.burn else ""))


def _run(resources: Resources, show: ShowView, wish: StageWish) -> Due:
    """The whole show: its texts are not written yet, so only the planner's part is put aside beforehand."""
    if wish.own_voice and show.made.own_voice is None:
        raise NotAVoiceYet(param="own_voice")
    due = _content(resources, show, wish)
    painters = () if resources.engines.outside(OutsideStage.IMAGE) else (resources.engines.image(),)
    each = sum(picture_micro_usd(painter.name) for painter in painters)
    inputs = (*due.inputs, show.made.music_id, reel_digest(show))
    return Due(inputs, 2 * due.micro_usd + show.options.sections * each, (*due.engines, *painters))


DUE: Mapping[ShowStage, Callable[[Resources, ShowView, StageWish], Due | None]] = {
    ShowStage.CONTENT: _content,
    ShowStage.SCRIPT: _script,
    ShowStage.IMAGES: _images,
    ShowStage.IMAGE: _image,
    ShowStage.VOICES: _voices,
    ShowStage.VIDEO: _video,
    ShowStage.MUSIC: _music,
    ShowStage.CAPTIONS: _captions,
    ShowStage.RUN: _run,
}


def _digest(*inputs: object) -> str:
    return hashlib.sha256(json.dumps(inputs, sort_keys=True, default=str).encode()).hexdigest()[:32]
