"""The API document tells the truth, and a change of it shows in review."""

import json
import re
from collections.abc import Iterator
from time import perf_counter
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts

from app.api.documents import ALIASES, DOCUMENTS, FOLDER, NATIVE, ApiDocument, document_text
from app.api.openapi import error_classes, example_of
from app.api.problems import STATUS
from app.main import create_app
from tests.conftest import MakeSettings
from tests.contract.api.snapshot import application, document_of
from tests.integration.api.conftest import client_of

Operation = dict[str, Any]
# What these answer with 503 is what they found, in the form of their 200.
FINDINGS = {f"GET /{name}" for name in ("readyz", "livez", "healthz", "health")}
OPERATION_ID = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)+")


@pytest.fixture(scope="module", params=DOCUMENTS, ids=lambda document: document.name)
def document(request: pytest.FixtureRequest) -> ApiDocument:
    found: ApiDocument = request.param
    return found


@pytest.fixture(scope="module")
def api(document: ApiDocument) -> dict[str, Any]:
    return document_of(document)


@pytest.fixture(scope="module")
def native() -> dict[str, Any]:
    return document_of(NATIVE)


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


def test_every_operation_says_what_it_does_and_has_described_tags(document: ApiDocument, api: dict[str, Any]) -> None:
    silent = [name for name, operation in operations(api) if not operation.get("description")]
    tags = {tag for _, operation in operations(api) for tag in operation.get("tags", ["(none)"])}
    assert silent == []
    assert tags - document.tags.keys() == set()
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


def test_native_fields_are_published_in_snake_case(native: dict[str, Any]) -> None:
    camel = [
        f"{name}.{field}"
        for name, schema in native["components"]["schemas"].items()
        for field in schema.get("properties", {})
        if not re.fullmatch(r"[a-z0-9_]+", field)
    ]
    assert camel == []


def test_models_have_names_of_their_own_without_the_places_of_their_modules() -> None:
    shapes: dict[str, set[str]] = {}
    for document in DOCUMENTS:
        for name, schema in document_of(document).get("components", {}).get("schemas", {}).items():
            shapes.setdefault(name, set()).add(json.dumps(schema, sort_keys=True))
    assert [name for name in shapes if "__" in name] == []
    assert [name for name, known in shapes.items() if len(known) > 1] == []


def test_each_document_holds_only_what_belongs_to_it(document: ApiDocument, api: dict[str, Any]) -> None:
    others = [prefix for other in DOCUMENTS if other is not document for prefix in other.prefixes]
    foreign = [path for path in api["paths"] for prefix in others if f"{path}/".startswith(f"{prefix}/")]
    assert api["paths"]
    assert foreign == []
    if document.prefixes:
        assert [path for path in api["paths"] if not path.startswith(document.prefixes)] == []


def test_groups_stand_in_the_order_in_which_a_film_is_made(native: dict[str, Any]) -> None:
    order = [tag["name"] for tag in native["tags"]]
    way = [
        "accounts",
        "projects",
        "media",
        "planning",
        "segments",
        "voices",
        "generation",
        "assembly",
        "jobs",
        "gallery",
    ]
    assert [name for name in order if name in way] == way
    assert order[0] == "accounts"
    assert order[-1] == ALIASES


def test_of_two_addresses_of_one_operation_one_is_marked_as_the_other_name(native: dict[str, Any]) -> None:
    known = {operation["operationId"]: operation for _, operation in operations(native)}
    aliases = {name: operation["x-alias-of"] for name, operation in known.items() if "x-alias-of" in operation}
    assert aliases["users_me"] == "auth_me"
    assert len(aliases) >= 10
    for name, original in aliases.items():
        assert original in known.keys() - aliases.keys(), name
        assert known[name]["tags"] == [ALIASES]
        assert known[name]["description"].startswith("The same as `"), name
    descriptions: dict[str, list[str]] = {}
    for name, operation in known.items():
        if name not in aliases:
            descriptions.setdefault(operation["description"], []).append(name)
    assert [names for names in descriptions.values() if len(names) > 1] == []


