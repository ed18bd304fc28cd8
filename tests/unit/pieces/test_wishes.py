"""Pictures and music as they are wished for: every wish can be made, and what is changed is said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.media.timeline import Mood
from app.pieces.domain import (
    MOODS,
    MUSIC_STYLES,
    MusicAsked,
    PictureAsked,
    music_wish,
    picture_prompt,
    picture_wish,
    tune_of,
)
from app.projects.options import AspectRatio

words = st.text(max_size=64)
music = st.builds(
    MusicAsked,
    prompt=st.text(max_size=200),
    style=words | st.sampled_from(sorted(MUSIC_STYLES)),
    mood=words | st.sampled_from(sorted(MOODS)),
    duration=st.floats(0, 3600),
    tempo=words | st.integers(-5, 5000).map(str),
    musical_key=words,
    vocal_style=words,
)


@given(asked=music)
def test_every_wish_for_music_can_be_played(asked: MusicAsked) -> None:
    mood, seconds, pace = tune_of(music_wish(asked).options)
    assert Mood(mood)
    assert 5 <= seconds <= 300
    assert 0.5 <= pace <= 2


@given(asked=st.builds(PictureAsked, prompt=words, style=words, aspect_ratio=words, quality=words))
def test_every_wish_for_a_picture_has_an_offered_shape(asked: PictureAsked) -> None:
    assert picture_wish(asked).options["aspect_ratio"] in list(AspectRatio)


@pytest.mark.parametrize(
    ("asked", "mood"),
    [
        (MusicAsked(prompt="", mood="happy", style="jazz"), "upbeat"),
        (MusicAsked(prompt="", style="orchestral"), "cinematic"),
        (MusicAsked(prompt="something for a jazz bar"), "soft"),
        (MusicAsked(prompt="?"), "ambient"),
    ],
)
def test_the_mood_comes_before_the_style_and_both_before_the_words(asked: MusicAsked, mood: str) -> None:
    assert tune_of(music_wish(asked).options)[0] == mood


def test_what_is_offered_is_taken_without_a_word() -> None:
    assert picture_wish(PictureAsked(prompt="A fox", style="vintage", aspect_ratio="1:1")).notes == ()
    assert music_wish(MusicAsked(prompt="Rain", mood="calm", style="jazz", tempo="slow", duration=30)).notes == ()


def test_variations_ask_for_something_else_and_the_first_for_the_words_alone() -> None:
    options = {"style": "vintage"}
    prompts = {picture_prompt("A fox", options, turn) for turn in range(4)}
    assert len(prompts) == 4
    assert "Variation" not in picture_prompt("A fox", options, 0)
