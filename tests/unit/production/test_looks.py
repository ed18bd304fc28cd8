"""Which project a one-shot wish becomes."""

import pytest

from app.production.domain import VideoQuality, VideoWish
from app.production.oneshot import expected_size, fitting_segment_seconds, project_of, quality_for, remixed_story
from app.projects.layout import nearest_ratio
from app.projects.options import AspectRatio, Resolution
from app.projects.schemas import MAX_STORY_CHARACTERS
from app.providers.values import Role


@pytest.mark.parametrize(
    ("size", "ratio", "quality"),
    [
        ((1280, 720), AspectRatio.WIDE, VideoQuality.STANDARD),
        ((720, 1280), AspectRatio.TALL, VideoQuality.STANDARD),
        ((1792, 1024), AspectRatio.WIDE, VideoQuality.HIGH),
        ((1024, 1792), AspectRatio.TALL, VideoQuality.HIGH),
        ((640, 640), AspectRatio.SQUARE, VideoQuality.STANDARD),
        ((3440, 1440), AspectRatio.CINEMA, VideoQuality.HIGH),
        ((10, 99999), AspectRatio.TALL, VideoQuality.STANDARD),
    ],
)
def test_a_size_becomes_the_nearest_offer(size: tuple[int, int], ratio: AspectRatio, quality: VideoQuality) -> None:
    assert (nearest_ratio(*size), quality_for(*size)) == (ratio, quality)


@pytest.mark.parametrize(
    ("seconds", "quality", "length"),
    [
        (4, VideoQuality.STANDARD, 6),
        (8, VideoQuality.STANDARD, 10),
        (8, VideoQuality.HIGH, 6),
        (12, VideoQuality.STANDARD, 6),
        (20, VideoQuality.STANDARD, 10),
        (30, VideoQuality.STANDARD, 6),
    ],
)
def test_segments_exceed_the_wanted_length_least(seconds: int, quality: VideoQuality, length: int) -> None:
    assert fitting_segment_seconds(seconds, quality) == length


@pytest.mark.parametrize("ratio", list(AspectRatio))
def test_an_expected_size_has_even_sides_of_its_shape(ratio: AspectRatio) -> None:
    for resolution, short in ((Resolution.P768, 768), (Resolution.P1080, 1080)):
        width, height = expected_size(ratio, resolution)
        across, down = map(int, ratio.value.split(":"))
        assert (min(width, height), width % 2, height % 2) == (short, 0, 0)
        assert width / height == pytest.approx(across / down, rel=0.002)


def test_a_remix_tells_the_old_story_and_the_change_and_always_fits() -> None:
    assert remixed_story("A fox.", " Make it blue. ") == "A fox.\nThe same story, with this change: Make it blue."
    long = remixed_story("a" * MAX_STORY_CHARACTERS, "blue")
    assert len(long) == MAX_STORY_CHARACTERS
    assert long.endswith("blue")


def test_a_wish_chooses_its_engine_its_length_and_its_story() -> None:
    wish = VideoWish(prompt="Blue", story="A fox. Blue", duration_sec=8, segment_len_sec=10, engine="local")
    project = project_of(wish)
    assert (project.name, project.story_prompt, project.segment_len_sec) == ("Blue", "A fox. Blue", 10)
    assert project.providers == {Role.VIDEO: "local"}
