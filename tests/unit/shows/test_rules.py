"""Pure rules of shows: digests, layouts, casts, texts, edits."""

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import pytest

from app.assembly.captions import BurnPlace, BurnStyle
from app.library.domain import AssetKind, AssetState, AssetView
from app.media.slideshow.show import Effect
from app.media.timeline import Mood, Word
from app.projects.options import Language
from app.providers.speech import VoiceFacts, VoiceOrigin
from app.shows.domain import (
    Door,
    Made,
    ShowEdit,
    ShowFilm,
    ShowOptions,
    ShowPicture,
    ShowStatus,
    ShowView,
    SpokenText,
    burn_place,
    burn_style,
    cast_among,
    due_pictures,
    due_texts,
    music_of,
    picture_digest,
    rate_of,
    screen_of,
    side_of,
    size_name,
    size_of,
    slides_of,
    status_of,
    voice_digest,
    words_of_show,
)
from app.shows.editing import edited
from app.shows.errors import ShowTooLarge
from app.shows.wording import keywords_of, pieces_of, prompts_of, sentences_of

MOMENT = datetime(2026, 11, 21, tzinfo=UTC)
OPTIONS = ShowOptions()
STORED = AssetView(
    id="l",
    owner_id="o",
    kind=AssetKind.KEY_FRAME,
    state=AssetState.READY,
    store_key="k",
    name="l.png",
    content_type="image/png",
    size_bytes=1,
    sha256="0",
    facts={},
    expires_at=None,
    created_at=MOMENT,
    updated_at=MOMENT,
)


def show(made: Made | None = None, **facts: object) -> ShowView:
    plain = ShowView(
        id="s",
        owner_id="o",
        door=Door.STUDIO,
        title="Fox",
        description="",
        language=Language.EN,
        status=ShowStatus.DRAFT,
        content="",
        script_text="",
        options=OPTIONS,
        extra={},
        made=made or Made(),
        is_draft=False,
        created_at=MOMENT,
        updated_at=MOMENT,
    )
    return replace(plain, **facts)  # type: ignore[arg-type]  # the names are those of the fields


def spoken(text: str, seconds: float = 2.0, asset: str = "a") -> SpokenText:
    return SpokenText(text, asset, seconds, (), voice_digest(text, show(), own_voice=False))


def test_a_picture_is_due_until_it_is_drawn_from_what_it_is_told() -> None:
    drawn = ShowPicture("fox", "a", picture_digest("fox", OPTIONS))
    pictures = (drawn, ShowPicture("lantern"), ShowPicture(""), replace(drawn, prompt="wolf"))
    assert due_pictures(show(Made(pictures=pictures))) == (1, 3)
    assert due_pictures(show(Made(pictures=(drawn,)), options=replace(OPTIONS, image_style="anime"))) == (0,)
    assert due_pictures(show(Made(pictures=(drawn,)), options=replace(OPTIONS, speed=1.2))) == ()


def test_a_text_is_due_until_it_is_spoken_in_the_wanted_voice() -> None:
    one = show(Made(voices=(spoken("Hello."),)), script_text="Hello.")
    assert due_texts(one, own_voice=False) == ()
    assert due_texts(replace(one, script_text="Bye."), own_voice=False) == (0,)
    assert due_texts(replace(one, options=replace(OPTIONS, pitch=1.1)), own_voice=False) == (0,)
    each = replace(OPTIONS, voice_each=True)
    two = show(Made(voices=(spoken("A."),), sentences=("A.", "B.")), options=each)
    assert due_texts(two, own_voice=False) == (0, 1)


def test_the_status_is_the_furthest_thing_that_is_there() -> None:
    film = ShowFilm("f", None, 1.0)
    picture, voice = ShowPicture("x", "p"), spoken("x")
    reached = [
        ("", Made()),
        ("words", Made()),
        ("words", Made(voices=(voice,))),
        ("words", Made(voices=(voice,), pictures=(picture,))),
        ("words", Made(voices=(voice,), pictures=(picture,), video=film)),
        ("words", Made(video=film, captioned=film)),
    ]
    assert [status_of(text, made) for text, made in reached] == list(ShowStatus)


def test_picture_and_voice_of_one_number_go_together_else_all_share_the_time() -> None:
    voices = (spoken("a", 1.5), spoken("b", 2.5))
    files = [Path("1"), Path("2"), Path("3")]
    together = slides_of(show(Made(voices=voices)), files[:2])
    assert [slide.duration for slide in together] == [Fraction(3, 2), Fraction(5, 2)]
    shared = slides_of(show(Made(voices=voices), options=replace(OPTIONS, effect="slide_left")), files)
    assert [slide.duration for slide in shared] == [Fraction(4, 3)] * 3
    assert {slide.effect for slide in shared} == {Effect.SLIDE_LEFT}
    odd = slides_of(show(Made(voices=voices), options=replace(OPTIONS, effect="spiral")), files)
    assert {slide.effect for slide in odd} == {Effect.KEN_BURNS}


