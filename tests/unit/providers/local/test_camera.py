from itertools import pairwise

import pytest

from app.providers.local.camera import MARGIN, MOVES, CameraView, eased, first_view, frame_size, last_view, passing_view
from app.providers.values import CameraCommand

MOMENTS = [number / 143 for number in range(144)]


@pytest.mark.parametrize("command", list(CameraCommand))
def test_the_first_picture_begins_whole_and_the_last_one_ends_whole(command: CameraCommand) -> None:
    assert first_view(0, (command,)) == CameraView()
    ending = last_view(1, (command,))
    assert (ending.zoom, ending.across, ending.down) == pytest.approx((1, 0, 0), abs=1e-9)


@pytest.mark.parametrize(
    "camera", [(command,) for command in CameraCommand] + [(CameraCommand.PULL_OUT, CameraCommand.ZOOM_OUT)]
)
def test_no_view_leaves_the_picture_and_its_margin(camera: tuple[CameraCommand, ...]) -> None:
    for view in [look(at, camera) for look in (first_view, last_view, passing_view) for at in MOMENTS]:
        for part in (view.across, view.down):
            assert abs(part) + 1 / view.zoom / 2 <= 0.5 + MARGIN + 1e-9


def test_every_command_has_a_move_and_a_static_shot_has_none() -> None:
    assert set(MOVES) == set(CameraCommand)
    assert {first_view(at, (CameraCommand.STATIC_SHOT,)) for at in MOMENTS} == {CameraView()}


@pytest.mark.parametrize(
    ("command", "axis", "sign"),
    [
        (CameraCommand.PAN_RIGHT, "across", 1),
        (CameraCommand.TRUCK_LEFT, "across", -1),
        (CameraCommand.TILT_UP, "down", -1),
        (CameraCommand.PEDESTAL_DOWN, "down", 1),
        (CameraCommand.PUSH_IN, "zoom", 1),
        (CameraCommand.ZOOM_OUT, "zoom", -1),
    ],
)
def test_both_pictures_move_the_way_the_command_says(command: CameraCommand, axis: str, sign: int) -> None:
    for look in (first_view, last_view):
        places = [getattr(look(at, (command,)), axis) * sign for at in MOMENTS]
        assert places[-1] > places[0] + 0.02
        assert all(later >= earlier - 1e-9 for earlier, later in pairwise(places))


@pytest.mark.parametrize("command", list(CameraCommand))
def test_one_land_is_seen_whole_at_both_ends(command: CameraCommand) -> None:
    for at in (0, 1):
        view = passing_view(at, (command,))
        assert (view.zoom, view.across, view.down) == pytest.approx((1, 0, 0), abs=1e-9)


def test_a_change_rises_from_nothing_to_all_between_its_two_moments() -> None:
    parts = [eased(at, 0.3, 0.7) for at in MOMENTS]
    assert (parts[0], parts[-1]) == (0, 1)
    assert parts == sorted(parts)
    assert {eased(0.3, 0.3, 0.7), eased(0.7, 0.3, 0.7)} == {0, 1}


@pytest.mark.parametrize(
    ("picture", "short", "size"),
    [
        ((1366, 768), 768, (1366, 768)),
        ((768, 1366), 768, (768, 1366)),
        ((1920, 1080), 1080, (1920, 1080)),
        ((1366, 768), 480, (854, 480)),
    ],
)
def test_the_clip_follows_the_shape_of_its_first_frame(
    picture: tuple[int, int], short: int, size: tuple[int, int]
) -> None:
    assert frame_size(picture, short) == size
