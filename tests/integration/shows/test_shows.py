"""Shows as rows: created, edited, listed, shared by nobody, deleted with their files."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.library.errors import AssetNotFound
from app.shows.domain import Door, Edit, ShowEdit, ShowPicture, ShowSort, ShowStage, ShowStatus
from app.shows.errors import ScriptMissing, ShowFileUnknown, ShowNotFound
from app.shows.jobs import SweepShows
from app.shows.service import ShowService, delete_show
from tests import factories
from tests.doubles.clock import FrozenClock
from tests.integration.shows.conftest import TINY, Booth


async def test_an_edit_changes_what_it_names_and_keeps_the_rest(booth: Booth) -> None:
    show = await booth.create(description="A tale", extra={"heygen_avatar_id": "x", "kept": 1})
    show = await booth.edit(show, title="The lantern", extra={"kept": 2})
    chosen = replace(TINY, language_is_chosen=True)
    assert (show.title, show.description, show.options) == ("The lantern", "A tale", chosen)
    assert show.extra == {"heygen_avatar_id": "x", "kept": 2}
    show = await booth.edit(show, script_text="Words", options=replace(TINY, speed=1.2))
    assert (show.status, show.options.speed) == (ShowStatus.SCRIPT_GENERATED, 1.2)


async def test_lists_are_searched_sorted_and_of_one_door(booth: Booth) -> None:
    for title in ("Łabędź", "abbey", "Zorza"):
        await booth.create(title=title)
    booth.door = Door.WIZARD
    newest = await booth.create(title="Of the wizard", script_text="Words")
    assert await booth.listed() == ["Of the wizard"]
    assert await booth.listed(status=ShowStatus.DRAFT) == []
    async with booth.resources.database.reading() as session:
        shows = ShowService.over(session, booth.resources)
        assert await shows.newest(booth.owner_id, Door.WIZARD) == newest
    booth.door = Door.STUDIO
    assert await booth.listed() == ["Zorza", "abbey", "Łabędź"]
    assert await booth.listed(sort=ShowSort.TITLE, descending=False) == ["abbey", "Zorza", "Łabędź"]
    assert await booth.listed(search="ŁABĘ") == ["Łabędź"]
    assert await booth.listed(search="%") == []


async def test_nobody_sees_or_uses_what_is_anothers(booth: Booth, other_booth: Booth) -> None:
    show = await booth.create()
    with pytest.raises(ShowNotFound):
        await other_booth.view(show)
    assert await other_booth.listed() == []
    mine = await factories.asset(booth.resources, booth.owner_id)
    for edit in (
        {"music_id": "gone"},
        {"pictures": (ShowPicture("a fox", mine),)},
        {"files": Edit(voice_id=mine)},
        {"music_id": mine},
    ):
        with pytest.raises(ShowFileUnknown):
            await other_booth.create(**edit)
    assert await other_booth.listed() == []


async def test_files_of_another_show_may_be_brought_in_and_outlive_it(booth: Booth) -> None:
    show = await booth.made(
        await booth.create(script_text="A fox.", pictures=(ShowPicture("a fox"),)), ShowStage.IMAGES
    )
    show = await booth.made(show, ShowStage.VOICES)
    picture, voice = show.made.pictures[0].asset_id, show.made.voices[0].asset_id
    copy = await booth.create(pictures=(ShowPicture("a fox", picture),), files=Edit(voice_id=voice))
    assert copy.made.voices[0].seconds == pytest.approx(1.0, abs=0.1)
    assert copy.status is ShowStatus.IMAGES_READY
    with pytest.raises(ScriptMissing):
        await booth.start(copy, ShowStage.CAPTIONS)
    await delete_show(booth.resources, show)
    with pytest.raises(ShowNotFound):
        await booth.view(show)
    assert picture is not None
    assert await booth.content(picture)
    await delete_show(booth.resources, copy)
    for gone in (picture, voice):
        with pytest.raises(AssetNotFound):
            await booth.asset(gone)


async def test_a_draft_is_found_by_its_key_in_no_list_and_goes_after_a_day(booth: Booth) -> None:
    async with booth.resources.database.unit_of_work() as session:
        shows = ShowService.over(session, booth.resources)
        wish = ShowEdit(title="Draft")
        draft = await shows.create(booth.owner_id, Door.STUDIO, wish, draft_key="k")
        again = await shows.create(booth.owner_id, Door.STUDIO, wish, draft_key="k")
    assert (draft.id, draft.is_draft) == (again.id, True)
    assert await booth.listed() == []
    assert await SweepShows(booth.resources).sweep() == 0
    late = replace(booth.resources, clock=FrozenClock(booth.resources.clock.now() + timedelta(hours=25)))
    assert await SweepShows(late).sweep() == 1
    with pytest.raises(ShowNotFound):
        await booth.view(draft)
