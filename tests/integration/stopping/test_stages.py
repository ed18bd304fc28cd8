"""Stop means stop: each way to end a film, at each stage of it, is followed by no paid call, no child and no hold."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import httpx2
import pytest

from tests.integration.stopping.conftest import Film, Studio

Stop = Callable[[Film, httpx2.AsyncClient], Awaitable[httpx2.Response]]
# A production looks at what it may start at least this often.
A_LOOK_SECONDS = 1.2


async def _cancel(film: Film, _admin: httpx2.AsyncClient) -> httpx2.Response:
    return await film.house.person.post(f"/api/v1/jobs/{film.job_id}/cancel")


async def _move(film: Film, admin: httpx2.AsyncClient) -> httpx2.Response:
    return await admin.patch(f"/api/v1/jobs/{film.job_id}/status", json={"status": "cancelled"})


async def _delete_project(film: Film, _admin: httpx2.AsyncClient) -> httpx2.Response:
    return await film.house.person.delete(f"/api/v1/projects/{film.project_id}", params={"cancel": "true"})


async def _close_account(film: Film, _admin: httpx2.AsyncClient) -> httpx2.Response:
    return await film.house.person.delete("/api/v1/users/me")


ACTIONS: Mapping[str, Stop] = {
    "cancel": _cancel,
    "move": _move,
    "delete_project": _delete_project,
    "close_account": _close_account,
}


async def _stop(name: str, film: Film, admin: httpx2.AsyncClient) -> None:
    answer = await ACTIONS[name](film, admin)
    assert answer.is_success, (name, answer.text)


async def _stopped(studio: Studio, films: Mapping[str, Film], admin: httpx2.AsyncClient) -> None:
    """Stops each film in its own way, and sees that nothing of any goes on; the gates are opened meanwhile."""
    for name, film in films.items():
        await _stop(name, film, admin)
    await _is_over(studio, films)


async def _is_over(studio: Studio, films: Mapping[str, Film]) -> None:
    bought = studio.paid_calls
    for gate in vars(studio.gates).values():
        gate.open()
    for name, film in films.items():

        async def has_ended(owner_id: str = film.owner_id) -> bool:
            return await studio.active(owner_id) == 0

        await studio.until(has_ended, f"all jobs have ended after {name}")
    owners = [film.owner_id for film in films.values()]
    known = await studio.jobs(*owners)
    await asyncio.sleep(A_LOOK_SECONDS)
    assert studio.paid_calls == bought
    assert await studio.jobs(*owners) == known
    assert await studio.active(*owners) == 0
    assert await studio.held(*owners) == 0


@pytest.mark.flow
@pytest.mark.parametrize("stage", ["plan", "speech", "picture", "poll"])
async def test_a_film_that_waits_for_a_vendor(studio: Studio, admin: httpx2.AsyncClient, stage: str) -> None:
    gate = getattr(studio.gates, stage)
    gate.shut()
    films = {name: await studio.begin(name, begun_at=stage) for name in ACTIONS}
    await studio.until(lambda: gate.waiting >= len(films), f"every film waits for its {stage}")
    await _stopped(studio, films, admin)


async def test_a_film_whose_clip_is_being_sent_or_waits_for_its_turn(studio: Studio, admin: httpx2.AsyncClient) -> None:
    """One clip of all is at the vendor, all others wait until its sending is over."""
    studio.gates.clip.shut()
    films = {name: await studio.begin(name, begun_at="clip") for name in ACTIONS}

    async def all_wait() -> bool:
        return all([await studio.at_work(film, "segment.take") for film in films.values()])

    await studio.until(all_wait, "every film has a clip in the making")
    await studio.until(lambda: studio.gates.clip.waiting == 1, "a clip is being sent")
    await _stopped(studio, films, admin)
    assert len(studio.camera.requests) == 1


@pytest.mark.parametrize("name", ["cancel", "close_account"])
async def test_a_clip_that_is_being_sent_is_taken_back_and_its_bill_is_booked(
    studio: Studio, admin: httpx2.AsyncClient, name: str
) -> None:
    studio.gates.clip.shut()
    film = await studio.begin(name, begun_at="clip")
    await studio.until(lambda: studio.gates.clip.waiting == 1, "a clip is being sent")
    await _stop(name, film, admin)
    await _is_over(studio, {name: film})
    assert len(studio.camera.requests) == 1
    assert studio.camera.forgotten == ["task-1"]
    assert await studio.charged(film.owner_id, "clip") > 0


@pytest.mark.flow
async def test_a_film_that_waits_for_its_owner(studio: Studio, admin: httpx2.AsyncClient) -> None:
    films = {name: await studio.begin(name, auto_approve=False) for name in ACTIONS}
    for film in films.values():
        await film.house.ended({"id": film.job_id}, "awaiting_input")
    await _stopped(studio, films, admin)


@pytest.mark.flow
async def test_a_film_that_is_being_cut(studio: Studio, admin: httpx2.AsyncClient) -> None:
    async def stop_when_cut(name: str, film: Film) -> None:
        await studio.until_at_work(film, "film.assemble")
        await _stop(name, film, admin)

    films = {name: await studio.begin(name, begun_at="cut") for name in ACTIONS}
    async with asyncio.TaskGroup() as stops:
        for name, film in films.items():
            stops.create_task(stop_when_cut(name, film))
    await _is_over(studio, films)
