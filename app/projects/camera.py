"""Pure: the camera commands a clip may follow and how they stand in a prompt."""

from collections.abc import Sequence

from app.providers.values import CameraCommand

# The limits of MiniMax's prompt field; the tags count as prompt text (facts of 2026-11).
MAX_PROMPT_CHARACTERS = 2000
MAX_CAMERA_COMMANDS = 3


BY_NAME = {command.value.lower(): command for command in CameraCommand}


def read_command(text: str) -> CameraCommand | None:
    """The command a person or a planner meant: case and brackets do not matter."""
    return BY_NAME.get(text.strip().strip("[]").strip().lower())


def tagged_prompt(prompt: str, commands: Sequence[CameraCommand]) -> str:
    """The prompt as a video provider reads it, with the tags of simultaneous movements in front."""
    if not commands:
        return prompt
    tags = f"[{','.join(commands)}]"
    return f"{tags} {prompt}" if prompt else tags
