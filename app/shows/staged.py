"""The staged pipeline: every stage on its own, held to its end, on the show that is named or was touched last."""

from collections.abc import AsyncIterable, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Self

from app.core.pagination import every
from app.jobs.service import held
from app.library.intake import Intake
from app.library.values import AssetKind, AssetView
from app.narration.voices import VoiceService
from app.resources import Resources
from app.shows.errors import PictureMissing
from app.shows.meant import Meant
from app.shows.service import ShowService
from app.shows.staging import StagedShow, StagedVoice, StagedWish, is_wished_again, wished_edit
from app.shows.values import Picture, ShowEdit, ShowStatus, ShowView, Stage, StageWish

__all__ = ["StagedPipeline"]


@dataclass(frozen=True)
class _Part:
    """A stage, which show it is for, and what is changed of the show before it begins."""

    stage: Stage
    choose: Callable[[Meant], Awaitable[ShowView]]
    edit: Callable[[ShowView], ShowEdit]
    how: Callable[[ShowView], StageWish]


class StagedPipeline:
    """Runs stages for one owner; owns its transactions, because a reply is held longer than one may be open."""

    def __init__(self, resources: Resources, owner_id: str) -> None:
        self._resources = resources
        self._owner_id = owner_id

    @classmethod
    def over(cls, resources: Resources, owner_id: str) -> Self:
        """The pipeline of this owner."""
        return cls(resources, owner_id)

    async def content(self, wish: StagedWish) -> StagedShow:
        """What the show tells; a repeated wish goes on with the show that it began."""

        def is_open(show: ShowView) -> bool:
            return show.status is ShowStatus.DRAFT and is_wished_again(show, wish)

        return await self._begun(Stage.CONTENT, wish, StageWish(), is_open)

    async def pipeline(self, wish: StagedWish) -> StagedShow:
        """Everything from the topic to the captioned film; a repeated wish goes on with the show that it began."""

        def is_open(show: ShowView) -> bool:
            return show.made.video is None and is_wished_again(show, wish)

        return await self._begun(Stage.RUN, wish, StageWish(own_voice=wish.own_voice, burn=True), is_open)

    async def scripts(self, wish: StagedWish) -> StagedShow:
        """What is said and shown; a content with another title than that of the latest show begins a new one."""

        def is_meant(show: ShowView) -> bool:
            return wish.content is None or not wish.title or show.title == wish.title

        return await self._begun(Stage.SCRIPT, wish, StageWish(), is_meant)

    async def images(self, wish: StagedWish, prompts: Sequence[str]) -> StagedShow:
        """A picture for each prompt, or for those that were written with the script."""
        pictures = tuple(Picture(prompt) for prompt in prompts) or None
        return await self._continued(Stage.IMAGES, wish, StageWish(), ShowEdit(pictures=pictures))

    async def modify_image(self, asset_id: str | None, prompt: str, wish: StagedWish) -> StagedShow:
        """Draws one picture anew; its links show the new one."""

        async def choose(meant: Meant) -> ShowView:
            return await meant.with_picture(asset_id)

        def edit(show: ShowView) -> ShowEdit:
            number = _position(show, asset_id)
            pictures = list(show.made.pictures)
            pictures[number] = replace(pictures[number], prompt=prompt)
            return replace(wished_edit(wish, show.options), pictures=tuple(pictures))

        def how(show: ShowView) -> StageWish:
            return StageWish(position=_position(show, asset_id), in_place=True)

        return await self._held(_Part(Stage.IMAGE, choose, edit, how))

    async def voices(self, wish: StagedWish, sentences: Sequence[str]) -> StagedShow:
        """A voice for each sentence, or for those that were written with the script."""
        told = tuple(sentences) or None
        edit = ShowEdit(sentences=told, script_text="\n\n".join(told) if told else None)
        return await self._continued(Stage.VOICES, wish, StageWish(own_voice=wish.own_voice), edit)

    async def edit(self, wish: StagedWish) -> StagedShow:
        """The plain film."""
        return await self._continued(Stage.VIDEO, wish, StageWish(), ShowEdit())

    async def music(self, asset_id: str | None, wish: StagedWish) -> StagedShow:
        """The film with a track; the show is the one for which the track was uploaded."""

        async def choose(meant: Meant) -> ShowView:
            return await meant.with_track(asset_id) if wish.show_id is None else await meant.show(wish.show_id)

        def edit(show: ShowView) -> ShowEdit:
            return replace(wished_edit(wish, show.options), music_id=asset_id)

        return await self._held(_Part(Stage.MUSIC, choose, edit, lambda _: StageWish()))

    async def captions(self, wish: StagedWish) -> StagedShow:
        """The film with captions in its pictures."""
        return await self._continued(Stage.CAPTIONS, wish, StageWish(burn=True), ShowEdit())

    async def set_mode(self, *, is_wide: bool) -> ShowView | None:
        """Chooses the shape of the latest show, unless its film is made already; None without such a show."""
        async with self._resources.database.unit_of_work() as session:
            show = await Meant(session, self._resources, self._owner_id).latest()
            if show is None or show.made.reel is not None:
                return None
            edit = wished_edit(StagedWish(is_wide=is_wide), show.options)
            return await ShowService.over(session, self._resources).update(show, edit)

    async def keep_voice(self, name: str, chunks: AsyncIterable[bytes]) -> ShowView:
        """Takes a recording of the owner's voice for the latest show."""
        show = await self._latest()
        async with Intake(self._resources).received(self._owner_id, AssetKind.AUDIO_SAMPLE, name, chunks) as sample:
            return await self._edited(show, ShowEdit(own_sample_id=sample.id))

    async def keep_track(self, name: str, chunks: AsyncIterable[bytes]) -> AssetView:
        """Takes a track for the latest show."""
        show = await self._latest()
        async with Intake(self._resources).received(self._owner_id, AssetKind.MUSIC, name, chunks) as track:
            await self._edited(show, ShowEdit(music_id=track.id))
            return track

    async def known_voices(self) -> Sequence[StagedVoice]:
        """The voices that may be asked for: the owner's, then those of the engine."""
        async with self._resources.database.reading() as session:
            voices = VoiceService.over(session, self._resources)
            listed = await every(partial(voices.listed, self._owner_id))
        await self._resources.threads.run(self._resources.engines.warm)
        offered = await self._resources.engines.speech().voices()
        own = [StagedVoice(voice.voice_id, voice.name, None) for voice in listed]
        return [*own, *(StagedVoice(voice.voice_id, voice.name, voice.language) for voice in offered)]

    async def _latest(self) -> ShowView:
        async with self._resources.database.reading() as session:
            return await Meant(session, self._resources, self._owner_id).show(None)

    async def _edited(self, show: ShowView, edit: ShowEdit) -> ShowView:
        async with self._resources.database.unit_of_work() as session:
            return await ShowService.over(session, self._resources).update(show, edit)

    async def _begun(
        self, stage: Stage, wish: StagedWish, how: StageWish, is_meant: Callable[[ShowView], bool]
    ) -> StagedShow:
        async def choose(meant: Meant) -> ShowView:
            return await meant.show_or_new(wish, is_meant, begins=stage is not Stage.SCRIPT)

        return await self._held(_Part(stage, choose, lambda show: wished_edit(wish, show.options), lambda _: how))

    async def _continued(self, stage: Stage, wish: StagedWish, how: StageWish, change: ShowEdit) -> StagedShow:
        async def choose(meant: Meant) -> ShowView:
            return await meant.show(wish.show_id)

        def edit(show: ShowView) -> ShowEdit:
            wished = wished_edit(wish, show.options)
            return replace(change, language=wished.language, options=wished.options, extra=wished.extra)

        return await self._held(_Part(stage, choose, edit, lambda _: how))

    async def _held(self, part: _Part) -> StagedShow:
        """Commits the start, then waits for the end; what made it fail is raised, and so is the end of patience."""
        async with self._resources.database.unit_of_work() as session:
            shows = ShowService.over(session, self._resources)
            chosen = await part.choose(Meant(session, self._resources, self._owner_id))
            how = part.how(chosen)
            show = await shows.update(chosen, part.edit(chosen))
            at_work = [job for job in await shows.unfinished_jobs(show) if job.kind == Stage.RUN.kind]
            # A whole run writes into the show as it goes, so its inputs do not tell that it is the same one.
            whole = at_work[0] if at_work and part.stage is Stage.RUN else None
            job = whole or await shows.start_stage(show, part.stage, how)
        if job is not None:
            await held(self._resources, job)
        async with self._resources.database.reading() as session:
            shows = ShowService.over(session, self._resources)
            made = await shows.owned(show.id, self._owner_id)
            return StagedShow(made, await shows.files([made]))


def _position(show: ShowView, asset_id: str | None) -> int:
    known = [picture.asset_id for picture in show.made.pictures]
    if asset_id is None or asset_id not in known:
        raise PictureMissing(param="image_path")
    return known.index(asset_id)
