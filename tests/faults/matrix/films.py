"""Films that stop at their gates, meet one fault together, and go on; what became of each, and at what price."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import httpx2

from tests.faults.matrix.gates import Gatekeeper, Place
from tests.faults.matrix.vendors import BILL, Held, Step, Vendors

__all__ = ["CELLS", "EACH_STEP", "PLACES", "Cell", "Client", "Film", "Moment", "Wave"]

Json = dict[str, Any]
API = "/api/v1"
WISH = {"email": "ala@example.com", "password": "a long pass phrase 1"}
ENDED = frozenset({"succeeded", "failed", "cancelled"})
LOOK_SECONDS = 0.25
# Every film is followed by itself; more often would keep a core busy with answers.
FOLLOW_SECONDS = 1.0
GATES_SECONDS = 300.0
# A busy machine is waited for: what has not ended then is not on its way.
ENDS_SECONDS = 420.0
KINDS = {Step.PLAN: "plan.create", Step.FRAME: "frame.make", Step.SPEECH: "segment.narrate", Step.CLIP: "segment.take"}
OPERATIONS = {Step.PLAN: "plan", Step.FRAME: "frame.0", Step.SPEECH: "speech", Step.CLIP: "clip"}


class Moment(StrEnum):
    """When, as seen from the paid call, or from the work that costs nothing."""

    BEFORE = "before"
    DURING = "during"
    AFTER = "after"


@dataclass(frozen=True)
class Cell:
    """A step of a film and a moment of it."""

    step: Step | None
    name: str
    moment: Moment

    def __str__(self) -> str:
        return f"{self.name}.{self.moment}"

    @property
    def place(self) -> Place | None:
        """Where the worker waits; a call that is on its way waits at the vendor, an approval for its owner."""
        if self.step is None:
            return None if self.name == "approval" else Place("film.assemble", f"cut.{self.moment}")
        match self.moment:
            case Moment.BEFORE:
                return Place(KINDS[self.step], f"intend.{OPERATIONS[self.step]}.1.before")
            case Moment.AFTER:
                return Place(KINDS[self.step], f"submit.{OPERATIONS[self.step]}.1.after")
            case Moment.DURING:
                return None

    @property
    def last_place(self) -> Place | None:
        """Where a film whose call is to be held at the vendor waits until all others are at their gates."""
        if self.step is None or self.moment is not Moment.DURING:
            return None
        return Cell(self.step, self.name, Moment.BEFORE).place


CELLS = (
    *(Cell(step, step.value, moment) for step in Step for moment in Moment),
    Cell(None, "approval", Moment.DURING),
    Cell(None, "assembly", Moment.BEFORE),
    Cell(None, "assembly", Moment.AFTER),
)
# Each step once, where most can be lost.
EACH_STEP = tuple(
    cell for cell in CELLS if cell.moment is Moment.DURING or str(cell) in {"clip.after", "assembly.before"}
)
PLACES = frozenset(cell.place for cell in CELLS if cell.place is not None)


@dataclass
class Film:
    """One film, the cell it stands for, and what became of it."""

    number: int
    cell: Cell
    project_id: str = ""
    job_id: str = ""
    phase: str = ""
    error: str = ""
    first_error: str = ""
    asked: set[str] = field(default_factory=set)
    stages: set[str] = field(default_factory=set)
    held: Held | None = None

    @property
    def marker(self) -> str:
        return f"Film{self.number}x"


@dataclass
class Client:
    """Somebody who takes 503 and a lost connection for "later", and counts every answer."""

    http: httpx2.AsyncClient
    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    async def signed_in(self) -> "Client":
        await self.ask("POST", "/auth/register", WISH)
        answer = await self.ask("POST", "/auth/login", WISH)
        self.http.headers["Authorization"] = f"Bearer {answer['access_token']}"
        return self

    async def once(self, method: str, path: str, body: Json | None = None) -> httpx2.Response | None:
        """One request; None where no answer came."""
        try:
            answer = await self.http.request(method, API + path, json=body)
        except httpx2.HTTPError:
            self.statuses[0] += 1
            return None
        self.statuses[answer.status_code] += 1
        if answer.status_code == 500 or (answer.status_code == 503 and "retry-after" not in answer.headers):
            self.faults.append(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
        return answer

    async def ask(self, method: str, path: str, body: Json | None = None) -> Any:
        """The answer, however long it takes to get one."""
        async with asyncio.timeout(ENDS_SECONDS):
            while (answer := await self.once(method, path, body)) is None or answer.status_code >= 500:
                await asyncio.sleep(LOOK_SECONDS)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()


class Wave:
    """All films of one wave, in one service or behind several."""

    def __init__(self, client: Client, keeper: Gatekeeper, vendors: Vendors, cells: Sequence[Cell]) -> None:
        self._client, self._keeper, self._vendors = client, keeper, vendors
        self.films = [Film(number, cell) for number, cell in enumerate(cells)]

    async def begin(self) -> None:
        """Starts the films; each runs up to its gate."""
        for film in self.films:
            wish = {
                "name": str(film.cell),
                "story_prompt": f"{film.marker} a fox walks home at dawn.",
                "target_duration_sec": 6,
                "language": "en",
            }
            film.project_id = (await self._client.ask("POST", "/projects", wish))["id"]
            self._keeper.held_at[film.project_id] = self._places(film.cell)
            approves = {"auto_approve": film.cell.name != "approval"}
            film.job_id = (await self._client.ask("POST", f"/projects/{film.project_id}/produce", approves))["id"]

    async def until_held(self) -> None:
        """Waits until every film is where its fault shall meet it; a call that is on its way waits the shortest."""
        late = [film for film in self.films if film.cell.last_place is not None]
        await self._until(self._are_held, [film for film in self.films if film not in late])
        await self._until(self._are_before, late)
        for film in late:
            assert film.cell.step is not None
            assert film.cell.last_place is not None
            film.held = self._vendors.hold(film.cell.step, film.marker)
            self._keeper.let_pass(film.project_id, film.cell.last_place)
        await self._until(self._are_held, late)

    def let_go(self) -> None:
        """The fault has begun: everything goes on, and the vendors answer."""
        self._keeper.open_all()
        self._vendors.release()

    async def approve(self) -> None:
        """Gives every word that is asked for; asks again where the service has no time."""
        await asyncio.gather(*(self._approve(film) for film in self.films if film.cell.name == "approval"))

    async def followed(self) -> None:
        """Looks at every film until it has ended, or until the time is over."""
        until = asyncio.get_running_loop().time() + ENDS_SECONDS
        await asyncio.gather(*(self._followed(film, until) for film in self.films))

    async def retried(self) -> None:
        """Tries each failed film again, as its owner would."""
        failed = [film for film in self.films if film.phase == "failed"]
        for film in failed:
            film.first_error, film.error, film.phase = film.error, "", ""
            film.job_id = (await self._client.ask("POST", f"/jobs/{film.job_id}/retry"))["id"]
        until = asyncio.get_running_loop().time() + ENDS_SECONDS
        await asyncio.gather(*(self._followed(film, until) for film in failed))

    def verdict(self, film: Film, allowed: Callable[[Step], int] = BILL.__getitem__, *, may_ask: bool = False) -> str:
        """`ok`, or what is wrong with this film."""
        bill = self._vendors.bill(film.marker)
        wrongs = [f"failed {film.first_error}"] if film.first_error else []
        if film.phase != "succeeded":
            wrongs.append(f"{film.phase or 'open'} {film.error}".strip())
        wrongs += [] if may_ask else [f"asked {topic}" for topic in sorted(film.asked)]
        wrongs += [f"{step} paid {bill[step]}x" for step in Step if bill[step] > allowed(step)]
        return ", ".join(wrongs) or "ok"

    def _places(self, cell: Cell) -> list[Place]:
        found = [cell.place, cell.last_place]
        return [place for place in found if place is not None]

    async def _until(self, met: Callable[[list[Film]], Awaitable[list[Film]]], films: list[Film]) -> None:
        until = asyncio.get_running_loop().time() + GATES_SECONDS
        while missing := await met(films):
            if asyncio.get_running_loop().time() >= until:
                where = {str(film.cell): await self._keeper.where(film.project_id) for film in missing}
                raise AssertionError(f"not at their gates: {where}")
            await asyncio.sleep(LOOK_SECONDS)

    async def _are_held(self, films: list[Film]) -> list[Film]:
        return [film for film in films if not await self._is_held(film)]

    async def _are_before(self, films: list[Film]) -> list[Film]:
        places = [(film, film.cell.last_place) for film in films]
        return [film for film, place in places if place is None or not self._keeper.is_at(film.project_id, place)]

    async def _is_held(self, film: Film) -> bool:
        if film.held is not None:
            return film.held.arrived.is_set()
        if film.cell.place is not None:
            return self._keeper.is_at(film.project_id, film.cell.place)
        return (await self._client.ask("GET", f"/jobs/{film.job_id}"))["question"] is not None

    async def _approve(self, film: Film) -> None:
        while film.phase not in ENDED:
            found = await self._client.ask("GET", f"/jobs/{film.job_id}")
            if found["phase"] in ENDED:
                return
            if found["phase"] == "awaiting_input" and found["question"]["topic"] != "parked_attempt":
                answer = await self._client.once("POST", f"/jobs/{film.job_id}/answer", {"choice": "approve"})
                # An answer that was lost on its way may have been taken; the next look tells.
                assert answer is None or answer.is_success or answer.status_code in {409, 503}, answer.text
            await asyncio.sleep(LOOK_SECONDS)

    async def _followed(self, film: Film, until: float) -> None:
        while asyncio.get_running_loop().time() < until:
            answer = await self._client.once("GET", f"/jobs/{film.job_id}")
            if answer is not None and answer.status_code == 200:
                found = answer.json()
                film.stages.add(found["stage"])
                film.phase = found["phase"]
                if film.phase in ENDED:
                    film.error = (found["error"] or {}).get("code", "")
                    return
                question = found["question"]
                if question is not None and question["topic"] in {"parked_attempt", "ended_attempt"}:
                    film.asked.add(question["topic"])
            await asyncio.sleep(FOLLOW_SECONDS)
        film.error = "after " + "/".join(sorted(film.stages))
