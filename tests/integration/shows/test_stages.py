"""Each stage of a show: what it makes, what it keeps, what it pays for, and what it refuses."""

import asyncio
from dataclasses import replace

import pytest

from app.core.errors import AppError
from app.library.domain import AssetKind
from app.library.errors import AssetNotFound
from app.library.service import discard
from app.media.probe import Probes
from app.planning.errors import PlanUnusable
from app.providers.image import MadePictures, Still
from app.providers.planner import StoryPlan
from app.providers.values import MediaType
from app.shows.domain import ShowPicture, ShowStage, ShowStatus, ShowView
from app.shows.errors import (
    NotAVoiceYet,
    PictureMissing,
    ScriptMissing,
    ShowNotOffered,
    ShowPictureLost,
    ShowPicturesMissing,
    ShowVideoMissing,
    ShowVoiceMissing,
    TopicMissing,
    TrackMissing,
)
from tests import factories
from tests.doubles.engines import ScriptedKit
from tests.integration.shows.conftest import TINY, Booth
from tests.scripted_house import Vendor


async def pictured(booth: Booth, *prompts: str) -> ShowView:
    show = await booth.create(script_text="A fox runs.", pictures=tuple(ShowPicture(each) for each in prompts))
    return await booth.made(show, ShowStage.IMAGES)


async def test_content_becomes_text_with_outline_and_keywords(booth: Booth, kit: ScriptedKit) -> None:
    show = await booth.made(await booth.create(description="A fox finds a lantern"), ShowStage.CONTENT)
    assert show.content.splitlines() == ["The fox runs on, and the forest is quiet."] * 2
    assert len(show.made.outline) == 2
    assert "forest" in show.made.keywords
    assert kit.planner.briefs[0].story == "A fox finds a lantern"
    assert [(entry.name, entry.success) for entry in show.made.stages] == [(ShowStage.CONTENT, True)]


async def test_a_script_is_written_from_the_content_and_says_what_pictures_show(booth: Booth, kit: ScriptedKit) -> None:
    options = replace(TINY, use_case="tutorial", script_style="comedic", keywords="fox, fog")
    show = await booth.create(content="A fox. A lantern.", options=options)
    show = await booth.made(show, ShowStage.SCRIPT)
    brief = kit.planner.briefs[0]
    assert (brief.story, brief.segment_count, brief.segment_seconds) == ("A fox. A lantern.", 2, 6)
    for told in ("one step a segment", "light and funny", "fox, fog"):
        assert told in brief.instructions
    assert show.script_text == "\n\n".join(show.made.sentences)
    assert len(show.made.sentences) == len(show.made.pictures) == 2
    assert show.status is ShowStatus.SCRIPT_GENERATED


async def test_a_plan_that_breaks_the_rules_twice_is_refused_and_noted(booth: Booth, kit: ScriptedKit) -> None:
    kit.planner.script = [lambda brief: StoryPlan("x", ())] * 2
    done = await booth.make(await booth.create(), ShowStage.SCRIPT)
    assert done.job is not None
    assert done.job.failure is not None
    assert done.job.failure.code == PlanUnusable.code
    entry = done.show.made.stages[-1]
    assert (entry.name, entry.success, entry.facts["code"]) == (ShowStage.SCRIPT, False, PlanUnusable.code)
    again = await booth.made(done.show, ShowStage.SCRIPT)
    assert again.status is ShowStatus.SCRIPT_GENERATED


async def test_pictures_are_drawn_once_and_again_only_where_their_words_change(booth: Booth, vendor: Vendor) -> None:
    show = await pictured(booth, "a fox", "a lantern")
    assert len(vendor.image.requests) == 2
    assert show.status is ShowStatus.IMAGES_READY
    assert await booth.start(show, ShowStage.IMAGES) is None
    fox, lantern = (picture.asset_id for picture in show.made.pictures)
    show = await booth.edit(show, pictures=(ShowPicture("a fox"), ShowPicture("a red lantern")))
    assert [picture.asset_id for picture in show.made.pictures] == [fox, None]
    show = await booth.made(show, ShowStage.IMAGES)
    assert show.made.pictures[0].asset_id == fox
    assert show.made.pictures[1].asset_id not in {None, lantern}
    assert len(vendor.image.requests) == 3
    painted = await booth.edit(show, options=replace(TINY, image_style="oil_painting"))
    await booth.made(painted, ShowStage.IMAGES)
    assert len(vendor.image.requests) == 5
    assert "oil painting" in vendor.image.requests[-1].prompt


