"""When queues are looked at, and that DBOS keeps no clock of its own beside ours."""

import threading

from app.engine.dbos.engine import Pause
from app.engine.port import EngineQueue, JobContext, JsonObject
from tests.contract.engine.conftest import Host

LONG_SECONDS = 600.0


def waiting(pause: Pause) -> threading.Thread:
    """A thread in its pause; it ends when the pause does."""
    entered = threading.Event()

    def wait() -> None:
        entered.set()
        pause.wait(LONG_SECONDS)

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    entered.wait()
    return thread


def ended(thread: threading.Thread) -> bool:
    thread.join(10)
    return not thread.is_alive()


def test_news_end_a_pause_and_so_does_the_stop() -> None:
    pause = Pause(idle_seconds=LONG_SECONDS, busy_seconds=0)
    assert not pause.wait(LONG_SECONDS)
    thread = waiting(pause)
    pause.shorten()
    assert ended(thread)
    thread = waiting(pause)
    pause.set()
    assert ended(thread)
    assert pause.wait(LONG_SECONDS)


async def test_the_engine_polls_at_no_other_pace_than_ours(durable: Host) -> None:
    def polling() -> set[str]:
        dbos = ("dbos-background-jobs", "queue-worker-", "dynamic_scheduler", "(queue_thread)")
        return {t.name for t in threading.enumerate() if any(name in t.name for name in dbos)}

    await durable.until(lambda: not polling())
    ours = {thread.name for thread in threading.enumerate() if thread.name.startswith("queue-")}
    assert ours == {"queue-remote", "queue-render", "queue-light", "queue-_dbos_internal_queue"}


async def test_a_run_that_ends_makes_place_for_the_next_at_once(durable: Host) -> None:
    order: list[str] = []

    async def work(context: JobContext) -> JsonObject | None:
        order.append(context.order.job_id)
        return None

    jobs = [await durable.start(work, queue=EngineQueue.RENDER) for _ in range(5)]
    await durable.ended(*jobs, seconds=30)
    assert sorted(order) == sorted(jobs)
