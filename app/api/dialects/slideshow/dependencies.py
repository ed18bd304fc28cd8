"""The facade of the studio: loads projects of the caller, hands edits and stages on, shows what came of them."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends, Request, Response

from app.accounts.dependencies import CurrentUser, OwnResources, ResourcesDep
from app.api.dialects.rules import links_under
from app.api.dialects.slideshow.presenter import (
    Json,
    audio_part,
    image_part,
    images_part,
    project,
    script_part,
    video_part,
)
from app.api.dialects.slideshow.reading import Reader
from app.api.dialects.slideshow.schemas import DescriptionBody, MakeBody, ProjectBody, SubtitlesBody
from app.core.dependencies import AsyncConstructor
from app.core.pagination import Window
from app.jobs.service import held
from app.library.links import MediaLinks
from app.shows.domain import Door, ShowEdit, ShowListing, ShowStage, ShowView, StageWish
from app.shows.service import ShowService, delete_show, edit_and_start, rendered_by

UNSAVED = "temp"


async def studio_links(request: Request, resources: ResourcesDep) -> MediaLinks:
    """Absolute links, because pages of another origin show them."""
    return links_under("/studio-api", request, resources)


StudioLinks = Annotated[MediaLinks, Depends(studio_links)]


async def owned_show(show_id: str, account: CurrentUser, resources: ResourcesDep) -> ShowView:
    """The caller's project; a foreign one is not found."""
    async with resources.database.reading() as session:
        return await ShowService.over(session, resources).owned(show_id, account.id)


OwnedShow = Annotated[ShowView, Depends(owned_show)]


