"""Progress on standard error: live bars on a terminal, a line now and then elsewhere; answers on standard output."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text
from typing_extensions import override

from app.cli.progress import ENDED, JobProgress, Line
from app.core.clock import Clock

__all__ = ["Screen", "say", "screen", "table", "tell_json"]

QUIET_SECONDS = 5.0
MINUTE_SECONDS = 60


class Screen(Protocol):
    """Where looks at a job are shown."""

    def show(self, seen: JobProgress) -> None:
        """Shows this look in place of the one before."""


class PlainScreen(Screen):
    """A line when the stage changes, and every few seconds otherwise."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._said = ""
        self._said_at = float("-inf")

    @override
    def show(self, seen: JobProgress) -> None:
        done = sum(line.phase == "succeeded" for line in seen.parts)
        stages = f"{seen.whole.stage} {done} of {len(seen.parts)}"
        now = self._clock.monotonic()
        if stages == self._said and now - self._said_at < QUIET_SECONDS:
            return
        self._said, self._said_at = stages, now
        parts = f" ({done} of {len(seen.parts)} parts done)" if seen.parts else ""
        say(f"{seen.whole}{parts}")
        for line in seen.parts:
            if line.phase not in ENDED:
                say(f"  {line}")


class JsonScreen(Screen):
    """One JSON object a line on standard output, whenever something has changed."""

    def __init__(self) -> None:
        self._said: object = None

    @override
    def show(self, seen: JobProgress) -> None:
        parts = [
            {"label": line.label, "stage": line.stage, "phase": line.phase, "progress": line.percent}
            for line in seen.parts
        ]
        now = {"job": seen.job, "parts": parts}
        if now != self._said:
            self._said = now
            typer.echo(json.dumps(now, ensure_ascii=False))


class Left(ProgressColumn):
    """How long it will take."""

    @override
    def render(self, task: Task) -> Text:
        seconds = task.fields["eta_seconds"]
        return Text("" if seconds is None else f"~{seconds // MINUTE_SECONDS}:{seconds % MINUTE_SECONDS:02d} left")


class LiveScreen(Screen):
    """Bars that move in place."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._rows: dict[str, TaskID] = {}

    @override
    def show(self, seen: JobProgress) -> None:
        for line in (seen.whole, *seen.parts):
            self._row(line)

    def _row(self, line: Line) -> None:
        if line.key not in self._rows:
            self._rows[line.key] = self._progress.add_task(line.label, total=100, stage="", eta_seconds=None)
        row = self._rows[line.key]
        self._progress.update(
            row, description=line.label, completed=line.percent, stage=line.stage, eta_seconds=line.eta_seconds
        )
        if line.phase in ENDED:
            self._progress.stop_task(row)


@contextmanager
def screen(clock: Clock, *, as_json: bool = False) -> Iterator[Screen]:
    """The screen that suits where the output goes."""
    console = Console(stderr=True)
    if as_json:
        yield JsonScreen()
    elif not console.is_terminal:
        yield PlainScreen(clock)
    else:
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TextColumn("{task.fields[stage]}"),
            TimeElapsedColumn(),
            Left(),
            console=console,
        ) as progress:
            yield LiveScreen(progress)


def say(text: str) -> None:
    """Tells a person something that is not the answer."""
    typer.echo(text, err=True)


def tell_json(answer: Any) -> None:
    """Prints an answer for programs."""
    typer.echo(json.dumps(answer, indent=2, ensure_ascii=False))


def table(heads: tuple[str, ...], rows: Iterator[tuple[object, ...]]) -> None:
    """Prints an answer for people; a pipe gets whole lines, never cut to a width."""
    console = Console()
    if not console.is_terminal:
        for row in rows:
            typer.echo("\t".join(str(cell) for cell in row))
        return
    shown = Table(*heads, box=None)
    for row in rows:
        shown.add_row(*(str(cell) for cell in row))
    console.print(shown)
