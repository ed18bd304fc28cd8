"""The API document tells the truth, and a change of it shows in review."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts

from app.api.examples import example_of
from app.api.openapi import TAGS, error_classes
from app.api.problems import STATUS
from app.main import create_app
from tests.conftest import MakeSettings
from tests.contract.api.snapshot import SNAPSHOT, document, rendered
from tests.integration.api.conftest import client_of

Operation = dict[str, Any]
# What these answer with 503 is what they found, in the form of their 200.
FINDINGS = {f"GET /{name}" for name in ("readyz", "livez", "healthz", "health")}
OPERATION_ID = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)+")


@pytest.fixture(scope="module")
def api() -> dict[str, Any]:
    return document()


def operations(api: dict[str, Any]) -> Iterator[tuple[str, Operation]]:
    for path, item in api["paths"].items():
        for method, operation in item.items():
            yield f"{method.upper()} {path}", operation


def test_every_route_names_its_operation_itself(make_settings: MakeSettings) -> None:
    routes = [r for r in iter_route_contexts(create_app(make_settings()).routes) if getattr(r, "include_in_schema", 0)]
    assert routes
    assert [route.path for route in routes if not getattr(route, "operation_id", None)] == []


def test_operation_ids_are_unique_and_snake_case(api: dict[str, Any]) -> None:
    ids = [operation["operationId"] for _, operation in operations(api)]
    assert sorted(set(ids)) == sorted(ids)
    assert [name for name in ids if not OPERATION_ID.fullmatch(name)] == []


def test_every_operation_says_what_it_does_and_has_described_tags(api: dict[str, Any]) -> None:
    silent = [name for name, operation in operations(api) if not operation.get("description")]
    tags = {tag for _, operation in operations(api) for tag in operation.get("tags", ["(none)"])}
    assert silent == []
    assert tags - TAGS.keys() == set()
    assert {tag["name"] for tag in api["tags"]} == tags


def test_every_refusal_is_documented_as_a_problem(api: dict[str, Any]) -> None:
    for name, operation in operations(api):
        assert {"422", "500"} <= operation["responses"].keys(), name
        assert "default" not in operation["responses"], name
        for status, answer in operation["responses"].items():
            if int(status) >= 400 and name not in FINDINGS:
                assert "application/problem+json" in answer["content"], (name, status)
    assert "x-errors" not in json.dumps(api)
    assert "HTTPValidationError" not in json.dumps(api)


def test_documented_codes_stand_at_their_status(api: dict[str, Any]) -> None:
    known = error_classes()
    for name, operation in operations(api):
        for status, answer in operation["responses"].items():
            shown = answer.get("content", {}).get("application/problem+json", {}).get("examples", {})
            for code in shown.keys() & known.keys():
                assert STATUS[known[code].kind] == int(status), (name, code)


def test_operations_behind_a_sign_in_say_so(api: dict[str, Any]) -> None:
    schemes = api["components"]["securitySchemes"]
    assert schemes["Session"]["in"] == "cookie"
    for name, operation in operations(api):
        if operation.get("security"):
            assert {"401", "403"} <= operation["responses"].keys(), name
            assert {scheme for entry in operation["security"] for scheme in entry} <= schemes.keys()


def test_every_body_shows_an_example(api: dict[str, Any]) -> None:
    for name, operation in operations(api):
        for kind, media in operation.get("requestBody", {}).get("content", {}).items():
            assert kind.startswith("multipart/") or "example" in media or "examples" in media, name
            assert {"400", "413"} <= operation["responses"].keys(), name


def test_every_reference_leads_somewhere(api: dict[str, Any]) -> None:
    for reference in re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(api)):
        place: Any = api
        for part in reference.split("/"):
            assert part in place, reference
            place = place[part]


async def test_the_document_is_the_same_at_its_three_addresses(make_settings: MakeSettings, sqlite_url: str) -> None:
    async with client_of(create_app(make_settings(database={"database_url": sqlite_url}))) as client:
        answers = [
            await client.get(path) for path in ("/openapi.json", "/api/v1/openapi.json", "/hub/api/v1/openapi.json")
        ]
    assert {answer.status_code for answer in answers} == {200}
    assert answers[0].json() == answers[1].json() == answers[2].json()
    assert answers[0].json()["openapi"].startswith("3.1")


def test_the_document_has_not_changed_unseen(api: dict[str, Any]) -> None:
    wanted = json.loads(SNAPSHOT.read_text())
    changed = sorted(
        path
        for path in api["paths"].keys() | wanted["paths"].keys()
        if api["paths"].get(path) != wanted["paths"].get(path)
    )
    advice = "review the change, then write it down: python -m tests.contract.api.snapshot"
    assert rendered(api) == SNAPSHOT.read_text(), f"{changed or 'components'}: {advice}"


@pytest.mark.parametrize(
    ("schema", "example"),
    [
        ({"type": "integer", "minimum": 6}, 6),
        ({"type": "number", "exclusiveMinimum": 0}, 1),
        ({"type": "integer", "maximum": 0}, 0),
        ({"type": "string", "minLength": 8}, "text...."),
        ({"type": "string", "maxLength": 2}, "te"),
        ({"enum": ["768P", "1080P"], "type": "string"}, "768P"),
        ({"anyOf": [{"type": "null"}, {"$ref": "#/components/schemas/A"}]}, {"email": "ada@example.com"}),
        ({"type": "array", "minItems": 2, "items": {"type": "boolean"}}, [False, False]),
        ({"type": "string", "examples": ["shown"]}, "shown"),
    ],
)
def test_examples_keep_the_rules_of_their_schema(schema: dict[str, Any], example: Any) -> None:
    named = {"type": "object", "properties": {"email": {"type": "string"}, "x": {"type": "integer"}}, "required": []}
    assert example_of(schema, {"A": named}) == example
