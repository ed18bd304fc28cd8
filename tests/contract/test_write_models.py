"""Every model that a request is read into, and what becomes of control characters in its texts."""

import types
import typing
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import BaseModel, TypeAdapter

from app.core.schema import CleanText, Reply
from app.main import create_app
from app.mcp import shapes
from app.production.archive.manifest import Manifest

# C0 and C1, a line end of another system, a change of direction, and what must stay.
SENT = "A\x07 fox\x1b\x85\x9b\x7f \u202eback\r\n\tand on"
TEXT = "A fox \u202eback\n\tand on"
TITLE = "A fox \u202eback and on"


def inner(kind: Any) -> Iterator[Any]:
    """The classes and types that an annotation names."""
    if isinstance(kind, type) and not isinstance(kind, types.GenericAlias):
        yield kind
    for part in typing.get_args(kind):
        yield from inner(part)


def reached(kind: Any, known: set[type[BaseModel]]) -> None:
    """Adds the models of an annotation, and those of their fields."""
    for found in inner(kind):
        if issubclass(found, BaseModel) and found not in known:
            known.add(found)
            for field in found.model_fields.values():
                reached(field.annotation, known)


def body_parts(app: FastAPI) -> Iterator[tuple[str, Any]]:
    """What each operation reads from its body: a name and a field of it."""
    for context in iter_route_contexts(app.routes):
        if isinstance(context.original_route, APIRoute):
            waiting = [context.dependant]
            while waiting:
                dependant = waiting.pop()
                waiting += dependant.dependencies
                yield from ((f"{context.path} {field.name}", field) for field in dependant.body_params)


@pytest.fixture(scope="module")
def parts() -> list[tuple[str, Any]]:
    return list(body_parts(create_app()))


def test_every_model_of_a_request_cleans_its_texts(parts: list[tuple[str, Any]]) -> None:
    known: set[type[BaseModel]] = set()
    for _, field in parts:
        reached(field.field_info.annotation, known)
    reached(Manifest, known)
    for shape in vars(shapes).values():
        is_own = isinstance(shape, type) and issubclass(shape, BaseModel) and shape.__module__ == shapes.__name__
        if is_own and not issubclass(shape, Reply):
            reached(shape, known)
    assert len(known) > 70
    assert {kind.__qualname__ for kind in known if not issubclass(kind, CleanText)} == set()


def test_every_text_of_a_form_without_a_model_is_cleaned(parts: list[tuple[str, Any]]) -> None:
    unclean = []
    for name, field in parts:
        kinds = set(inner(field.field_info.annotation))
        if str in kinds and not any(issubclass(kind, BaseModel) for kind in kinds):
            info = field.field_info
            kept = TypeAdapter(typing.Annotated[(info.annotation, *info.metadata)]).validate_python(SENT)
            if kept not in {TEXT, TITLE}:
                unclean.append((name, kept))
    assert unclean == []


def test_titles_are_one_line_and_texts_keep_their_lines() -> None:
    class Wish(CleanText):
        title: str
        story: str
        password: str
        scenes: list[dict[str, str]]

    wish = Wish(title=SENT, story=SENT, password=SENT, scenes=[{"name": SENT, "text": SENT}])
    assert (wish.title, wish.story, wish.password) == (TITLE, TEXT, SENT)
    assert wish.scenes == [{"name": TITLE, "text": TEXT}]


@pytest.mark.parametrize(
    ("path", "title", "text"),
    [
        ("/api/v1/projects", "name", "story_prompt"),
        ("/spa/api/v1/projects", "name", "storyPrompt"),
        ("/hub/api/v1/projects", "title", "script"),
        ("/studio-api/projects", "title", "description"),
    ],
)
async def test_no_door_keeps_them(alice: httpx2.AsyncClient, path: str, title: str, text: str) -> None:
    made = await alice.post(path, json={title: SENT, text: SENT})
    assert made.is_success, made.text
    said = made.json()
    assert (said.get("project") or said)[title] == TITLE
    assert TEXT in (said.get("project") or said).values()
