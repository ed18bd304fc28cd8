"""What the command line declares: both names of lists, its version, and documents that leave nothing out."""

from typing import Any

import pytest
from typer.testing import CliRunner

from app.api.version import product_version
from app.cli import COMMANDS, WITHOUT_ARGUMENTS, cli, load_all_commands, load_command
from docs import generated


def commands(command: Any, name: str = "avc") -> list[tuple[str, Any]]:
    children = getattr(command, "commands", {})
    found = [(name, command)] if not children else []
    return found + [each for word, child in children.items() for each in commands(child, f"{name} {word}")]


def test_ls_and_list_are_the_same_everywhere() -> None:
    found = dict(commands(load_all_commands()))
    lists = {name.rpartition(" ")[0] for name in found if name.endswith((" ls", " list"))}
    assert lists == {"avc jobs", "avc projects", "avc keys", "avc users", "avc voices"}
    for group in lists:
        assert found[f"{group} ls"].help == found[f"{group} list"].help
        assert not found[f"{group} ls"].hidden


def test_every_option_of_every_command_is_documented() -> None:
    document = generated.commands()
    for name, command in commands(load_all_commands()):
        if command.hidden:
            continue
        assert f"| `{name}` |" in document
        for given in command.params:
            assert given.help, f"{name} {given.name} does not say what it is"
            assert given.help in document


def test_the_table_of_commands_is_true_of_their_modules() -> None:
    for name, (_place, text) in COMMANDS.items():
        command = load_command(name)
        assert (command.name, command.help) == (name, text)
        takes_arguments = bool(command.params or getattr(command, "commands", {}))
        assert takes_arguments == (name not in WITHOUT_ARGUMENTS)


@pytest.mark.parametrize("arguments", [["--version"], ["--version", "jobs", "ls"]])
def test_the_version_is_told(arguments: list[str]) -> None:
    ended = CliRunner().invoke(cli, arguments)
    assert (ended.exit_code, ended.output) == (0, f"avc {product_version()}\n")
