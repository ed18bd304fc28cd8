"""One-shot wishes: whatever is asked becomes a film that can be made, and every change is said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.production.domain import VideoQuality, VideoStyle
from app.production.oneshot import CAMERAS, OneShotAsked, one_shot_wish, project_of
from app.projects.options import AspectRatio

# What comes from outside has lost its control characters before it becomes a wish.
clean = st.characters(exclude_categories=("Cc", "Cs"))
words = st.text(clean, max_size=64)
asked = st.builds(
    OneShotAsked,
    prompt=st.text(clean, min_size=1, max_size=2000).filter(lambda text: bool(text.strip())),
    style=words,
    aspect_ratio=words | st.sampled_from(list(AspectRatio)).map(str),
    duration=st.none() | st.floats(0, 3600),
    fps=st.none() | st.floats(1, 240),
    resolution=words | st.sampled_from(["720p", "4K", "1080p"]),
    motion_intensity=words | st.sampled_from(["low", "high"]),
    camera_movement=words | st.sampled_from(sorted(CAMERAS)),
    temperature=st.none() | st.floats(0, 1),
    negative_prompt=st.text(clean, max_size=2000),
    seed=st.none() | st.integers(),
)


@given(asked=asked, full_size=st.booleans())
def test_whatever_is_asked_is_a_film_that_can_be_laid_out(asked: OneShotAsked, full_size: bool) -> None:
    wish = one_shot_wish(asked, full_size=full_size)
    project = project_of(wish)
    assert 6 <= project.target_duration_sec <= 60
    assert len(project.style or "") <= 500
    assert full_size or wish.quality is not VideoQuality.HIGH
    assert not wish.narrated


def test_what_is_offered_is_taken_without_a_word() -> None:
    wish = one_shot_wish(
        OneShotAsked(
            prompt="A fox",
            style="abstract",
            aspect_ratio="9:16",
            duration=12,
            fps=24,
            resolution="1080p",
            motion_intensity="medium",
            camera_movement="pan",
        )
    )
    assert (wish.style, wish.aspect_ratio, wish.duration_sec, wish.quality) == (
        VideoStyle.ABSTRACT,
        AspectRatio.TALL,
        12,
        VideoQuality.HIGH,
    )
    assert wish.directions == "Camera: Pan left."
    assert wish.notes == ()


@pytest.mark.parametrize(
    ("said", "note"),
    [
        ({"duration": 1}, "lasts 6 seconds"),
        ({"duration": 600}, "lasts 60 seconds"),
        ({"fps": 60}, "24 frames per second"),
        ({"resolution": "4K"}, "1080p"),
        ({"resolution": "8K"}, "not known"),
        ({"style": "baroque"}, "cinematic"),
        ({"aspect_ratio": "5:1"}, "16:9"),
        ({"camera_movement": "crane"}, "rising camera"),
        ({"camera_movement": "orbit"}, "not known"),
        ({"motion_intensity": "wild"}, "not known"),
        ({"temperature": 0.2}, "temperature"),
        ({"seed": 7}, "cannot repeat"),
        ({"negative_prompt": "x" * 400}, "beginning of the negative prompt"),
    ],
)
def test_every_change_is_said(said: dict[str, object], note: str) -> None:
    wish = one_shot_wish(OneShotAsked(prompt="A fox", **said))  # type: ignore[arg-type]  # names vary by case
    (only,) = wish.notes
    assert note in only
