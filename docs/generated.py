"""The parts of the documents that the code itself knows; `make docs` writes them, a test compares them."""

import ast
import html
import importlib
import pkgutil
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

from pydantic import SecretStr

import app
from app.api.problems import AT_THE_EDGE, PLAIN, STATUS
from app.cli import load_all_commands
from app.core.errors import AppError
from app.core.settings import Group, Settings

__all__ = ["commands", "env_example", "errors", "errors_page", "known_errors", "packages", "settings"]

ROOT = Path(__file__).resolve().parents[1]
APP = ROOT / "app"
PAGE = APP / "web" / "errors.html"
HEADING = """# Every setting with its default, in the words of the code (made by `make docs`).
# Copy this file to .env, take the # off a line and change its value. Nothing here is needed for a first run.
"""
ERRORS_PAGE = """\
<!doctype html>
<!-- Made by `make docs`. -->
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>AI Video Creator: errors</title>
  <link rel="icon" href="/web/mark.svg" type="image/svg+xml">
  <link rel="stylesheet" href="/web/docs.css">
</head>
<body class="errors">
<h1>Errors</h1>
<p>Every refusal is <code>application/problem+json</code>. Its <code>code</code> is stable, <code>detail</code> says
what happened and what to do next, and <code>type</code> leads to the code on this page.</p>
<table>
<thead><tr><th>Code</th><th>Status</th><th>Message</th></tr></thead>
<tbody>
{rows}</tbody>
</table>
</body>
</html>
"""


def env_example() -> str:
    """`.env.example`: each setting commented out with its default."""
    parts = [HEADING]
    for group in Settings.groups().values():
        parts.append(f"\n# --- {group.title}: {group.__doc__}\n")
        for names, default, description in _fields(group):
            also = f" (also {', '.join(names[1:])})" if names[1:] else ""
            parts.append(f"# {description}{also}\n#{names[0]}={default}\n")
    return "".join(parts)


def settings() -> str:
    """A table of settings for each group."""
    parts = []
    for group in Settings.groups().values():
        rows = [f"| {_either(names)} | {_shown(default)} | {said} |" for names, default, said in _fields(group)]
        parts.append(
            "\n".join(
                [f"**{group.title}.** {group.__doc__}", "", "| Name | Default | Meaning |", "|---|---|---|", *rows]
            )
        )
    return "\n\n".join(parts)


def errors() -> str:
    """Every refusal: its code, its status and what it tells the caller."""
    rows = [f"| `{code}` | {status} | {message} {advice} |" for code, status, message, advice in refusals()]
    return "\n".join(["| Code | Status | Message |", "|---|---|---|", *(row.replace("  |", " |") for row in rows)])


def errors_page() -> str:
    """The same as the page that the `type` of a refusal leads to."""
    row = '<tr id="{0}"><td><code>{0}</code></td><td>{1}</td><td>{2}</td></tr>\n'
    rows = [
        row.format(code, status, html.escape(f"{message} {advice}".rstrip()))
        for code, status, message, advice in refusals()
    ]
    return ERRORS_PAGE.format(rows="".join(rows))


def refusals() -> list[tuple[str, int, str, str]]:
    """Code, status, message and advice of every refusal, in the order of the codes; of a sharpened one its parent's."""
    found = {code: (status, message, "") for status, (code, message) in PLAIN.items()}
    found |= {code: (status, message, "") for code, (status, message) in AT_THE_EDGE.items()}
    for error in known_errors():
        if "code" in vars(error) or error.code not in found:
            advice = f"({error.advice})" if error.advice else ""
            found[error.code] = (STATUS[error.kind], error.message, advice)
    return [(code, *found[code]) for code in sorted(found)]


