"""A workshop whose painter follows a script; jobs run where a test lets them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from fastapi import FastAPI

from app.core.settings import Settings
from app.jobs.runner import JobRunner
from app.jobs.settlement import JobRuntime
from app.main import create_app
from app.pieces.domain import PieceView
from app.pieces.jobs import ComposeMusic, DrawPicture
from app.pieces.service import PieceFacade
from app.resources import Outside, Resources
from app.usage.ledger import LedgerBudget
from tests import factories
from tests.doubles.context import RememberingContext
from tests.doubles.engines import ScriptedKit
from tests.doubles.visuals import VisualKit
from tests.studio import AliveFence


@dataclass
class Bench:
    """One owner's pieces and one process's worth of jobs."""

    resources: Resources
    kit: VisualKit
    temp_dir: PieceFacade
    memory: dict[str, dict[str, Any]] = field(default_factory=dict)

    async def run(self, piece: PieceView, **crash: str) -> PieceView:
        context = RememberingContext(piece.job.id, self.memory.setdefault(piece.job.id, {}), **crash)
        await JobRunner(self.resources, self.resources.provided(JobRuntime))(piece.job.id, context)
        return await self.temp_dir.owned(piece.id, piece.kind)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def kit() -> VisualKit:
    return VisualKit()


@pytest.fixture
def people_kit() -> ScriptedKit:
    return ScriptedKit()


@pytest.fixture
async def app(settings: Settings, kit: VisualKit, people_kit: ScriptedKit) -> AsyncIterator[FastAPI]:
    application = create_app(settings, outside=Outside(bundles={"local": people_kit, "minimax": kit}))
    async with application.router.lifespan_context(application):
        yield application


@pytest.fixture
async def bench(app: FastAPI, kit: VisualKit) -> Bench:
    resources: Resources = app.state.resources
    handlers = [DrawPicture(), ComposeMusic()]
    resources.provide(JobRuntime(resources, handlers, LedgerBudget(resources), AliveFence()))
    return Bench(resources, kit, PieceFacade(resources, await factories.user(resources)))
