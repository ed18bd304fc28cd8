"""Refusals as people read them."""

import pytest

from app.cli.terminal import human_text


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (None, ""),
        ("POST /api/v1/projects/{project_id}/finalize", ""),
        ("GET /api/v1/segments/{id}/takes lists them.", ""),
        ("GET /api/v1/jobs lists your jobs.", "`avc jobs ls` lists your jobs."),
        ("GET /api/v1/providers lists them.", "`avc providers` lists them."),
        ("Correct /body/narration/voice, then repeat.", "Correct narration voice, then repeat."),
        ("/query/limit must be at least 1", "limit must be at least 1"),
        (
            "See /srv/body/film.mp4 and http://films.example/path/x.",
            "See /srv/body/film.mp4 and http://films.example/path/x.",
        ),
    ],
)
def test_neither_addresses_to_call_nor_pointers_are_shown(said: str | None, told: str) -> None:
    assert human_text(said) == told
