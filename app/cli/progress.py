"""What a person sees of a job: a line for itself, one for each segment at work and one for each other part."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from typing_extensions import override

from app.cli.client import Json

__all__ = ["ENDED", "JobProgress", "Line", "progress_of"]

ENDED = frozenset({"succeeded", "failed", "cancelled"})
FULL_PERCENT = 100


@dataclass(frozen=True)
class Line:
    """One part of the work."""

    key: str
    label: str
    stage: str
    phase: str
    percent: int
    eta_seconds: int | None

    @override
    def __str__(self) -> str:
        left = "" if self.eta_seconds is None or self.phase in ENDED else f", about {self.eta_seconds} s left"
        return f"{self.label}: {self.percent}% {self.stage}{left}"


@dataclass(frozen=True)
class JobProgress:
    """The whole of it at one moment."""

    job: Json
    whole: Line
    parts: tuple[Line, ...]

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.job["phase"] in ENDED

    @property
    def is_asking(self) -> bool:
        """Whether it waits for its owner."""
        return bool(self.job["phase"] == "awaiting_input")


def progress_of(job: Json, children: Sequence[Json], numbers: Mapping[str, int], now: datetime) -> JobProgress:
    """The lines of a job and of what it has started; of one segment only the newest part is shown."""
    newest: dict[str, Json] = {}
    for child in sorted(children, key=lambda child: str(child["created_at"])):
        newest[child["segment_id"] or child["id"]] = child
    parts = [_line(key, _label(child, numbers), child, now) for key, child in newest.items()]
    parts.sort(key=lambda line: (not line.label.startswith("Segment "), line.label))
    return JobProgress(job, _line(job["id"], "Film" if children else job["kind"], job, now), tuple(parts))


def _label(child: Json, numbers: Mapping[str, int]) -> str:
    number = numbers.get(child["segment_id"] or "")
    return str(child["kind"]) if number is None else f"Segment {number + 1:>2}"


def _line(key: str, label: str, job: Json, now: datetime) -> Line:
    percent = FULL_PERCENT if job["phase"] == "succeeded" else int(job["progress"])
    stage = job["stage_label"] or str(job["status"]).replace("_", " ")
    words = stage if job["phase"] in {"running", "queued"} else str(job["phase"]).replace("_", " ")
    return Line(key, label, words, job["phase"], percent, _eta(job, percent, now))


def _eta(job: Json, percent: int, now: datetime) -> int | None:
    """What the service expects, else what the pace so far promises."""
    if job["phase"] in ENDED:
        return None
    if job["eta_seconds"] is not None:
        return int(job["eta_seconds"])
    if not job["started_at"] or not 0 < percent < FULL_PERCENT:
        return None
    spent = (now - datetime.fromisoformat(job["started_at"])).total_seconds()
    return max(0, round(spent * (FULL_PERCENT - percent) / percent))
