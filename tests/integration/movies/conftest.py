"""Movies of two short chapters, made by scripted vendors."""

import asyncio
from typing import Any

import pytest

from tests.scripted_house import (
    House,
    Json,
    app,
    camera,
    house,
    kit,
    painter,
    planner,
    settings,
    speaker,
    vendor,
)

__all__ = ["app", "camera", "house", "kit", "painter", "planner", "settings", "speaker", "vendor"]

CHAPTERS = [
    {"title": "Dawn", "prompt": "A fox finds a lantern in the forest.", "duration": 6},
    {"title": "Dusk", "prompt": "The fox carries the lantern home.", "duration": 6},
]
WISH: Json = {"title": "The lantern", "language": "en", "chapters": CHAPTERS}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """These rules do not depend on the database; one test runs on both."""
    return sqlite_url


async def ended(house: House, movie: Json) -> Json:
    """The movie once its job has ended."""
    async with asyncio.timeout(90):
        while True:
            found: Json = await house.get(f"/movies/{movie['id']}")
            if found["status"] not in {"created", "pending", "processing"}:
                return found
            await asyncio.sleep(0.1)


async def made(house: House, **wish: Any) -> Json:
    """A movie that was produced without asking."""
    movie = await house.post("/movies", WISH | wish)
    await house.post(f"/movies/{movie['id']}/produce")
    return await ended(house, movie)