async def test_one_picture_is_drawn_anew_and_may_keep_its_address(booth: Booth, vendor: Vendor) -> None:
    show = await pictured(booth, "a fox", "a lantern")
    before = show.made.pictures[1].asset_id
    assert before is not None
    old = await booth.content(before)
    show = await booth.edit(show, pictures=(show.made.pictures[0], ShowPicture("a candle", before)))
    show = await booth.made(show, ShowStage.IMAGE, position=1, in_place=True)
    assert show.made.pictures[1].asset_id == before
    assert await booth.content(before) != old
    show = await booth.made(show, ShowStage.IMAGE, position=1)
    assert show.made.pictures[1].asset_id != before
    assert len(vendor.image.requests) == 4


async def test_the_same_call_joins_the_running_one_and_is_paid_once(booth: Booth, vendor: Vendor) -> None:
    show = await booth.create(script_text="A fox runs.")
    both = await asyncio.gather(*(booth.make(show, ShowStage.VOICES) for _ in range(3)))
    assert len({done.job.id for done in both if done.job}) == 1
    assert len(vendor.speech.said) == 1
    assert await booth.start(both[0].show, ShowStage.VOICES) is None
    other = await booth.made(await booth.edit(show, script_text="A fox sleeps."), ShowStage.VOICES)
    assert len(vendor.speech.said) == 2
    assert other.made.voices[0].text == "A fox sleeps."


async def test_each_sentence_has_a_voice_and_only_changed_ones_are_spoken_again(booth: Booth, vendor: Vendor) -> None:
    options = replace(TINY, voice_each=True)
    show = await booth.made(await booth.create(sentences=("A fox.", "A lantern."), options=options), ShowStage.VOICES)
    assert [voice.text for voice in show.made.voices] == ["A fox.", "A lantern."]
    show = await booth.edit(show, sentences=("A fox.", "A candle."))
    show = await booth.made(show, ShowStage.VOICES)
    assert [request.text for request in vendor.speech.said] == ["A fox.", "A lantern.", "A candle."]
    assert [voice.text for voice in show.made.voices] == ["A fox.", "A candle."]


async def test_a_long_script_is_spoken_in_pieces_and_kept_as_one_sound(booth: Booth, vendor: Vendor) -> None:
    vendor.speech.text_limit_characters = 40
    text = "The fox runs through the fog. It finds an old lantern there. The night is quiet after that."
    show = await booth.made(await booth.create(script_text=text), ShowStage.VOICES)
    assert len(vendor.speech.said) == 3
    voice = show.made.voices[0]
    assert voice.seconds == pytest.approx(3.0, abs=0.1)
    assert [word.text for word in voice.words] == text.split()
    starts = [word.start_seconds for word in voice.words]
    assert starts == sorted(starts)


async def test_an_unknown_voice_is_replaced_and_said(booth: Booth, vendor: Vendor) -> None:
    vendor.speech.system_voices = ["warm", "bright"]
    show = await booth.create(script_text="A fox.", options=replace(TINY, voice="nova"))
    done = await booth.make(show, ShowStage.VOICES)
    assert done.result["notes"]
    assert vendor.speech.said[0].voice_id in {"warm", "bright"}


async def test_the_owners_own_voice_is_copied_once_and_speaks(booth: Booth, vendor: Vendor) -> None:
    sample = await factories.recording(booth.resources, booth.owner_id)
    show = await booth.create(script_text="A fox.", own_sample_id=sample)
    show = await booth.made(show, ShowStage.VOICES, own_voice=True)
    assert len(vendor.speech.cloned) == 1
    assert vendor.speech.said[0].voice_id.startswith("clone-")
    await booth.made(await booth.edit(show, script_text="A lantern."), ShowStage.VOICES, own_voice=True)
    assert len(vendor.speech.cloned) == 1


async def test_a_film_is_as_long_as_its_voices_and_shows_every_picture(booth: Booth) -> None:
    show = await pictured(booth, "a fox", "a lantern")
    show = await booth.made(show, ShowStage.VOICES)
    show = await booth.made(show, ShowStage.VIDEO)
    film = show.made.video
    assert film is not None
    assert film.seconds == pytest.approx(1.0, abs=0.1)
    assert show.status is ShowStatus.VIDEO_READY
    assert film.poster_id is not None
    path = booth.resources.settings.storage.storage_path / "film.mp4"
    path.write_bytes(await booth.content(film.asset_id))
    probed = await Probes(booth.resources.tools, booth.resources.threads).probe(path)
    assert probed.video is not None
    assert probed.audio is not None
    assert (probed.video.width_px, probed.video.height_px, probed.video.frames_per_second) == (1280, 720, 24)
    assert await booth.start(show, ShowStage.VIDEO) is None
    music = await booth.edit(show, options=replace(TINY, mood="soft"))
    remade = await booth.made(music, ShowStage.VIDEO)
    with pytest.raises(AssetNotFound):
        await booth.asset(film.asset_id)
    assert remade.made.video is not None
    assert remade.made.video.asset_id != film.asset_id
    assert remade.made.reel == show.made.reel
    await discard(booth.resources, await booth.asset(remade.made.video.asset_id))
    again = await booth.made(remade, ShowStage.VIDEO)
    assert again.made.video is not None
    assert await booth.content(again.made.video.asset_id)


