"""A worker without work leaves the databases alone."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, event

from app.resources import Resources
from app.worker import background

SETTLED_SECONDS, WATCHED_SECONDS = 5.0, 6.0
MOST_A_SECOND = 6.0


@pytest.fixture
def asked() -> Iterator[list[str]]:
    """Every statement that any engine of this process runs from now on."""
    said: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield said
    event.remove(Engine, "before_cursor_execute", note)


async def test_an_idle_worker_asks_seldom(resources: Resources, asked: list[str]) -> None:
    async with background(resources, with_worker=True, handlers=lambda _resources, _prune: ()):
        await asyncio.sleep(SETTLED_SECONDS)
        asked.clear()
        await asyncio.sleep(WATCHED_SECONDS)
        assert len(asked) < MOST_A_SECOND * WATCHED_SECONDS, asked
