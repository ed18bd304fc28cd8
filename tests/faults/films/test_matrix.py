"""A film meets the same trouble at every stage: it is completed all the same, and nothing is paid twice unasked."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from app.core.tasks import Background
from app.core.threads import Threads
from app.media.errors import ToolFailed, ToolTimedOut
from app.media.probe import Probes
from app.media.tools import find_tools
from app.providers.errors import InvalidRequest
from tests.doubles.broken_tools import BrokenTools
from tests.doubles.leaping_clock import LeapingClock
from tests.doubles.shared_clock import set_ahead
from tests.faults.films.boots import Boot, BootOrder, booted
from tests.faults.films.owner import Json, Owner
from tests.faults.films.vendors import BOUGHT, Stage, Trouble, Vendors

pytestmark = pytest.mark.timeout(600)
# Beyond this an unknown outcome is put to the owner, and the vendor's list must show what arrived.
AHEAD_SECONDS = 1000.0
LOOK_SECONDS = 0.1
# facts/safety: a lost plan and a lost recording are asked for once more, because that is cheap; nothing else is.
ASKED_ONCE_MORE = {Stage.PLAN: 1, Stage.NARRATION: 1}
POSTER = "film.jpg"
STAGE_SECONDS = 150.0
# Every picture that the cut has drawn by ffmpeg.
DRAWN = (POSTER, "sheet.jpg", "wave.png")
TOOL_ERRORS = {Trouble.TIMED_OUT: ToolTimedOut.code, Trouble.GARBAGE: ToolFailed.code}


async def looked_at(film: bytes, folder: Path) -> None:
    """The film has sound, and pictures for as long as its segments are."""
    path = folder / "looked_at.mp4"
    path.write_bytes(film)
    media = await Probes(find_tools(), Threads(1)).probe(path)
    assert media.video is not None
    assert media.audio is not None
    assert media.video.duration_seconds == pytest.approx(12.0, abs=0.3)


async def completed(owner: Owner, project: Json, job: Json) -> list[str]:
    """Retries until the film is there, and gives the codes of the failures; what stood is never touched."""
    failures: list[str] = []
    while (done := await owner.settled(job))["phase"] == "failed":
        failures.append(done["error"]["code"])
        standing = await owner.standing(project)
        job = await owner.post(f"/jobs/{job['id']}/retry")
        assert (await owner.standing(project)).items() >= standing.items()
    assert done["phase"] == "succeeded", done
    return failures


@dataclass
class KilledFilm:
    """One film over the lives of several processes."""

    both: Vendors
    project: Json = field(default_factory=dict)
    job: Json = field(default_factory=dict)
    answers: int = 0
    standing: dict[str, tuple[str, str]] = field(default_factory=dict)

    def lets_time_pass(self, clock: Path) -> None:
        """Ends the waits for what the last process has left unexplained: they begin with the start of the next one."""
        self.both.minimax.advanced += AHEAD_SECONDS
        set_ahead(clock, self.both.minimax.advanced, passed_seconds=self.both.minimax.advanced)

    async def until(self, boot: Boot, stage: Stage) -> None:
        """Goes on until this stage is in the middle of its work."""
        owner = await Owner(boot.http).signed_in()
        if not self.job:
            self.project = await owner.project()
            self.job = await owner.produce(self.project)
        until = asyncio.get_running_loop().time() + STAGE_SECONDS
        while not await self._is_amid(owner, stage):
            parts = [(part["kind"], part["phase"], part["stage"]) for part in await owner.children(self.job)]
            assert asyncio.get_running_loop().time() < until, f"{stage}: {parts}, paid {self.both.paid()}"
            await owner.answer_parts(self.job)
            await asyncio.sleep(LOOK_SECONDS)
        self.answers += owner.answers
        self.standing = await self._untouched(owner)

    async def over(self, boot: Boot, folder: Path) -> None:
        """The film is there, and nothing that stood before was made again."""
        owner = await Owner(boot.http).signed_in()
        assert (await owner.settled(self.job))["phase"] == "succeeded"
        await self._untouched(owner)
        self.answers += owner.answers
        await looked_at(await owner.film(self.project), folder)

    async def _is_amid(self, owner: Owner, stage: Stage) -> bool:
        if stage is not Stage.CUT:
            return self.both.struck == len(self.both.planned)
        parts = await owner.children(self.job)
        return any(p["kind"] == "film.assemble" and p["stage"] == "cutting_film" for p in parts)

    async def _untouched(self, owner: Owner) -> dict[str, tuple[str, str]]:
        standing = await owner.standing(self.project)
        assert standing.items() >= self.standing.items()
        return standing


async def test_what_the_vendor_refuses_is_bought_by_the_retry(
    owner: Owner, both: Vendors, tools: BrokenTools, tmp_path: Path
) -> None:
    for stage in BOUGHT:
        both.spoil(stage, Trouble.REFUSED)
    tools.spoil(POSTER, Trouble.REFUSED)
    project = await owner.project()
    failures = await completed(owner, project, await owner.produce(project))
    assert set(failures) == {InvalidRequest.code, ToolFailed.code}
    assert (both.struck, tools.struck) == (len(BOUGHT), [Trouble.REFUSED])
    assert both.paid() == BOUGHT
    assert owner.answers == 0
    await looked_at(await owner.film(project), tmp_path)


@pytest.mark.parametrize("trouble", [Trouble.TIMED_OUT, Trouble.GARBAGE])
async def test_what_was_paid_for_and_lost_is_found_or_asked_about(
    owner: Owner, both: Vendors, tools: BrokenTools, clock: LeapingClock, trouble: Trouble, tmp_path: Path
) -> None:
    for stage in BOUGHT:
        both.spoil(stage, trouble)
    for picture in DRAWN:
        tools.spoil(picture, trouble)
    project = await owner.project()
    job = await owner.produce(project)
    async with Background() as beside:
        beside.start(both.leaps(clock, AHEAD_SECONDS))
        failures = await completed(owner, project, job)
    assert (both.struck, tools.struck) == (len(BOUGHT), [trouble] * len(DRAWN))
    assert failures == [TOOL_ERRORS[trouble]] * len(DRAWN)
    assert owner.answers == 1
    assert both.paid() == BOUGHT | {s: BOUGHT[s] + 1 for s in (*ASKED_ONCE_MORE, Stage.FRAMES)}
    await looked_at(await owner.film(project), tmp_path)


async def test_a_service_that_is_killed_at_any_stage_goes_on_where_it_was(both: Vendors, tmp_path: Path) -> None:
    """Each stage is killed in the middle of a call that the vendor has taken and charged; the last in its cut."""
    settings = both.settings | {
        "database": {"database_url": f"sqlite+aiosqlite:///{tmp_path}/film.db"},
        "storage": {"storage_path": tmp_path / "storage", "storage_reserve_mb": 0},
    }
    kills, clock = KilledFilm(both), tmp_path / "clock"
    set_ahead(clock, 0.0)
    for stage in Stage:
        fault = (POSTER, Trouble.KILLED) if stage is Stage.CUT else None
        if stage is not Stage.CUT:
            both.spoil(stage, Trouble.KILLED)
        async with booted(BootOrder(settings, clock, fault)) as boot:
            kills.lets_time_pass(clock)
            await kills.until(boot, stage)
            await boot.kill()
    async with booted(BootOrder(settings, clock)) as boot:
        kills.lets_time_pass(clock)
        await kills.over(boot, tmp_path)
    bought = both.paid()
    # A kill also meets what other stages have in flight, so that these may be asked for once more as well.
    assert (bought[Stage.VOICE], bought[Stage.CLIPS]) == (BOUGHT[Stage.VOICE], BOUGHT[Stage.CLIPS])
    assert bought[Stage.PLAN] == BOUGHT[Stage.PLAN] + ASKED_ONCE_MORE[Stage.PLAN]
    assert bought[Stage.NARRATION] - BOUGHT[Stage.NARRATION] in {1, 2}
    assert 1 <= bought[Stage.FRAMES] - BOUGHT[Stage.FRAMES] <= kills.answers
