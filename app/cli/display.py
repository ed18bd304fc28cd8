"""Progress on standard error: one live display on a terminal, plain lines elsewhere; answers on standard output."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import typer
from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text
from typing_extensions import override

from app.cli.progress import JobProgress
from app.core.clock import Clock

QUIET_SECONDS = 5.0
CHANGE_SECONDS = 2.0
REFRESHES_PER_SECOND = 4
BAR_WIDTH = 40
# Lines of a terminal that are kept for the bar and for what stands above it.
OTHER_LINES = 4
STYLES = {"succeeded": "green", "failed": "red", "cancelled": "red", "running": "cyan"}


class Screen(Protocol):
    """Where looks at a job are shown."""

    def show(self, seen: JobProgress) -> None:
        """Shows this look in place of the one before."""


class PlainScreen(Screen):
    """A line when a stage changes, but not for each of many changes; and every few seconds otherwise."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._said = ""
        self._said_at = float("-inf")

    @override
    def show(self, seen: JobProgress) -> None:
        stages = " ".join((seen.whole.state, *(scene.state for scene in seen.scenes)))
        now = self._clock.monotonic()
        pause = QUIET_SECONDS if stages == self._said else CHANGE_SECONDS
        if now - self._said_at < pause and not seen.has_ended:
            return
        self._said, self._said_at = stages, now
        parts = [f"{seen.whole.label}: {seen.whole.words}"]
        parts += [seen.remaining] if seen.remaining else []
        parts += [f"{scene.label.lower()} {scene.words}" for scene in seen.scenes]
        say(", ".join(parts))


class JsonScreen(Screen):
    """One JSON object a line on standard output, whenever something has changed."""

    def __init__(self) -> None:
        self._said: object = None

    @override
    def show(self, seen: JobProgress) -> None:
        parts = [
            {"label": scene.label, "stage": scene.state, "phase": scene.phase, "progress": scene.percent}
            for scene in seen.scenes
        ]
        now = {"job": seen.job, "parts": parts}
        if now != self._said:
            self._said = now
            typer.echo(json.dumps(now, ensure_ascii=False))


class LiveScreen(Screen):
    """A row for each scene and one bar, which move in place."""

    def __init__(self, live: Live) -> None:
        self._live = live

    @override
    def show(self, seen: JobProgress) -> None:
        self._live.update(live_view(seen, most_rows=self._live.console.height - OTHER_LINES))


def live_view(seen: JobProgress, *, most_rows: int) -> Group:
    """The scenes, as many as there is room for, over one bar with the remaining time."""
    rows = Table.grid(padding=(0, 2))
    moving = [scene for scene in seen.scenes if scene.phase != "succeeded"]
    shown = seen.scenes if len(seen.scenes) <= most_rows else tuple(moving[: max(most_rows, 1)])
    for scene in shown:
        rows.add_row(Text(scene.label), Text(scene.words, style=STYLES.get(scene.phase, "dim")))
    bar = Table.grid(padding=(0, 2))
    bar.add_row(
        Text(seen.whole.label, style="bold"),
        ProgressBar(total=100, completed=seen.whole.percent, width=BAR_WIDTH),
        Text(f"{seen.whole.percent:>3}%"),
        Text(seen.whole.state),
        Text(seen.remaining),
    )
    return Group(rows, bar)


@contextmanager
def screen(clock: Clock, *, as_json: bool = False) -> Iterator[Screen]:
    """The screen that suits where the output goes."""
    console = Console(stderr=True)
    if as_json:
        yield JsonScreen()
    elif not console.is_terminal or console.is_dumb_terminal:
        yield PlainScreen(clock)
    else:
        with Live(console=console, refresh_per_second=REFRESHES_PER_SECOND) as live:
            yield LiveScreen(live)


def say(text: str) -> None:
    """Tells a person something that is not the answer."""
    typer.echo(text, err=True)


def tell_json(answer: Any) -> None:
    """Prints an answer for programs."""
    typer.echo(json.dumps(answer, indent=2, ensure_ascii=False))


def table(heads: tuple[str, ...], rows: Iterator[tuple[object, ...]]) -> None:
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
