"""What a worker process of the kill harness does: the service's own background, on watched parts."""

import asyncio
import logging
import signal
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from app.core.settings import Settings
from app.resources import open_resources
from app.worker import background
from tests.faults.buying import Buy, BuyNaively, VendorClient
from tests.faults.parts import WatchedDatabase, WatchedParts
from tests.faults.points import Points

__all__ = ["WorkOrder", "quiet", "settings_for", "work"]

SECRET = "faults-secret-0123456789-abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class WorkOrder:
    """What a worker process is told at its birth."""

    database_url: str
    vendor_address: str
    storage: str
    naive: bool = False
    ttl_seconds: float = 3.0
    grace_seconds: float = 0.8
    signal_at: str | None = None
    signal_number: int = signal.SIGKILL


def settings_for(database_url: str, storage: str) -> Settings:
    """Settings that read neither the environment nor a file."""
    values = {
        "security": {"secret_key": SECRET},
        "storage": {"storage_path": Path(storage), "storage_reserve_mb": 0},
        "database": {"database_url": database_url},
        "work": {"max_jobs_per_user": 10_000, "max_queue_size": 10_000},
    }
    return Settings(**{n: kind(_env_file=None, **values.get(n, {})) for n, kind in Settings.groups().items()})


async def work(order: WorkOrder, say: Callable[..., None]) -> None:
    """Works until SIGTERM."""
    points = Points(order.signal_at, signal.Signals(order.signal_number))
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    vendor = VendorClient(order.vendor_address, points)
    buyer = BuyNaively if order.naive else Buy
    async with open_resources(settings_for(order.database_url, order.storage)) as opened:
        resources = replace(opened, database=WatchedDatabase(opened.database, points))
        parts = WatchedParts(points, order.ttl_seconds)
        handlers = (buyer(vendor, points, order.grace_seconds),)
        async with background(resources, with_worker=True, handlers=lambda _resources, _prune: handlers, parts=parts):
            say("ready", executor=parts.executor)
            await stop.wait()
    await vendor.close()


def quiet() -> None:
    """Keeps the logs of hundreds of worker lives out of the report."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.CRITICAL)