def known_errors() -> list[type[AppError]]:
    """Every error class with a code, in the order of the codes."""
    for module in pkgutil.walk_packages(app.__path__, "app."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found = {kind for kind in _descendants(AppError) if kind.__module__.startswith("app.") and hasattr(kind, "code")}
    return sorted(found, key=lambda kind: (kind.code, kind.__qualname__))


def packages() -> str:
    """The rooms of the house with their purposes."""
    rooms = [
        *sorted(path for path in APP.iterdir() if (path / "__init__.py").is_file()),
        *sorted(APP.glob("[a-z]*.py")),
    ]
    rows = [f"| `app/{room.name}{'/' if room.is_dir() else ''}` | {purpose(room)} |" for room in rooms]
    return "\n".join(["| Room | Purpose |", "|---|---|", *rows])


def commands() -> str:
    """Every command of `avc` with its promise, then what each takes."""
    found = list(_walk(load_all_commands(), "avc"))
    rows = [f"| `{name}` | {_promise(command)} |" for name, command in found]
    details = [_takes(name, command) for name, command in found if command.params]
    return "\n".join(["| Command | What it does |", "|---|---|", *rows, "", *details]).rstrip()


def _takes(name: str, command: Any) -> str:
    """The arguments and options of one command, those that must be named first."""
    given = [each for each in command.params if not getattr(each, "hidden", False)]
    arguments = [each for each in given if each.param_type_name == "argument"]
    spelled = " ".join([name, *(_argument(each) for each in arguments)])
    rows = [f"| `{_argument(each)}` | {each.help} |" for each in arguments]
    rows += [f"| {_option(each)} | {each.help}{_usually(each)} |" for each in given if each not in arguments]
    return "\n".join([f"**`{spelled}`**", "", "| Takes | Meaning |", "|---|---|", *rows, ""])


def _argument(argument: Any) -> str:
    name = str(argument.name).upper()
    return name if argument.required else f"[{name}]"


def _option(option: Any) -> str:
    names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    return names if option.is_flag else f"{names} {_limits(option)}".rstrip()


def _limits(option: Any) -> str:
    """From where to where a number goes, and which words may be said."""
    kind = option.type_descriptor.annotation
    if isinstance(kind, type) and issubclass(kind, Enum):
        *words, last = (f"`{each.value}`" for each in kind)
        return f"{', '.join(words)} or {last}"
    if option.min is not None and option.max is not None:
        return f"{option.min:g} to {option.max:g}"
    return "" if option.min is None else f"from {option.min:g}"


def _usually(option: Any) -> str:
    default = getattr(option.default, "value", option.default)
    return "" if option.is_flag or default in (None, "") else f" Usually `{default}`."


def _promise(command: Any) -> str:
    return (command.help or "").partition("\n")[0]


def purpose(room: Path) -> str:
    """The first line of a module or of a package."""
    file = room / "__init__.py" if room.is_dir() else room
    return (ast.get_docstring(ast.parse(file.read_text())) or "").partition("\n")[0]


def _fields(group: type[Group]) -> Iterator[tuple[tuple[str, ...], str, str]]:
    for name, names in group.variables().items():
        field = group.model_fields[name]
        yield names, _spelled(field.default), field.description or ""


def _either(names: tuple[str, ...]) -> str:
    return " or ".join(f"`{name}`" for name in names)


def _shown(default: str) -> str:
    return f"`{default}`" if default else "empty"


def _spelled(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(str(part) for part in value)
    if isinstance(value, Path):
        return f"./{value}"
    return "" if value is None else str(value)


def _descendants(kind: type[AppError]) -> Iterator[type[AppError]]:
    for child in kind.__subclasses__():
        yield child
        yield from _descendants(child)


def _walk(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Every command that help shows, by its whole name."""
    children = getattr(command, "commands", {})
    if not children:
        yield name, command
    for word, child in children.items():
        if not child.hidden:
            yield from _walk(child, f"{name} {word}")


if __name__ == "__main__":
    (ROOT / ".env.example").write_text(env_example())
    PAGE.write_text(errors_page())
