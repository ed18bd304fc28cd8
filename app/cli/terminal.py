"""What all commands share: options, exit codes, refusals, questions, answers, and the progress of a job."""

import gc
import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Annotated, Any, Protocol

import typer
from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text
from typing_extensions import override

from app.core.clock import Clock

if TYPE_CHECKING:
    from pydantic import ValidationError

AsJson = Annotated[bool, typer.Option("--json", help="Prints JSON for programs.")]
Limit = Annotated[int, typer.Option(min=1, help="Most to list.")]
Timeout = Annotated[float | None, typer.Option(min=0.1, help="Seconds after which to stop following; the job goes on.")]
Yes = Annotated[bool, typer.Option("--yes", help="Does not ask whether you are sure.")]

Json = dict[str, Any]

ENDED = frozenset({"succeeded", "failed", "cancelled"})
MINUTE_SECONDS = 60
QUIET_SECONDS = 5.0
CHANGE_SECONDS = 2.0
REFRESHES_PER_SECOND = 4
BAR_WIDTH = 40
# Lines of a terminal that are kept for the bar and for what stands above it.
OTHER_LINES = 4
STYLES = {"succeeded": "green", "failed": "red", "cancelled": "red", "running": "cyan"}
# Hints that are for programs, and where in a request a fault lies.
ADDRESS = re.compile(r"\A(?:GET|POST|PUT|PATCH|DELETE) /")
LISTS = re.compile(r"\bGET /api/v1/(jobs|projects|providers)(?= lists)")
POINTER = re.compile(r"(?<![\w/.])/(?:body|query|path|header)((?:/[\w~-]+)+)")


class ExitCode(IntEnum):
    """The exit codes of `avc`."""

    OK = 0
    JOB_FAILED = 1
    MISUSED = 2
    NOT_ALLOWED = 3
    UNAVAILABLE = 4
    TIMED_OUT = 5
    INTERRUPTED = 130


class CommandError(Exception):
    """The command ends here; the text says why and what to do next."""

    def __init__(self, text: str, exit_code: ExitCode) -> None:
        super().__init__(text)
        self.exit_code = exit_code


class ConnectionLost(CommandError):
    """The service stopped answering in the middle of a command."""

    def __init__(self, address: str, cause: Exception) -> None:
        said = str(cause) or type(cause).__name__
        super().__init__(f"{address} does not answer: {said}. Start it with `avc serve`.", ExitCode.UNAVAILABLE)


def refusals() -> tuple[type[Exception], ...]:
    """The faults whose text says what is wrong and what to do next."""
    from app.core.database import DatabaseBusy, DatabaseMissing
    from app.core.errors import AppError
    from app.core.startup import StoppedWhileWaiting, UnsafeSettings

    return CommandError, UnsafeSettings, DatabaseBusy, DatabaseMissing, AppError, StoppedWhileWaiting


def command_error_of(fault: Exception) -> CommandError | None:
    """The error with which a command ends after this fault; None for an unexpected one."""
    if isinstance(fault, CommandError):
        return fault
    from pydantic import ValidationError

    if isinstance(fault, ValidationError):
        return CommandError(_explain(fault), ExitCode.MISUSED)
    return CommandError(str(fault), ExitCode.MISUSED) if isinstance(fault, refusals()) else None


def _explain(fault: "ValidationError") -> str:
    """One line for each unusable setting, named as in the environment."""
    from app.core.settings import Settings

    group = {kind.__name__: kind for kind in Settings.groups().values()}.get(fault.title)
    names = group.variables() if group else {}
    lines = []
    for error in fault.errors(include_input=False, include_url=False):
        place = str(error["loc"][0]) if error["loc"] else fault.title
        lines.append(
            f"{names.get(place, (place.upper(),))[0]}: {error['msg']}. Correct it in the environment or in .env."
        )
    return "\n".join(lines)


def human_text(text: str | None) -> str:
    """A text of the service without what only programs read: addresses to call next, and pointers into a request."""
    said = LISTS.sub(_command, str(text or ""))
    return "" if ADDRESS.match(said) else POINTER.sub(lambda found: " ".join(found[1].split("/")[1:]), said)


def _command(found: re.Match[str]) -> str:
    """The command that lists the same."""
    return "`avc providers`" if found[1] == "providers" else f"`avc {found[1]} ls`"


