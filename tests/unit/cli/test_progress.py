"""What is shown of a job: scenes in words, one bar, and a remaining time that only shrinks."""

from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from app.cli.jobs import FilmScene, RemainingTime, has_unknown_scene, progress_of
from app.cli.terminal import live_view

NOW = datetime(2026, 1, 1, 0, 1, tzinfo=UTC)
BEGUN = "2026-01-01T00:00:00Z"
SCENES = {f"s{number}": FilmScene(number, is_made=number == 3) for number in (2, 1, 3, 10)}


def job(kind: str, phase: str = "running", segment_id: str | None = None, **more: Any) -> dict[str, Any]:
    """A job as the service tells it."""
    moving = {"status": "generating_video", "stage_label": "Rendering clip", "progress": 40, "eta_seconds": None}
    named = {"id": f"{kind}-{segment_id}", "kind": kind, "phase": phase, "segment_id": segment_id}
    return {**named, **moving, "started_at": BEGUN, "created_at": BEGUN, **more}


def manifest(film: dict[str, Any], *children: dict[str, Any]) -> dict[str, Any]:
    return {"job": film, "children": list(children)}


def test_each_scene_of_a_film_is_told_in_words_and_in_order() -> None:
    told = manifest(
        job("film.produce"),
        job("segment.narrate", "succeeded", "s1"),
        job("segment.take", "running", "s1", created_at="2026-01-01T00:00:30Z"),
        job("segment.narrate", "succeeded", "s2"),
        job("frame.make", "running"),
    )
    seen = progress_of(told, SCENES, NOW, RemainingTime())
    assert [(scene.label, scene.text) for scene in seen.scenes] == [
        ("Scene 1", "Rendering clip 40%"),
        ("Scene 2", "narrated, waiting for its clip"),
        ("Scene 3", "done"),
        ("Scene 10", "waiting"),
    ]
    assert (seen.whole.label, seen.whole.percent) == ("Film", 40)


@pytest.mark.parametrize(
    ("phase", "text"),
    [("queued", "waiting"), ("succeeded", "done"), ("failed", "failed"), ("awaiting_input", "awaiting input")],
)
def test_every_phase_of_a_scene_has_a_text(phase: str, text: str) -> None:
    seen = progress_of(manifest(job("segments.make"), job("segment.take", phase, "s1")), SCENES, NOW, RemainingTime())
    assert [(scene.label, scene.text) for scene in seen.scenes] == [("Scene 1", text)]


def test_a_scene_that_was_not_seen_is_noticed() -> None:
    assert has_unknown_scene([job("segment.take", segment_id="new")], SCENES)
    assert not has_unknown_scene([job("segment.take", segment_id="s1"), job("frame.make")], SCENES)


def test_the_remaining_time_only_shrinks() -> None:
    remaining = RemainingTime()
    assert [remaining.update(estimate) for estimate in (None, 40, 55, None, 30, 90, 0)] == [None, 40, 40, 40, 30, 30, 0]


def test_the_pace_tells_what_the_service_does_not() -> None:
    for more, seconds in (({"progress": 50}, 60), ({"eta_seconds": 7}, 7), ({"progress": 14, "eta_seconds": 7}, None)):
        seen = progress_of(manifest(job("film.produce", **more)), {}, NOW, RemainingTime())
        assert seen.remaining_seconds == seconds
    assert progress_of(manifest(job("film.produce", "succeeded")), {}, NOW, RemainingTime()).remaining == ""


def shown(rows: int) -> list[str]:
    """The lines of the live display on a terminal with room for so many scenes."""
    told = manifest(job("film.produce", eta_seconds=75), job("segment.take", "running", "s1"))
    seen = progress_of(told, SCENES, NOW, RemainingTime())
    output = StringIO()
    Console(file=output, width=120, force_terminal=True, color_system=None).print(live_view(seen, most_rows=rows))
    return output.getvalue().splitlines()


def test_the_live_display_is_a_row_for_each_scene_over_one_bar() -> None:
    *scenes, bar = shown(10)
    assert [line.split()[:2] for line in scenes] == [["Scene", number] for number in ("1", "2", "3", "10")]
    assert [word for word in ("Film", "40%", "Rendering clip", "about 1:15 left") if word not in bar] == []


def test_a_small_terminal_shows_the_scenes_that_are_not_done() -> None:
    *scenes, _bar = shown(2)
    assert [line.split()[:2] for line in scenes] == [["Scene", "1"], ["Scene", "2"]]
