"""Scenes as text: what is written is read again, and nothing else is."""

import json

import pytest

from app.providers.local.scenery.scene import Figure, Hour, PictureStyle, Place, Scene, SceneMood, Weather

KNOWN = {"cat", "sofa"}
SCENE = Scene(
    Place.ROOM,
    Hour.NIGHT,
    Weather.RAIN,
    SceneMood.JOY,
    PictureStyle.CARTOON,
    (Figure("cat", 2, "black", "old"), Figure("sofa", colour="red")),
    1.7,
)


@pytest.mark.parametrize("scene", [SCENE, Scene()])
def test_a_written_scene_is_read_again(scene: Scene) -> None:
    assert Scene.from_json(scene.to_json(), KNOWN) == scene


@pytest.mark.parametrize(
    "change",
    [
        {"place": "nowhere"},
        {"place": 3},
        {"mood": None},
        {"look": ["poster"]},
        {"closeness": "1"},
        {"closeness": True},
        {"closeness": 9},
        {"closeness": float("nan")},
        {"figures": None},
        {"figures": [["dog", 1, "", ""]]},
        {"figures": [["cat", 0, "", ""]]},
        {"figures": [["cat", 1.0, "", ""]]},
        {"figures": [["cat", True, "", ""]]},
        {"figures": [["cat", 1, "mauve", ""]]},
        {"figures": [["cat", 1, "", "proud"]]},
        {"figures": [["cat", 1, ""]]},
        {"figures": ["cat"]},
        {"figures": [["cat", 1, "", ""]] * 9},
        {"words": "of the story"},
    ],
)
def test_anything_else_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        Scene.from_json(json.dumps(SCENE.to_values() | change), KNOWN)


@pytest.mark.parametrize("text", ["", "[]", "7", "{}", "null", "{"])
def test_text_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Scene.from_json(text, KNOWN)
