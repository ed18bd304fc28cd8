"""The stages images and image: each picture is judged, bought once, judged again and put in its place."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace

from pydantic import JsonValue

from app.core.errors import AppError
from app.frames.domain import FrameScene, request_of, seed_of
from app.jobs.attempts import PaidCall
from app.jobs.domain import AttemptView, JobStatus, Step
from app.jobs.handlers import PaidResult
from app.jobs.persistence import VendorAnswer, passes
from app.library.domain import AssetKind
from app.library.errors import QuotaExceeded
from app.library.pictures import BoughtPictures, Stills, sent_picture
from app.library.service import LibraryService, discard
from app.moderation.errors import ContentRefused
from app.moderation.service import ModerationService
from app.providers.errors import ContentBlocked, InvalidRequest, UnexpectedReply
from app.providers.image import ImageProvider, ImageRequest
from app.providers.stages import StageService
from app.providers.values import AttemptKey
from app.shows.delegation import Deliveries
from app.shows.domain import Made, ShowPicture, ShowStage, ShowView, due_pictures, picture_digest
from app.shows.errors import PictureMissing, ShowNotOffered, ShowPictureLost
from app.shows.stage_context import Plain, StageContext
from app.usage.domain import picture_micro_usd

# A retry after one of these buys anew, because what was bought can never be used.
USELESS = frozenset(
    {ShowPictureLost.code, ContentRefused.code, ContentBlocked.code, InvalidRequest.code, UnexpectedReply.code}
)


def request_for(scene: FrameScene, engine: ImageProvider, seed: int | None = None) -> ImageRequest:
    """What the engine is asked to draw."""
    return request_of(scene, engine.capabilities(), None, seed)


def scene_for(show: ShowView, position: int) -> FrameScene:
    """What one picture of the show shows."""
    options = show.options
    style = options.image_style.replace("_", " ")
    return FrameScene(
        prompt=show.made.pictures[position].prompt.strip(), style=style, aspect_ratio=options.aspect_ratio
    )


def check_pictures(show: ShowView, positions: Sequence[int], engine: ImageProvider) -> None:
    """Refuses before money is spent what the engine would refuse after."""
    can = engine.capabilities()
    for position in positions:
        misfit = can.misfit(request_for(scene_for(show, position), engine))
        if misfit is not None:
            said = f"Picture {position} cannot be drawn by {engine.name}: {misfit.hint}."
            raise ShowNotOffered(said, param=misfit.param, hint=misfit.hint)


class Drawing:
    """Draws pictures of one show within one job, one after the other."""

    def __init__(self, context: StageContext, *, in_place: bool = False, service: StageService | None = None) -> None:
        self._context = context
        self._outside = OutsidePictures(context, service) if service else None
        self._work = context.work
        self._resources = context.resources
        self._in_place = in_place
        self._moderation = ModerationService(context.resources)
        self._stills = Stills(context.resources)

    async def all_due(self) -> dict[str, JsonValue]:
        """Every picture that is not drawn from what it is told now."""
        await self._work.stage(ShowStage.IMAGES.value, progress=25, status=JobStatus.GENERATING_IMAGES)
        positions = (await self._work.step("images.begin", self._due))["positions"]
        return await self._drawn(ShowStage.IMAGES, positions)

    async def one(self, position: int) -> dict[str, JsonValue]:
        """One picture, anew."""
        await self._work.stage(ShowStage.IMAGE.value, progress=10, status=JobStatus.GENERATING_IMAGES)
        return await self._drawn(ShowStage.IMAGE, [position])

    async def _due(self) -> Plain:
        return {"positions": list(due_pictures(await self._context.show()))}

    async def _drawn(self, stage: ShowStage, positions: Sequence[int]) -> dict[str, JsonValue]:
        made: list[JsonValue] = []
        links = await self._asked_for(stage, positions)
        for index, position in enumerate(positions):
            step = Step(index + 1, len(positions), f"Picture {position}")
            progress = 30 + 20 * index // len(positions)
            await self._work.stage(f"{stage}_{position}", progress=progress, step=step)
            brief: Plain = await self._work.step(f"draw.{position}", self._begin, position)
            made.append(await self._make(position, brief, links.get(position)))
        await self._context.done(stage, {"pictures": list(positions)})
        return {"pictures": made}

    async def _asked_for(self, stage: ShowStage, positions: Sequence[int]) -> Mapping[int, str]:
        """The links of pictures that an outside service has drawn, all asked for at once."""
        if self._outside is None or not positions:
            return {}
        wish = await self._work.step(f"{stage}.wish", self._outside.wish, list(positions))
        for prompt in wish["prompts"]:
            await self._work.step(f"{stage}.moderate.{_name(prompt)}", self._moderation.admit_text, prompt)
        links = await self._outside.links(wish)
        return dict(zip(positions, links, strict=True))

    async def _begin(self, position: int) -> Plain:
        show = await self._context.show()
        if position >= len(show.made.pictures):
            raise PictureMissing
        picture = show.made.pictures[position]
        provider = ""
        if self._outside is None:
            engine = self._resources.engines.image()
            check_pictures(show, [position], engine)
            provider = engine.name
        scene = scene_for(show, position)
        digest = picture_digest(picture.prompt, show.options)
        facts = {"scene": asdict(scene), "provider": provider, "digest": digest, "prompt": picture.prompt}
        seed = seed_of(show.id, picture.tries)
        return {**facts, "seed": seed, "tries": picture.tries, "salt": await self._context.salt(USELESS)}

    async def _make(self, position: int, brief: Plain, link: str | None) -> JsonValue:
        if self._outside is not None and link is not None:
            fetched = await self._work.step(f"fetch.{position}", self._outside.fetched, link, position)
            await self._work.step(f"judge.{position}", self._judge, fetched)
            return await self._work.step(f"accept.{position}", self._accept, position, brief, fetched)
        scene = FrameScene(**brief["scene"])
        await self._work.step(f"moderate.{position}", self._moderation.admit_text, f"{scene.prompt}\n{scene.style}")
        bought = await self._buy(position, brief)
        asset_id = await self._work.step(f"keep.{position}", self._keep, bought, position)
        await self._work.step(f"judge.{position}", self._judge, asset_id)
        return await self._work.step(f"accept.{position}", self._accept, position, brief, asset_id)

    async def _buy(self, position: int, brief: Plain) -> PaidResult:
        engine = self._resources.engines.image(brief["provider"])
        request = request_for(FrameScene(**brief["scene"]), engine, brief["seed"])
        call = PaidCall(
            operation=f"picture.{position}",
            provider=engine.name,
            account=engine.account,
            request_hash=_hashed(self._context.show_id, position, brief),
            estimated_micro_usd=picture_micro_usd(engine.name),
            send_timeout_seconds=engine.capabilities().deadline_seconds,
        )

        async def send(attempt: AttemptView) -> VendorAnswer:
            drawn = await engine.draw(request, key=AttemptKey(attempt.id))
            return sent_picture(self._context.owner_id, attempt, drawn.stills[0].content)

        bought = await self._work.buy(call, send)
        await self._work.settle(bought, call.estimated_micro_usd)
        return bought

    async def _keep(self, bought: PaidResult, position: int) -> str:
        """The paid picture in the library, or why it cannot be kept."""
        pictures, name = BoughtPictures(self._resources), f"picture-{position + 1}"
        try:
            asset_id = await pictures.keep(self._work, bought, AssetKind.KEY_FRAME, name)
        except AppError as fault:
            if passes(fault) or isinstance(fault, QuotaExceeded):
                raise
            lost = f"The picture could not be kept: {fault.text}"
            raise ShowPictureLost(lost, facts={"cause": fault.code}) from fault
        await self._context.note_files([asset_id])
        return asset_id

    async def _judge(self, asset_id: str) -> None:
        """Lets the picture pass, or throws a refused one away."""
        asset = await self._context.asset(asset_id)
        try:
            await self._moderation.admit_picture(await self._stills.picture(asset))
        except ContentRefused:
            await discard(self._resources, asset)
            raise

    async def _accept(self, position: int, brief: Plain, asset_id: str) -> JsonValue:
        """Puts the picture in its place, unless its owner wants another one there by now."""
        shown = await self._swapped(position, asset_id) if self._in_place else asset_id

        def make(show: ShowView) -> Made:
            pictures = list(show.made.pictures)
            if position < len(pictures) and pictures[position].prompt == brief["prompt"]:
                pictures[position] = ShowPicture(brief["prompt"], shown, brief["digest"], brief["tries"] + 1)
            return replace(show.made, pictures=tuple(pictures))

        await self._context.change(make)
        return {"position": position, "asset_id": shown}

    async def _swapped(self, position: int, asset_id: str) -> str:
        """The id under which the picture was known, now with the new content; a second run finds it done."""
        pictures = (await self._context.show()).made.pictures
        known = pictures[position].asset_id if position < len(pictures) else None
        if known is None:
            return asset_id
        async with self._resources.database.unit_of_work() as session:
            library = LibraryService.over(session, self._resources)
            both = await library.views([known, asset_id])
            before, after = both.get(known), both.get(asset_id)
            if before is None or after is None:
                return known if after is None else asset_id
            await library.take_over(before, after)
        await self._resources.store.delete(before.store_key)
        return known


class OutsidePictures:
    """Has pictures drawn by an outside service."""

    def __init__(self, context: StageContext, service: StageService) -> None:
        self._context = context
        self._service = service
        self._deliveries = Deliveries(context, service)

    async def wish(self, positions: Sequence[int]) -> Plain:
        """What is asked for, written down so that a later edit cannot change it halfway."""
        show = await self._context.show()
        if any(position >= len(show.made.pictures) for position in positions):
            raise PictureMissing
        pictures = [show.made.pictures[position] for position in positions]
        told = {"prompts": [each.prompt.strip() for each in pictures], "style": show.options.image_style}
        return {**told, "tries": [each.tries for each in pictures]}

    async def links(self, wish: Plain) -> Sequence[str]:
        """Where the pictures lie, in their order; several are asked for in one call."""
        prompts, style = [str(each) for each in wish["prompts"]], str(wish["style"])

        async def send(key: AttemptKey) -> JsonValue:
            if len(prompts) == 1:
                return [await self._service.draw(prompts[0], style, key=key)]
            return list(await self._service.draw_all(prompts, style, key=key))

        return [str(link) for link in await self._deliveries.ask("show.pictures", wish, send)]

    async def fetched(self, link: str, position: int) -> str:
        """The picture in the library."""
        return (await self._deliveries.picture(link, f"picture-{position + 1}")).id


def _name(prompt: str) -> str:
    return hashlib.sha256(prompt.encode()).hexdigest()[:12]


def _hashed(show_id: str, position: int, brief: Plain) -> str:
    asked = {name: brief[name] for name in ("scene", "provider", "tries", "salt")}
    return hashlib.sha256(json.dumps([show_id, position, asked], sort_keys=True).encode()).hexdigest()
