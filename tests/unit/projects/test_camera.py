"""Camera commands and the length of a prompt with its tags."""

import pytest

from app.projects.errors import PromptTooLong
from app.projects.layout import check_prompt, read_command, tagged_prompt
from app.providers.values import CameraCommand


def test_there_are_fifteen_commands() -> None:
    assert len(CameraCommand) == 15


@pytest.mark.parametrize("text", ["Pan left", "pan LEFT", "[Pan left]", " pan left "])
def test_case_and_brackets_do_not_matter(text: str) -> None:
    assert read_command(text) is CameraCommand.PAN_LEFT


def test_an_unknown_command_is_not_guessed() -> None:
    assert read_command("Push out") is None


def test_simultaneous_movements_share_one_pair_of_brackets() -> None:
    commands = (CameraCommand.PAN_LEFT, CameraCommand.PEDESTAL_UP)
    assert tagged_prompt("A fox runs.", commands) == "[Pan left,Pedestal up] A fox runs."
    assert tagged_prompt("A fox runs.", ()) == "A fox runs."


def test_camera_tags_count_as_prompt_text() -> None:
    tags = len("[Pan left] ")
    check_prompt("x" * (2000 - tags), (CameraCommand.PAN_LEFT,))
    with pytest.raises(PromptTooLong, match="Shorten it by 1"):
        check_prompt("x" * (2001 - tags), (CameraCommand.PAN_LEFT,))
    check_prompt("x" * 2000, ())
