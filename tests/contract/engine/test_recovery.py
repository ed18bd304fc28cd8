"""What a run may rely on when its process dies, freezes or leaves; every worker here is a real process."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.core.clock import SystemClock
from app.core.threads import Threads
from app.engine.dbos.store import EngineStore
from app.engine.port import EngineQueue, JobOrder, RunState
from tests.contract.engine.worker import FRUITLESS_LIVES

TTL_SECONDS = 1.5
Line = dict[str, Any]


class Stage:
    """The processes of one test and what they said."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.folder = folder
        self.workers: list[subprocess.Popen[bytes]] = []

    def command(self) -> list[str]:
        return [sys.executable, "-m", "tests.contract.engine.worker", self.url, str(self.folder), str(TTL_SECONDS)]

    def worker(self) -> subprocess.Popen[bytes]:
        with (self.folder / "errors").open("ab") as errors:
            worker = subprocess.Popen(self.command(), stdin=subprocess.PIPE, stderr=errors)
        self.workers.append(worker)
        self.wait(lambda: self.said("open", pid=worker.pid))
        return worker

    def order(self, worker: subprocess.Popen[bytes], kind: str = "plain", queue: EngineQueue | None = None) -> str:
        job_id = self.hand_in(worker, kind, queue)
        self.wait(lambda: self.said("accepted", job=job_id))
        return job_id

    def hand_in(self, worker: subprocess.Popen[bytes], kind: str, queue: EngineQueue | None = None) -> str:
        """An order that may kill the worker before it says that it has it."""
        job_id = SystemClock().new_id()
        assert worker.stdin is not None
        order = JobOrder(job_id=job_id, kind=kind, queue=queue, partition="user")
        worker.stdin.write(order.model_dump_json().encode() + b"\n")
        worker.stdin.flush()
        return job_id

    def said(self, event: str, **facts: object) -> list[Line]:
        log = self.folder / "log"
        lines = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
        return [x for x in lines if x["event"] == event and all(x.get(name) == fact for name, fact in facts.items())]

    def steps(self, job_id: str) -> str:
        return "".join(line["step"] for line in self.said("step", job=job_id))

    def allow(self, name: str) -> None:
        (self.folder / name).touch()

    def wait(self, true: Callable[[], object], seconds: float = 20.0) -> None:
        limit = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < limit, self.story()
            time.sleep(0.01)

    def states(self, *job_ids: str) -> list[RunState | None]:
        """What the engine's own store knows of these."""

        async def read() -> list[RunState | None]:
            threads = Threads(1)
            store = EngineStore(self.url, threads)
            try:
                known = await store.states(job_ids)
            finally:
                store.close()
                threads.close()
            return [known.get(job_id) for job_id in job_ids]

        return asyncio.run(read())

    def story(self) -> str:
        return "\n".join(path.read_text() for path in sorted(self.folder.glob("*")))


@pytest.fixture
def stage(database_url: str, tmp_path: Path) -> Iterator[Stage]:
    yield from staged(database_url, tmp_path)


@pytest.fixture
def sqlite_stage(sqlite_url: str, tmp_path: Path) -> Iterator[Stage]:
    yield from staged(sqlite_url, tmp_path)


@pytest.fixture
def postgres_stage(postgres_database_url: str, tmp_path: Path) -> Iterator[Stage]:
    yield from staged(postgres_database_url, tmp_path)


def staged(url: str, tmp_path: Path) -> Iterator[Stage]:
    folder = tmp_path / "stage"
    folder.mkdir()
    stage = Stage(url, folder)
    yield stage
    for worker in stage.workers:
        worker.kill()
        worker.communicate()


def test_a_run_survives_kill_9_and_only_its_open_step_runs_again(stage: Stage) -> None:
    first = stage.worker()
    jobs = [
        stage.order(first),
        stage.order(first, queue=EngineQueue.LIGHT),
        stage.order(first, queue=EngineQueue.REMOTE),
    ]
    stage.wait(lambda: all(stage.steps(job_id) == "ab" for job_id in jobs))
    first.kill()
    first.wait()
    stage.allow("go")
    stage.worker()
    stage.wait(lambda: len(stage.said("done")) == 3)
    assert [stage.steps(job_id) for job_id in jobs] == ["abbc"] * 3


def test_a_run_that_kills_every_worker_is_given_up_and_takes_no_other_with_it(stage: Stage) -> None:
    worker = stage.worker()
    patient = stage.order(worker, "patient")
    stage.wait(lambda: stage.said("look", pid=worker.pid, job=patient))
    poison = stage.hand_in(worker, "poison")
    for _ in range(1, FRUITLESS_LIVES):
        assert worker.wait(20) == -signal.SIGKILL
        worker = stage.worker()
    assert worker.wait(20) == -signal.SIGKILL
    last = stage.worker()
    stage.wait(lambda: stage.states(poison) == [RunState.GIVEN_UP])
    stage.allow("go")
    stage.wait(lambda: stage.said("done", job=patient))
    assert (stage.steps(poison), last.poll()) == ("x" * FRUITLESS_LIVES, None)