class SlideshowFacade:
    """What the studio asks for on behalf of one account."""

    def __init__(self, resources: OwnResources, account: CurrentUser, links: StudioLinks) -> None:
        self._resources = resources
        self._owner_id = account.id
        self._links = links
        self._reader = Reader(links, account.id)

    async def listed(self, listing: ShowListing, window: Window, response: Response) -> list[Json]:
        """A bare array; how many there are stands in a header."""
        async with self._resources.database.reading() as session:
            shows, total = await ShowService.over(session, self._resources).listed(self._owner_id, listing, window)
        response.headers["X-Total-Count"] = str(total)
        return await self._all(shows)

    async def shown(self, show: ShowView) -> Json:
        """The whole project."""
        return (await self._all([show]))[0]

    async def create(self, body: ProjectBody) -> Json:
        """A new project."""
        edit = self._reader.whole(body)
        async with self._resources.database.unit_of_work() as session:
            shows = ShowService.over(session, self._resources)
            show = await shows.create(self._owner_id, Door.STUDIO, edit)
        return await self.shown(show)

    async def save(self, show: ShowView, body: ProjectBody) -> Json:
        """The project with what was sent; a partial object is enough."""
        edit = self._reader.whole(body, show)
        async with self._resources.database.unit_of_work() as session:
            saved = await ShowService.over(session, self._resources).update(show, edit)
        return await self.shown(saved)

    async def delete(self, show: ShowView) -> None:
        """The project with its media."""
        await delete_show(self._resources, show)

    async def script(self, show_id: str, body: MakeBody) -> Json:
        """The text and what the pictures show."""
        shown = await self._made(show_id, ShowStage.SCRIPT, body, StageWish(), style="script_style")
        return self._answer(show_id, shown, script_part(shown))

    async def audio(self, show_id: str, body: MakeBody, *, with_url: bool = False) -> Json:
        """The spoken text; the paths of the guide name its link another way."""
        shown = await self._made(show_id, ShowStage.VOICES, body, StageWish())
        return self._answer(show_id, shown, audio_part(shown, with_url=with_url))

    async def images(self, show_id: str, body: MakeBody) -> Json:
        """Every picture that is due."""
        shown = await self._made(show_id, ShowStage.IMAGES, body, StageWish(), style="image_style")
        return self._answer(show_id, shown, images_part(shown))

    async def image(self, show_id: str, position: int, body: MakeBody) -> Json:
        """One picture, anew."""
        wish = StageWish(position=position)
        shown = await self._made(show_id, ShowStage.IMAGE, body, wish, style="image_style")
        return self._answer(show_id, shown, image_part(shown, position))

    async def video(self, show_id: str, body: MakeBody) -> Json:
        """The film."""
        shown = await self._made(show_id, ShowStage.VIDEO, body, StageWish())
        return self._answer(show_id, shown, video_part(shown))

    async def burn(self, show: ShowView, body: SubtitlesBody) -> Json:
        """The film with its captions in the picture."""
        return await self._ran(
            show, self._reader.subtitles(body, show.options), ShowStage.CAPTIONS, StageWish(burn=True)
        )

    async def subtitles(self, show_id: str, audio_path: str) -> Json:
        """The captions of a project, or of whatever the sound belongs to."""
        asset_id = self._reader.file(audio_path)
        async with self._resources.database.reading() as session:
            shows = ShowService.over(session, self._resources)
            if show_id in {"", UNSAVED}:
                show = await shows.with_file(self._owner_id, asset_id or "")
            else:
                show = await shows.owned(show_id, self._owner_id)
        shown = await self._ran(show, ShowEdit(), ShowStage.CAPTIONS, StageWish())
        part = {"success": True, "subtitle_path": shown["subtitle_path"]}
        return part if show.is_draft else shown | part

    async def description(self, body: DescriptionBody) -> Json:
        """A description for a project that is not saved yet."""
        edit = self._reader.description(body)
        async with self._resources.database.unit_of_work() as session:
            shows = ShowService.over(session, self._resources)
            draft = await shows.draft(self._owner_id, Door.STUDIO, ShowStage.CONTENT, edit)
        await self._ran(draft, edit, ShowStage.CONTENT, StageWish())
        async with self._resources.database.reading() as session:
            made = await ShowService.over(session, self._resources).owned(draft.id, self._owner_id)
        return {"contextual_description": made.content}

    async def _made(self, show_id: str, stage: ShowStage, body: MakeBody, wish: StageWish, *, style: str = "") -> Json:
        """What a stage made of a project, or of a draft where there is none yet."""
        if show_id != UNSAVED:
            async with self._resources.database.reading() as session:
                show = await ShowService.over(session, self._resources).owned(show_id, self._owner_id)
            edit = self._reader.part(body, show, style=style, position=wish.position)
            return await self._ran(show, edit, stage, wish)
        edit = self._reader.part(body, style=style, position=wish.position)
        async with self._resources.database.unit_of_work() as session:
            shows = ShowService.over(session, self._resources)
            if stage is ShowStage.VIDEO:
                edit = await shows.filled(self._owner_id, Door.STUDIO, edit)
            draft = await shows.draft(self._owner_id, Door.STUDIO, stage, edit)
        return await self._ran(draft, edit, stage, wish)

    async def _ran(self, show: ShowView, edit: ShowEdit, stage: ShowStage, wish: StageWish) -> Json:
        """Waits to the end of the work, if there is any to do, and shows the project as it is then."""
        job = await edit_and_start(self._resources, show, edit, stage, wish)
        if job is not None:
            job = await held(self._resources, job)
        async with self._resources.database.reading() as session:
            made = await ShowService.over(session, self._resources).owned(show.id, self._owner_id)
        return await self.shown(made if job is None else rendered_by(made, job))

    def _answer(self, show_id: str, shown: Json, part: Json) -> Json:
        return part if show_id == UNSAVED else shown | part

    async def _all(self, shows: Sequence[ShowView]) -> list[Json]:
        async with self._resources.database.reading() as session:
            assets = await ShowService.over(session, self._resources).files(shows)
        return [project(show, assets, self._links) for show in shows]


FacadeDep = Annotated[SlideshowFacade, Depends(AsyncConstructor(SlideshowFacade))]
