"""An application whose judge answers by a script."""

from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI

from app.core.settings import Settings
from app.main import create_app
from app.moderation.service import ModerationService
from app.resources import Outside, Resources
from tests.doubles.engines import ScriptedJudge, ScriptedKit


@pytest.fixture
def kit() -> ScriptedKit:
    return ScriptedKit()


@pytest.fixture
def judge(kit: ScriptedKit) -> ScriptedJudge:
    return kit.moderation


@pytest.fixture
async def app(settings: Settings, kit: ScriptedKit) -> AsyncIterator[FastAPI]:
    application = create_app(settings, outside=Outside(bundles={"local": kit}))
    async with application.router.lifespan_context(application):
        yield application


@pytest.fixture
def moderation(app: FastAPI) -> ModerationService:
    resources: Resources = app.state.resources
    return ModerationService(resources)