def test_events_and_their_payloads_are_told(native: dict[str, Any]) -> None:
    for path in ("/api/v1/events", "/api/v1/jobs/{job_id}/events"):
        stream = native["paths"][path]["get"]["responses"]["200"]
        told = stream["content"]["text/event-stream"]["x-events"]
        assert {"job.queued", "job.progress", "job.succeeded", "job.failed", "job.cancelled"} <= told.keys()
        for name, schema in told.items():
            assert f"`{name}`" in stream["description"]
            payload = native["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
            assert {"event", "job_id", "created_at"} <= payload["properties"].keys()
            assert payload["properties"]["event"]["const"] == name


def test_examples_are_accepted(document: ApiDocument, api: dict[str, Any]) -> None:
    """Each example of a JSON body passes what the route itself checks."""
    bodies = {
        route.operation_id: route.body_field
        for route in iter_route_contexts(application().routes)
        if getattr(route, "body_field", None) is not None
    }
    refused = []
    for _, operation in operations(api):
        media = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        if "example" in media and operation["operationId"] in bodies:
            _, faults = bodies[operation["operationId"]].validate(media["example"], loc=("body",))
            refused += [(operation["operationId"], faults)] if faults else []
    assert refused == []


def test_true_and_false_of_native_json_bodies_are_written_so(native: dict[str, Any]) -> None:
    """0 is no boolean in JSON, although a form may write one so."""
    bodies = {
        route.operation_id: route.body_field
        for route in iter_route_contexts(application().routes)
        if getattr(route, "body_field", None) is not None
    }
    lenient = []
    for _, operation in operations(native):
        media = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        field = bodies.get(operation["operationId"])
        schema = native["components"]["schemas"].get(media.get("schema", {}).get("$ref", "").rpartition("/")[2], {})
        for name, about in schema.get("properties", {}).items():
            if field is not None and "boolean" in str(about):
                _, faults = field.validate({**media["example"], name: 0}, loc=("body",))
                lenient += [] if faults else [(operation["operationId"], name)]
    assert lenient == []


async def test_the_native_document_stands_at_its_addresses_compressed(
    make_settings: MakeSettings, sqlite_url: str
) -> None:
    server = {"app_name": 'Ada\'s "films"', "public_base_url": "https://film.example"}
    app = create_app(make_settings(database={"database_url": sqlite_url}, server=server))
    async with client_of(app, base_url="https://film.example") as client:
        begun = perf_counter()
        first = await client.get("/openapi.json")
        # A generous limit: what it is for is that nothing is built from the routes, which takes seconds.
        assert perf_counter() - begun < 1.5
        others = [await client.get(path) for path in ("/api/v1/openapi.json", "/docs/native/openapi.json")]
        plain = await client.get("/openapi.json", headers={"accept-encoding": "identity"})
        again = await client.get("/openapi.json", headers={"if-none-match": first.headers["etag"]})
        hub = await client.get("/hub/api/v1/openapi.json")
    assert first.headers["content-encoding"] == "gzip"
    assert int(first.headers["content-length"]) < 200_000
    assert "content-encoding" not in plain.headers
    assert all(other.json() == first.json() for other in (*others, plain))
    assert again.status_code == 304
    api = first.json()
    assert api["openapi"].startswith("3.1")
    assert (api["info"]["title"], api["servers"]) == ('Ada\'s "films"', [{"url": "https://film.example"}])
    assert api["components"]["securitySchemes"]["Session"]["name"].startswith("__Host-")
    assert not re.search(r"@(app_name|version|server|cookie)@", plain.text)
    assert {path.split("/")[1] for path in hub.json()["paths"]} == {"hub"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
async def test_each_document_has_a_page(make_settings: MakeSettings, sqlite_url: str, document: ApiDocument) -> None:
    async with client_of(create_app(make_settings(database={"database_url": sqlite_url}))) as client:
        for page in document.pages:
            assert (await client.get(page)).headers["content-type"].startswith("text/html")
        for path in document.paths:
            assert (await client.get(path)).status_code == 200


def test_the_documents_have_not_changed_unseen(document: ApiDocument, api: dict[str, Any]) -> None:
    kept = (FOLDER / f"{document.name}.json").read_text()
    wanted = json.loads(kept)
    changed = sorted(
        path
        for path in api["paths"].keys() | wanted["paths"].keys()
        if api["paths"].get(path) != wanted["paths"].get(path)
    )
    advice = "review the change, then write it down: python -m tests.contract.api.snapshot"
    assert document_text(api) == kept, f"{changed or 'components'}: {advice}"


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