async def test_captions_become_files_and_are_burned_in_on_request(booth: Booth) -> None:
    show = await pictured(booth, "a fox")
    show = await booth.made(show, ShowStage.VOICES)
    show = await booth.made(show, ShowStage.CAPTIONS)
    assert show.made.captions is not None
    assert "A fox runs." in (await booth.content(show.made.captions.srt_id)).decode()
    assert (await booth.content(show.made.captions.vtt_id)).startswith(b"WEBVTT")
    show = await booth.made(show, ShowStage.VIDEO)
    show = await booth.edit(show, options=replace(TINY, caption_style="boxed", caption_place="top"))
    show = await booth.made(show, ShowStage.CAPTIONS, burn=True)
    assert show.status is ShowStatus.VIDEO_SUBTITLED
    assert show.made.best == show.made.captioned
    assert [(await booth.asset(film.asset_id)).kind for film in show.made.films] == [AssetKind.CLIP, AssetKind.FILM]
    assert show.made.video is not None
    assert show.made.captioned is not None
    assert await booth.content(show.made.captioned.asset_id) != await booth.content(show.made.video.asset_id)
    assert await booth.start(show, ShowStage.CAPTIONS, burn=True) is None


async def test_a_whole_run_ends_with_a_captioned_film(booth: Booth) -> None:
    track = await factories.track(booth.resources, booth.owner_id)
    options = replace(TINY, voice_each=True, aspect_ratio="9:16")
    show = await booth.create(options=options, music_id=track)
    show = await booth.made(show, ShowStage.RUN, burn=True)
    names = [entry.name for entry in show.made.stages]
    order = [
        ShowStage.CONTENT,
        ShowStage.SCRIPT,
        ShowStage.IMAGES,
        ShowStage.VOICES,
        ShowStage.VIDEO,
        ShowStage.MUSIC,
        ShowStage.CAPTIONS,
    ]
    assert names == [*order, ShowStage.RUN]
    assert show.made.captioned is not None
    film = await booth.asset(show.made.captioned.asset_id)
    assert (film.facts["width"], film.facts["height"]) == (720, 1280)


async def test_a_stage_without_its_inputs_is_refused_before_anything_starts(booth: Booth) -> None:
    show = await booth.create(title="")
    refusals: list[tuple[ShowStage, dict[str, object], type[AppError]]] = [
        (ShowStage.CONTENT, {}, TopicMissing),
        (ShowStage.SCRIPT, {}, TopicMissing),
        (ShowStage.IMAGES, {}, ShowPicturesMissing),
        (ShowStage.IMAGE, {"position": 3}, PictureMissing),
        (ShowStage.VOICES, {}, ScriptMissing),
        (ShowStage.VOICES, {"own_voice": True}, NotAVoiceYet),
        (ShowStage.VIDEO, {}, ShowVoiceMissing),
        (ShowStage.MUSIC, {}, ShowVideoMissing),
        (ShowStage.CAPTIONS, {}, ShowVoiceMissing),
    ]
    for stage, wish, refusal in refusals:
        with pytest.raises(refusal):
            await booth.start(show, stage, **wish)


async def test_what_the_engines_do_not_take_is_refused_before_money_is_spent(booth: Booth, vendor: Vendor) -> None:
    show = await booth.create(pictures=(ShowPicture("fox " * 1000),))
    with pytest.raises(ShowNotOffered):
        await booth.start(show, ShowStage.IMAGES)
    assert vendor.image.requests == []


async def test_a_picture_that_cannot_be_kept_is_told_and_drawn_anew_by_the_next_call(
    booth: Booth, vendor: Vendor
) -> None:
    vendor.image.script = [lambda _: MadePictures((Still(b"no picture", MediaType.PNG),))]
    show = await booth.create(pictures=(ShowPicture("a fox"),))
    broken = await booth.make(show, ShowStage.IMAGES)
    assert broken.job is not None
    assert broken.job.failure is not None
    assert broken.job.failure.code == ShowPictureLost.code
    drawn = await booth.made(show, ShowStage.IMAGES)
    assert drawn.made.pictures[0].asset_id is not None
    assert len(vendor.image.requests) == 2


async def test_a_film_needs_pictures_and_a_track_needs_a_file(booth: Booth) -> None:
    show = await booth.made(await booth.create(script_text="A fox."), ShowStage.VOICES)
    with pytest.raises(ShowPicturesMissing):
        await booth.start(show, ShowStage.VIDEO)
    drawn = await booth.made(await booth.edit(show, pictures=(ShowPicture("a fox"),)), ShowStage.IMAGES)
    filmed = await booth.made(drawn, ShowStage.VIDEO)
    with pytest.raises(TrackMissing):
        await booth.start(filmed, ShowStage.MUSIC)
