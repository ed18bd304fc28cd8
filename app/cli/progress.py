"""What a person sees of a job at one moment: how far it is, what remains, and a line for each scene of a film."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.cli.client import Json

ENDED = frozenset({"succeeded", "failed", "cancelled"})
FULL_PERCENT = 100
MINUTE_SECONDS = 60
FILM, TAKE, NARRATION = "film.produce", "segment.take", "segment.narrate"
MADE = frozenset({"generated", "segment_approved"})
# Before so much is done nobody can say what remains, and what is told once is not taken back.
FEWEST_PERCENT = 15


@dataclass(frozen=True)
class FilmScene:
    """A segment of the film: its place, and whether its clip was there before the job began."""

    number: int
    is_made: bool


@dataclass(frozen=True)
class Line:
    """One part of the work; its state in words."""

    key: str
    label: str
    state: str
    phase: str
    percent: int

    @property
    def words(self) -> str:
        """The state, and how far it is where it moves."""
        return f"{self.state} {self.percent}%" if self.phase == "running" else self.state


@dataclass(frozen=True)
class JobProgress:
    """The whole of it at one moment."""

    job: Json
    whole: Line
    scenes: tuple[Line, ...]
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


class RemainingTime:
    """The remaining time that is shown: estimates go up and down, the time on the screen only shrinks."""

    def __init__(self) -> None:
        self._shown: int | None = None

    def after(self, estimate: int | None) -> int | None:
        """The time to show after this estimate."""
        if estimate is not None:
            self._shown = estimate if self._shown is None else min(self._shown, estimate)
        return self._shown


def progress_of(
    manifest: Json, scenes: Mapping[str, FilmScene], now: datetime, remaining: RemainingTime
) -> JobProgress:
    """The lines of a job and of the scenes that it makes; of one scene only the newest part is shown."""
    job: Json = manifest["job"]
    newest: dict[str, Json] = {}
    for child in sorted(manifest["children"], key=lambda child: str(child["created_at"])):
        newest[child["segment_id"] or ""] = child
    lines = [
        _scene(segment_id, scene, newest.get(segment_id))
        for segment_id, scene in sorted(scenes.items(), key=lambda each: each[1].number)
        if segment_id in newest or job["kind"] == FILM
    ]
    whole = Line(
        job["id"], "Film" if job["kind"] == FILM else str(job["kind"]), _state(job), job["phase"], _percent(job)
    )
    return JobProgress(job, whole, tuple(lines), remaining.after(_estimate(job, now)))


def has_unknown_scene(children: Sequence[Json], scenes: Mapping[str, FilmScene]) -> bool:
    """Whether a part belongs to a scene that was not seen yet."""
    return any(child["segment_id"] and child["segment_id"] not in scenes for child in children)


def _scene(segment_id: str, scene: FilmScene, child: Json | None) -> Line:
    label = f"Scene {scene.number}"
    if child is None:
        state = "done" if scene.is_made else "waiting"
        return Line(segment_id, label, state, "succeeded" if scene.is_made else "queued", FULL_PERCENT * scene.is_made)
    if child["phase"] == "succeeded" and child["kind"] != TAKE:
        state = "narrated, waiting for its clip" if child["kind"] == NARRATION else "waiting for its clip"
        return Line(segment_id, label, state, "queued", 0)
    return Line(segment_id, label, _state(child), child["phase"], _percent(child))


def _state(job: Json) -> str:
    match job["phase"]:
        case "running":
            return str(job["stage_label"] or job["status"]).replace("_", " ")
        case "queued":
            return "waiting"
        case "succeeded":
            return "done"
        case phase:
            return str(phase).replace("_", " ")


def _percent(job: Json) -> int:
    return FULL_PERCENT if job["phase"] == "succeeded" else int(job["progress"])


def _estimate(job: Json, now: datetime) -> int | None:
    """What the service expects, else what the pace so far promises."""
    if job["phase"] in ENDED:
        return None
    percent = _percent(job)
    if not FEWEST_PERCENT <= percent < FULL_PERCENT:
        return None
    if job["eta_seconds"] is not None:
        return int(job["eta_seconds"])
    if not job["started_at"]:
        return None
    spent = (now - datetime.fromisoformat(job["started_at"])).total_seconds()
    return max(0, round(spent * (FULL_PERCENT - percent) / percent))
