"""A request proves its account once, whatever part of the service asks first."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
from fastapi import FastAPI
from sqlalchemy import event

from app.core.database import DatabaseDown

PROJECTS = "/api/v1/projects"
WISH = {"name": "The lighthouse", "story_prompt": "A keeper waits.", "target_duration_sec": 6}
SESSIONS = "refresh_families"


class Proofs:
    """Counts the looks at sessions, and breaks the first of them where asked."""

    def __init__(self, *, breaks_first: bool = False) -> None:
        self.count = 0
        self._breaks_first = breaks_first

    def note(self, *facts: object) -> None:
        if SESSIONS in str(facts[2]):
            self.count += 1
            if self._breaks_first and self.count == 1:
                raise DatabaseDown


@contextmanager
def watched(app: FastAPI, proofs: Proofs) -> Iterator[None]:
    engine = app.state.resources.database.reader.sync_engine
    event.listen(engine, "before_cursor_execute", proofs.note)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", proofs.note)


async def test_a_request_with_a_body_looks_its_caller_up_once(app: FastAPI, alice: httpx2.AsyncClient) -> None:
    proofs = Proofs()
    with watched(app, proofs):
        answer = await alice.post(PROJECTS, json=WISH)
    assert (answer.status_code, proofs.count) == (201, 1)


async def test_a_body_is_not_lost_when_the_database_is_back_at_the_second_look(
    app: FastAPI, alice: httpx2.AsyncClient
) -> None:
    with watched(app, Proofs(breaks_first=True)):
        answer = await alice.post(PROJECTS, json=WISH)
    assert answer.status_code == 503, answer.text
    assert "retry-after" in answer.headers
