"""What a GET asks of the database: each statement and each transaction costs more than all the rest of a reply."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest
from sqlalchemy import event

from app.resources import Resources
from tests.integration.projects.conftest import MakeProject
from tests.integration.projects.test_uploads import picture

PROJECTS = "/api/v1/projects"

pytestmark = pytest.mark.flow


@contextmanager
def told(resources: Resources) -> Iterator[list[str]]:
    """The statements of readers, and a word for each transaction."""
    engine = resources.database.reader.sync_engine
    heard: list[str] = []

    def statement(_connection: Any, _cursor: Any, sql: str, *_: Any) -> None:
        if not sql.startswith("BEGIN"):
            heard.append(sql.split(maxsplit=1)[0])

    def transaction(_connection: Any) -> None:
        heard.append("transaction")

    event.listen(engine, "before_cursor_execute", statement)
    event.listen(engine, "begin", transaction)
    try:
        yield heard
    finally:
        event.remove(engine, "before_cursor_execute", statement)
        event.remove(engine, "begin", transaction)


async def test_a_project_is_read_in_one_transaction_after_that_of_its_caller(
    alice: httpx2.AsyncClient, make_project: MakeProject, app_resources: Resources
) -> None:
    project = await make_project()
    (await alice.post(f"{PROJECTS}/{project['id']}/first-frame", files=picture())).raise_for_status()
    with told(app_resources) as heard:
        reply = await alice.get(f"{PROJECTS}/{project['id']}")
    assert reply.json()["first_frame_url"]
    # The caller; the project with its first frame, its segments, its files.
    assert heard == ["transaction", "SELECT", "transaction", "SELECT", "SELECT", "SELECT"]


async def test_a_list_is_read_in_as_few_statements_whatever_its_length(
    alice: httpx2.AsyncClient, make_project: MakeProject, app_resources: Resources
) -> None:
    for _ in range(3):
        project = await make_project()
        (await alice.post(f"{PROJECTS}/{project['id']}/first-frame", files=picture())).raise_for_status()
    with told(app_resources) as heard:
        reply = await alice.get(PROJECTS)
    assert len(reply.json()["projects"]) == 3
    # The caller; the page, its total, the segments, the first frames, the files.
    assert heard == ["transaction", "SELECT", "transaction", *["SELECT"] * 5]
