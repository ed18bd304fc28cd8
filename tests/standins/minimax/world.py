"""Everything the stand-in vendor remembers: accounts, tasks, files, voices, what was paid, what shall go wrong."""

import asyncio
import itertools
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

GOOD_KEY = "sk-api-standin-0123456789"
# A second account of the same vendor.
OTHER_KEY = "sk-api-other-0123456789"
FOREIGN_REGION_KEY = "sk-api-other-region-0123"
WINDOW_SECONDS = 60.0


@dataclass
class Fault:
    """One thing that goes wrong on the next matching calls."""

    kind: str
    path: str
    times: int = 1
    after: int = 0
    code: int = 0
    status: int = 0
    seconds: float = 0.0
    size_bytes: int = 0
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Rules:
    """What a test or a person may change while the stand-in runs."""

    task_seconds: float = 2.0
    latency_seconds: float = 0.0
    url_life_seconds: float = 3600.0
    rpm: dict[str, int] = field(default_factory=lambda: {"video": 10_000, "image": 10_000, "speech": 10_000})
    max_in_flight: int = 10_000
    balance_micro_usd: int = 10_000_000_000
    with_queueing: bool = False
    callbacks: str = "normal"
    # The list of tasks forgets those that are younger.
    listed_after_seconds: float = 0.0
    full_size: bool = False


@dataclass
class Task:
    """One accepted clip."""

    id: str
    file_id: str
    generation: str
    model: str
    duration: int
    resolution: str
    created: float
    seconds: float
    first: bytes | None = None
    last: bytes | None = None
    callback_url: str | None = None
    outcome: dict[str, Any] = field(default_factory=dict)
    cancelled: bool = False

    def share(self, now: float) -> float:
        """How much of the work is done."""
        return 1.0 if self.seconds <= 0 else (now - self.created) / self.seconds


@dataclass
class StoredFile:
    id: int
    purpose: str
    filename: str
    content: bytes
    created: float


@dataclass
class Voice:
    id: str
    origin: str
    created: float
    activated: bool = False
    deleted: bool = False


@dataclass(frozen=True)
class Paid:
    """One accepted POST that costs money."""

    path: str
    model: str
    micro_usd: int
    at: float
    task_id: str
    text: str
    callback_url: str | None


class World:
    """The vendor's side of the truth."""

    def __init__(self, now: Callable[[], float] | None = None) -> None:
        self._time = now or time.time
        self.base_url = "http://standin"
        self.advanced = 0.0
        self.rules = Rules()
        self.faults: list[Fault] = []
        self.outcomes: deque[dict[str, Any]] = deque()
        self.tasks: dict[str, Task] = {}
        self.files: dict[int, StoredFile] = {}
        self.voices: dict[str, Voice] = {}
        self.side_files: dict[str, tuple[str, bytes]] = {}
        self.paid: list[Paid] = []
        self.calls: list[tuple[str, str]] = []
        self.refused: list[tuple[str, int]] = []
        self.keys_used: list[str] = []
        self.most_in_flight = 0
        self.auth_on_files = 0
        self.callback_log: list[dict[str, Any]] = []
        self.background: set[asyncio.Task[None]] = set()
        self._starts: dict[str, deque[float]] = {}
        self._numbers = itertools.count(1)

    def now(self) -> float:
        return self._time() + self.advanced

    def new_id(self) -> int:
        # Ids of the real service have 15 digits and do not grow with time.
        number = next(self._numbers)
        return 100_000_000_000_000 + (number * 7_919_234_567_891) % 800_000_000_000_000

    def fault_for(self, path: str, *kinds: str) -> Fault | None:
        """The next fault of these kinds that fits the path, used up once."""
        for fault in self.faults:
            if fault.times > 0 and fault.kind in kinds and path.startswith(fault.path):
                if fault.after > 0:
                    fault.after -= 1
                    continue
                fault.times -= 1
                return fault
        return None

    def over_rate(self, group: str) -> bool:
        """Counts one request of the last minute; says whether it is one too many."""
        starts = self._starts.setdefault(group, deque())
        while starts and starts[0] <= self.now() - WINDOW_SECONDS:
            starts.popleft()
        if len(starts) >= self.rules.rpm[group]:
            return True
        starts.append(self.now())
        return False

    def in_flight(self) -> int:
        return sum(task.share(self.now()) < 1 and not task.cancelled for task in self.tasks.values())

    def charge(self, paid: Paid) -> bool:
        """Takes the money; says whether there was enough."""
        if self.rules.balance_micro_usd < paid.micro_usd:
            return False
        self.rules.balance_micro_usd -= paid.micro_usd
        self.paid.append(paid)
        return True

    def add_task(self, task: Task) -> None:
        self.tasks[task.id] = task
        self.most_in_flight = max(self.most_in_flight, self.in_flight())

    def start(self, work: Any) -> None:
        """Runs a callback beside the answer; kept so that it is not collected."""
        running = asyncio.ensure_future(work)
        self.background.add(running)
        running.add_done_callback(self.background.discard)