def test_a_run_that_gets_further_in_every_life_is_never_given_up(stage: Stage) -> None:
    worker = stage.worker()
    wearing = stage.hand_in(worker, "wearing")
    for _ in range(len("klmnop")):
        assert worker.wait(20) == -signal.SIGKILL
        worker = stage.worker()
    stage.wait(lambda: stage.said("done", job=wearing))
    assert stage.steps(wearing) == "klmnop"


def test_events_of_a_run_that_goes_on_elsewhere_keep_their_keys(stage: Stage) -> None:
    first = stage.worker()
    job_id = stage.order(first)
    stage.wait(lambda: stage.steps(job_id) == "ab")
    first.kill()
    first.wait()
    stage.allow("go")
    stage.worker()
    stage.wait(lambda: stage.said("done"))
    assert [line["key"] for line in stage.said("event")] == ["1.after.1", "1.after.1", "2.after.1", "3.after.1"]


def test_orders_that_waited_in_a_queue_of_a_dead_process_go_on(stage: Stage) -> None:
    first = stage.worker()
    jobs = [stage.order(first, queue=EngineQueue.RENDER) for _ in range(3)]
    stage.wait(lambda: "ab" in [stage.steps(job_id) for job_id in jobs])
    first.kill()
    first.wait()
    stage.allow("go")
    stage.worker()
    stage.wait(lambda: len(stage.said("done")) == 3)
    assert sorted(stage.steps(job_id) for job_id in jobs) == ["abbc", "abc", "abc"]


def test_a_second_worker_takes_over_what_the_dead_one_held(postgres_stage: Stage) -> None:
    stage = postgres_stage
    first, second = stage.worker(), stage.worker()
    jobs = [stage.order(first) for _ in range(3)]
    kept = stage.order(second)
    stage.wait(lambda: all(stage.steps(job_id) == "ab" for job_id in (*jobs, kept)))
    first.kill()
    stage.wait(lambda: all(stage.steps(job_id) == "abb" for job_id in jobs))
    stage.allow("go")
    stage.wait(lambda: len(stage.said("done", pid=second.pid)) == 4)
    assert [stage.steps(job_id) for job_id in (*jobs, kept)] == ["abbc"] * 3 + ["abc"]


def test_a_worker_that_leaves_politely_hands_its_runs_over_at_once(postgres_stage: Stage) -> None:
    stage = postgres_stage
    first, second = stage.worker(), stage.worker()
    job_id = stage.order(first)
    stage.wait(lambda: stage.steps(job_id) == "ab")
    assert first.stdin is not None
    first.stdin.close()
    stage.wait(lambda: stage.said("closed", pid=first.pid))
    stage.wait(lambda: stage.steps(job_id) == "abb", seconds=4)
    stage.allow("go")
    stage.wait(lambda: stage.said("done", pid=second.pid))
    assert first.wait(timeout=10) == 0


def test_a_frozen_worker_that_wakes_up_does_not_pay(postgres_stage: Stage) -> None:
    stage = postgres_stage
    stage.allow("go")
    frozen, other = stage.worker(), stage.worker()
    job_id = stage.order(frozen, kind="paid")
    stage.wait(lambda: stage.steps(job_id) == "abcpay")
    frozen.send_signal(signal.SIGSTOP)
    stage.wait(lambda: stage.steps(job_id) == "abcpaypay")
    stage.allow("pay")
    stage.wait(lambda: stage.said("done"))
    frozen.send_signal(signal.SIGCONT)
    stage.wait(lambda: stage.said("fenced", pid=frozen.pid) or stage.said("dropped", pid=frozen.pid))
    assert [line["pid"] for line in stage.said("paid")] == [other.pid]
    assert [line["pid"] for line in stage.said("done")] == [other.pid]


def test_a_frozen_worker_takes_new_orders_after_it_woke_up(postgres_stage: Stage) -> None:
    stage = postgres_stage
    frozen, _other = stage.worker(), stage.worker()
    lost = stage.order(frozen)
    stage.wait(lambda: stage.steps(lost) == "ab")
    frozen.send_signal(signal.SIGSTOP)
    stage.wait(lambda: stage.steps(lost) == "abb")
    frozen.send_signal(signal.SIGCONT)
    stage.allow("go")
    fresh = stage.order(frozen)
    stage.wait(lambda: len(stage.said("done")) == 2)
    assert [line["pid"] for line in stage.said("done", job=fresh)] == [frozen.pid]


def test_a_second_process_on_one_sqlite_file_is_refused(sqlite_stage: Stage) -> None:
    sqlite_stage.worker()
    second = subprocess.run(sqlite_stage.command(), capture_output=True, timeout=30, check=False)
    assert b"DatabaseBusy" in second.stderr