@contextmanager
def gc_paused() -> Iterator[None]:
    """Disables the garbage collector while modules load and objects that stay are built; freezes these afterwards.

    It would find nothing and traverse all of them again and again, which takes up to a quarter of the loading time.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def confirm(question: str, *, sure: bool) -> None:
    """Goes on only with a yes."""
    if sure:
        return
    if not sys.stdin.isatty():
        text = f"{question} Nobody is there to ask; say --yes."
        raise CommandError(text, ExitCode.MISUSED)
    typer.confirm(question, abort=True, err=True)


def ask_password(name: str) -> str:
    """The password of this account, typed unseen or from the first line of standard input."""
    if sys.stdin.isatty():
        return str(typer.prompt(f"Password of {name}", hide_input=True, err=True))
    return sys.stdin.readline().rstrip("\n")


def new_password(name: str) -> str:
    """A new password for this account, typed twice unseen or from the first line of standard input."""
    if sys.stdin.isatty():
        return str(typer.prompt(f"New password of {name}", hide_input=True, confirmation_prompt=True, err=True))
    return sys.stdin.readline().rstrip("\n")


def print_message(text: str) -> None:
    """Prints something that is not the answer on standard error."""
    typer.echo(text, err=True)


def print_json(answer: Any) -> None:
    """Prints an answer for programs."""
    typer.echo(json.dumps(answer, indent=2, ensure_ascii=False))


def print_table(heads: tuple[str, ...], rows: Iterator[tuple[object, ...]]) -> None:
    """Prints an answer for people; a pipe gets whole lines, never cut to a width, with the heads as the first."""
    console = Console()
    if not console.is_terminal:
        typer.echo("\t".join(heads))
        for row in rows:
            typer.echo("\t".join(str(cell) for cell in row))
        return
    shown = Table(*heads, box=None)
    for row in rows:
        shown.add_row(*(str(cell) for cell in row))
    console.print(shown)


@dataclass(frozen=True)
class ProgressLine:
    """One part of the work; its state in words."""

    key: str
    label: str
    state: str
    phase: str
    percent: int

    @property
    def text(self) -> str:
        """The state, and how far it is where it moves."""
        return f"{self.state} {self.percent}%" if self.phase == "running" else self.state


@dataclass(frozen=True)
class JobProgress:
    """The whole of it at one moment."""

    job: Json
    whole: ProgressLine
    scenes: tuple[ProgressLine, ...]
    remaining_seconds: int | None

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.job["phase"] in ENDED

    @property
    def is_asking(self) -> bool:
        """Whether it waits for its owner."""
        return bool(self.job["phase"] == "awaiting_input")

    @property
    def remaining(self) -> str:
        """The remaining time in words; nothing while it is not known."""
        if self.remaining_seconds is None or self.has_ended:
            return ""
        minutes, seconds = divmod(self.remaining_seconds, MINUTE_SECONDS)
        return f"about {minutes}:{seconds:02d} left"


class ProgressScreen(Protocol):
    """Where the progress of a job is shown."""

    def show(self, progress: JobProgress) -> None:
        """Shows this progress in place of the one before."""


class PlainScreen(ProgressScreen):
    """A line when a stage changes, but not for each of many changes; and every few seconds otherwise."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._said = ""
        self._said_at = float("-inf")

    @override
    def show(self, progress: JobProgress) -> None:
        stages = " ".join((progress.whole.state, *(scene.state for scene in progress.scenes)))
        now = self._clock.monotonic()
        pause = QUIET_SECONDS if stages == self._said else CHANGE_SECONDS
        if now - self._said_at < pause and not progress.has_ended:
            return
        self._said, self._said_at = stages, now
        parts = [f"{progress.whole.label}: {progress.whole.text}"]
        parts += [progress.remaining] if progress.remaining else []
        parts += [f"{scene.label.lower()} {scene.text}" for scene in progress.scenes]
        print_message(", ".join(parts))


class JsonScreen(ProgressScreen):
    """One JSON object a line on standard output, whenever something has changed."""

    def __init__(self) -> None:
        self._said: object = None

    @override
    def show(self, progress: JobProgress) -> None:
        parts = [
            {"label": scene.label, "stage": scene.state, "phase": scene.phase, "progress": scene.percent}
            for scene in progress.scenes
        ]
        now = {"job": progress.job, "parts": parts}
        if now != self._said:
            self._said = now
            typer.echo(json.dumps(now, ensure_ascii=False))


class LiveScreen(ProgressScreen):
    """A row for each scene and one bar, which move in place."""

    def __init__(self, live: Live) -> None:
        self._live = live

    @override
    def show(self, progress: JobProgress) -> None:
        self._live.update(live_view(progress, most_rows=self._live.console.height - OTHER_LINES))


def live_view(progress: JobProgress, *, most_rows: int) -> Group:
    """The scenes, as many as there is room for, over one bar with the remaining time."""
    rows = Table.grid(padding=(0, 2))
    moving = [scene for scene in progress.scenes if scene.phase != "succeeded"]
    shown = progress.scenes if len(progress.scenes) <= most_rows else tuple(moving[: max(most_rows, 1)])
    for scene in shown:
        rows.add_row(Text(scene.label), Text(scene.text, style=STYLES.get(scene.phase, "dim")))
    bar = Table.grid(padding=(0, 2))
    bar.add_row(
        Text(progress.whole.label, style="bold"),
        ProgressBar(total=100, completed=progress.whole.percent, width=BAR_WIDTH),
        Text(f"{progress.whole.percent:>3}%"),
        Text(progress.whole.state),
        Text(progress.remaining),
    )
    return Group(rows, bar)


@contextmanager
def progress_screen(clock: Clock, *, as_json: bool = False) -> Iterator[ProgressScreen]:
    """The screen that suits where the output goes."""
    console = Console(stderr=True)
    if as_json:
        yield JsonScreen()
    elif not console.is_terminal or console.is_dumb_terminal:
        yield PlainScreen(clock)
    else:
        with Live(console=console, refresh_per_second=REFRESHES_PER_SECOND) as live:
            yield LiveScreen(live)
