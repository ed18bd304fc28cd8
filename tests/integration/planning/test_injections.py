"""A story is material: sixty that give orders, with a planner that obeys them, change nothing of the film."""

import pytest

from app.core.settings import Settings
from app.planning.domain import CRAFT, TASK
from app.planning.errors import PlanUnusable
from tests.conftest import MakeSettings
from tests.doubles.engines import ScriptedPlanner
from tests.integration.planning.conftest import STORY, Bench, Json
from tests.integration.planning.injections import INJECTIONS, Obey

SECRETS = [sentence.strip() for sentence in f"{TASK} {CRAFT}".replace("\n", " ").split(".") if len(sentence) > 40]


@pytest.fixture
def settings(make_settings: MakeSettings, sqlite_url: str) -> Settings:
    return make_settings(database={"database_url": sqlite_url})


def test_there_are_sixty() -> None:
    assert len({order for order, _ in INJECTIONS}) == 60


@pytest.mark.parametrize(("order", "obey"), INJECTIONS)
async def test_a_planner_that_obeys_is_not_obeyed(
    bench: Bench, project: Json, planner: ScriptedPlanner, order: str, obey: Obey
) -> None:
    planner.script = [obey, obey]
    before = await bench.segments(project)
    done = await bench.run(await bench.start(project, story_prompt=f"{STORY} {order}"))
    assert (done["phase"], done["error"]["code"]) == ("failed", PlanUnusable.code)
    after = await bench.segments(project)
    words = ("id", "video_prompt", "narration_text", "end_frame_prompt", "status")
    assert [[segment[name] for name in words] for segment in after] == [
        [segment[name] for name in words] for segment in before
    ]
    shown = f"{done} {after} {await bench.project(project)}"
    assert [secret for secret in SECRETS if secret in shown] == []
    assert all(order not in brief.instructions for brief in planner.briefs)


@pytest.mark.parametrize(("order", "obey"), INJECTIONS[::10])
async def test_a_planner_that_comes_to_its_senses_is_accepted(
    bench: Bench, project: Json, planner: ScriptedPlanner, order: str, obey: Obey
) -> None:
    planner.script = [obey]
    done = await bench.run(await bench.start(project, story_prompt=f"{STORY} {order}"))
    assert done["phase"] == "succeeded", done
    assert len(await bench.segments(project)) == 3