def test_sizes_and_rates_become_the_nearest_that_are_offered() -> None:
    assert size_of(replace(OPTIONS, short_side_px=720)) == (1280, 720)
    assert size_of(replace(OPTIONS, short_side_px=1000, aspect_ratio="9:16")) == (1080, 1920)
    assert size_of(replace(OPTIONS, aspect_ratio="nonsense")) == (1920, 1080)
    assert [rate_of(replace(OPTIONS, frames_per_second=rate)) for rate in (1, 25, 50)] == [24, 24, 60]
    assert (screen_of(replace(OPTIONS, aspect_ratio="9:16")).is_tall, screen_of(OPTIONS).is_tall) == (True, False)
    assert (burn_style(OPTIONS), burn_place(replace(OPTIONS, caption_place="top"))) == (BurnStyle.PLAIN, BurnPlace.TOP)
    assert (music_of("none"), music_of(""), music_of("upbeat")) == (None, None, Mood.UPBEAT)


def test_words_follow_their_voices_and_are_estimated_where_nobody_gave_times() -> None:
    timed = SpokenText("Hi you", "a", 2.0, (Word("Hi", 0.0, 0.5), Word("you", 0.5, 1.0)))
    words = words_of_show(show(Made(voices=(timed, SpokenText("Bye now", "b", 1.0)))))
    assert [word.text for word in words] == ["Hi", "you", "Bye", "now"]
    assert words[2].start_seconds == 2.0
    assert words[3].end_seconds == pytest.approx(3.0)


def test_an_unknown_name_gets_always_the_same_of_the_languages_voices() -> None:
    listed = [
        VoiceFacts("en-a", "English, a", VoiceOrigin.SYSTEM, "", "en"),
        VoiceFacts("en-b", "English, b", VoiceOrigin.SYSTEM, "", "en"),
        VoiceFacts("pl-a", "Polish, a", VoiceOrigin.SYSTEM, "", "pl"),
    ]
    assert cast_among("pl-a", listed, "en", "usual") == ("pl-a", True)
    assert cast_among("ENGLISH, B", listed, "en", "usual") == ("en-b", True)
    assert cast_among("", listed, "en", "usual") == ("usual", True)
    assert cast_among("alloy", listed, "en", "usual") == ("en-a", False)
    assert cast_among("echo", listed, "en", "usual") == ("en-b", False)
    assert cast_among("echo", listed, "pl", "usual") == ("pl-a", False)
    assert cast_among("Fritz-PlayAI", listed, "en", "usual") == cast_among("fritz", listed, "en", "usual")
    assert cast_among("echo", [], "en", "usual") == ("usual", False)


def test_texts_are_cut_between_sentences_and_lose_nothing() -> None:
    text = "One two three. Four five! Six?\nSeven eight nine ten"
    assert sentences_of(text) == ("One two three.", "Four five!", "Six?", "Seven eight nine ten")
    pieces = pieces_of(text, 26)
    assert all(len(piece) <= 26 for piece in pieces)
    assert " ".join(pieces).split() == text.split()
    assert pieces_of("x" * 25, 10) == ("x" * 10, "x" * 10, "x" * 5)
    assert prompts_of(text, 2) == ("One two three. Four five!", "Six? Seven eight nine ten")
    assert prompts_of("", 3) == ()
    assert keywords_of(["The fox and the lantern. A lantern that shines"], Language.EN)[0] == "lantern"


def test_a_file_stays_with_its_words_and_words_may_change_beside_a_file() -> None:
    fox, lantern = ShowPicture("fox", "f", "d", 1), ShowPicture("lantern", "l", "d", 2)
    before = show(Made(pictures=(fox, lantern)))

    def after(*wanted: ShowPicture) -> tuple[ShowPicture, ...]:
        return edited(before, ShowEdit(pictures=wanted), {"l": STORED}).made.pictures

    assert after(ShowPicture("fox"), ShowPicture("wolf")) == (fox, ShowPicture("wolf"))
    assert after(ShowPicture("lantern"), ShowPicture("fox")) == (lantern, fox)
    assert after(ShowPicture("candle", "l")) == (replace(lantern, prompt="candle"),)
    assert after(ShowPicture("fox", "gone"), ShowPicture("wolf", "gone")) == (fox, ShowPicture("wolf"))
    scene = edited(before, ShowEdit(scene=(3, "fog")), {}).made.pictures
    assert scene == (fox, lantern, ShowPicture(""), ShowPicture("fog"))
    with pytest.raises(ShowTooLarge):
        edited(before, ShowEdit(scene=(200, "fog")), {})


def test_sizes_have_names_in_both_directions() -> None:
    sides = [side_of(name) for name in ("720p", "1080", "4K", "2160p", "1000p", "huge", "")]
    assert sides == [720, 1080, 2160, 2160, 1080, 1080, 1080]
    assert size_name(1440) == "1440p"
