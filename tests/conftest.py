"""Fixtures: databases of both kinds, settings, resources, the application and its client; and how tests are run."""

import gc
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Protocol

import httpx2
import pytest
import structlog
from fastapi import FastAPI
from hypothesis import settings as examples

from app.core.clock import SystemClock
from app.core.settings import Settings
from app.main import create_app
from app.resources import Resources, open_resources
from tests import databases, worker_memory
from tests.reminders import reminders

# Tests of other things than limits hurry; tests of limits set their own.
LIMITS = ("rate_limit_reads", "rate_limit_jobs", "rate_limit_login")
SECRET = "test-secret-0123456789-abcdefghijklmnopqrstuvwxyz"

# Other tests share the processors, so that an example's time says nothing about the code.
examples.register_profile("shared_machine", deadline=None)
examples.load_profile("shared_machine")

# A tenth of the tests' time goes into garbage collection at the usual thresholds.
gc.set_threshold(10_000, 20, 50)

for group in Settings.groups().values():
    for names in group.variables().values():
        for name in names:
            os.environ.pop(name, None)


worker_memory.give_back_large_blocks()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--every-database", action="store_true", help="run the tests of flows on Postgres as well")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves flows to SQLite unless asked otherwise, and puts first what may take longest, so that nobody waits for it.

    The other tests of the slices of flows try the SQL on both databases.
    """
    left = [] if config.getoption("--every-database") else [item for item in items if _is_second_run(item)]
    config.hook.pytest_deselected(items=left)
    skipped = set(left)
    items[:] = sorted((item for item in items if item not in skipped), key=_longest_seconds, reverse=True)


def _is_second_run(item: pytest.Item) -> bool:
    called = getattr(item, "callspec", None)
    is_on_postgres = called is not None and called.params.get("database_url") == "postgres"
    return is_on_postgres and item.get_closest_marker("flow") is not None


def pytest_collection_finish() -> None:
    """Takes the loaded modules out of every later garbage collection.

    Once only: what lives between two tests is mostly the application of the last one, and frozen it would stay.
    """
    gc.collect()
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_runtest_logfinish() -> None:
    worker_memory.collect_garbage()


def pytest_sessionfinish(session: pytest.Session) -> None:
    worker_memory.note_own(session.config)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    worker_memory.note_worker(node)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    worker_memory.report(terminalreporter)
    for reminder in reminders(SystemClock().now().date()):
        terminalreporter.write_line(f"reminder: {reminder}")


def _longest_seconds(item: pytest.Item) -> float:
    """What a test's own limit of time allows; most have none."""
    limit = item.get_closest_marker("timeout")
    return float(limit.args[0]) if limit is not None else 0.0


class MakeSettings(Protocol):
    def __call__(self, **overrides: dict[str, Any]) -> Settings: ...


@pytest.fixture(autouse=True)
def plain_logs() -> Iterator[None]:
    """Gives the logs back as they were: an application that a test starts sends them elsewhere."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return databases.sqlite_template(tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Socket folder of a real Postgres."""
    with databases.postgres_server() as folder:
        yield folder


@pytest.fixture(scope="session")
def postgres_databases(postgres_server: str) -> databases.PostgresDatabases:
    return databases.PostgresDatabases(postgres_server)


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated SQLite database of this test's own."""
    return databases.sqlite_copy(sqlite_template, tmp_path)


@pytest.fixture
def postgres_database_url(postgres_databases: databases.PostgresDatabases) -> Iterator[str]:
    """A migrated Postgres database of this test's own."""
    with postgres_databases.lent() as url:
        yield url


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
