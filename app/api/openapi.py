"""Makes the API documents: real statuses for named errors, one problem model, security schemes, tags and examples."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from app.accounts.dependencies import API_KEY_SCHEME
from app.accounts.schemas import LoginBody
from app.api.documents import ALIASES, COOKIE, NAME, SERVER, VERSION, ApiDocument, document_of
from app.api.problems import MEDIA_TYPE, PLAIN, STATUS, Problem, type_of
from app.core.errors import AppError, Forbidden, NotSignedIn, StorageFull, TooLarge, Unavailable
from app.core.routing import ALIAS_KEY, ERRORS_KEY
from app.notifications.schemas import EVENT_DATA

Json = dict[str, Any]
MAX_DEPTH = 6
BY_FORMAT: Mapping[str, str] = {
    "uuid": "01933a5c-7e00-7000-8000-000000000001",
    "date-time": "2026-11-21T12:00:00.000Z",
    "date": "2026-11-21",
    "email": "ada@example.com",
    "uri": "https://example.com/hook",
    "password": "correct horse battery staple",
    "binary": "(file)",
}
BY_NAME: Mapping[str, str] = {
    "email": "ada@example.com",
    "username": "ada",
    "password": "correct horse battery staple",
    "current_password": "correct horse battery staple",
    "new_password": "four other random words",
    "name": "The lighthouse",
    "full_name": "Ada Lovelace",
    "story_prompt": "A lighthouse keeper finds a message in a bottle.",
    "prompt": "A lighthouse at dawn, waves below, gulls circling",
    "language": "en",
    "grant_type": "password",
}


def example_of(schema: Json, schemas: Mapping[str, Json]) -> Any:
    """A value that the schema accepts, as far as its rules can be read here."""
    return _Maker(schemas).value(schema, name="", depth=0)


class _Maker:
    """Walks one schema with all the named ones at hand."""

    def __init__(self, schemas: Mapping[str, Json]) -> None:
        self._schemas = schemas

    def value(self, schema: Json, *, name: str, depth: int) -> Any:
        """What the schema shows by itself, else something of its type."""
        schema = self._plain(schema)
        shown = [schema[key] for key in ("example", "default", "const") if schema.get(key) not in (None, "")]
        shown += [schema[key][0] for key in ("examples", "enum") if schema.get(key)]
        if shown:
            return shown[0]
        kind = schema.get("type")
        if kind == "object":
            return self._object(schema, depth) if depth < MAX_DEPTH else {}
        if kind == "array":
            return self._array(schema, name, depth) if depth < MAX_DEPTH else []
        return _simple(kind, schema, name)

    def _plain(self, schema: Json) -> Json:
        """The schema behind references, and of a choice the first that is not null."""
        for _ in range(MAX_DEPTH):
            choices = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
            if "$ref" in schema:
                around = {key: value for key, value in schema.items() if key != "$ref"}
                schema = {**self._schemas.get(schema["$ref"].rpartition("/")[2], {}), **around}
            elif choices and "type" not in schema:
                around = {key: value for key, value in schema.items() if key not in {"anyOf", "oneOf", "allOf"}}
                schema = {**next((choice for choice in choices if choice.get("type") != "null"), {}), **around}
            else:
                break
        return schema

    def _object(self, schema: Json, depth: int) -> Json:
        """Required fields and those whose name says what they hold; the other optional ones are left out."""
        fields: Json = schema.get("properties", {})
        wanted = {*schema.get("required", ()), *BY_NAME}
        return {name: self.value(field, name=name, depth=depth + 1) for name, field in fields.items() if name in wanted}

    def _array(self, schema: Json, name: str, depth: int) -> list[Any]:
        item = self.value(schema.get("items", {}), name=name, depth=depth + 1)
        return [item] * max(int(schema.get("minItems", 0)), 1)


def _simple(kind: str | None, schema: Json, name: str) -> Any:
    if kind in {"integer", "number"}:
        return _number(schema)
    if kind == "string":
        return _text(schema, name)
    return False if kind == "boolean" else None


def _number(schema: Json) -> Any:
    if "minimum" in schema:
        return schema["minimum"]
    if "exclusiveMinimum" in schema:
        return schema["exclusiveMinimum"] + 1
    return min(1, schema.get("maximum", 1))


def _text(schema: Json, name: str) -> str:
    text = BY_NAME.get(name) or BY_FORMAT.get(schema.get("format", ""), name.replace("_", " ") or "text")
    missing = max(int(schema.get("minLength", 0)) - len(text), 0)
    return f"{text}{'.' * missing}"[: int(schema.get("maxLength", 4096))]


METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})
REFERENCE = "#/components/schemas/{model}"
SUMMARY = "From a story, a first picture and a voice sample to a finished, narrated, captioned film."
NAMED_MODELS: tuple[type[BaseModel], ...] = (Problem, LoginBody, *EVENT_DATA.values())
ANY_BYTES = "application/octet-stream"
BINARY: Json = {"type": "string", "format": "binary"}
UNIVERSAL: Mapping[int, tuple[str, str]] = {
    422: PLAIN[422],
    429: PLAIN[429],
    500: PLAIN[500],
    503: (Unavailable.code, Unavailable.message),
}
WITH_BODY: Mapping[int, tuple[str, str]] = {400: PLAIN[400], 413: (TooLarge.code, TooLarge.message)}
WITH_CALLER: Mapping[int, tuple[str, str]] = {
    401: (NotSignedIn.code, NotSignedIn.message),
    403: (Forbidden.code, Forbidden.message),
}
WORDS: Mapping[int, str] = {
    400: "The request cannot be used as it is",
    401: "Nobody is signed in",
    402: "The budget does not allow it",
    403: "Not allowed",
    404: "Not found, or somebody else's",
    409: "The present state forbids it",
    412: "Changed since you read it",
    413: "Too large",
    422: "The request is not valid",
    429: "Too many requests",
    500: "A fault on our side",
    503: "Not available right now",
    507: "No room left",
}
ADVICE: Json = {"Retry-After": {"description": "Seconds to wait", "schema": {"type": "integer"}}}


def api_document(application: FastAPI, document: ApiDocument) -> Json:
    """The OpenAPI 3.1 document of these routes; what an installation says of itself stands in it as a placeholder."""
    routes = [each for each in iter_route_contexts(application.routes) if document_of(_path_of(each)) is document]
    made = get_openapi(
        title=f"{NAME}: {document.title}" if document.title else NAME,
        version=VERSION,
        summary=SUMMARY,
        description=document.description,
        routes=routes,
        servers=[{"url": SERVER}],
        license_info={"name": "MIT", "identifier": "MIT"},
        tags=[{"name": name, "description": said} for name, said in document.tags.items()],
    )
    components = made.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    _add_sign_ins(components)
    known = error_classes()
    for path, operation in _operations(made):
        _complete(path, operation, schemas, known)
        _show_files(operation)
    _mark_aliases(made)
    used = {tag for _, operation in _operations(made) for tag in operation.get("tags", ())}
    _add_models(made, schemas)
    made["tags"] = [tag for tag in made["tags"] if tag["name"] in used]
    for framework_model in ("HTTPValidationError", "ValidationError"):
        schemas.pop(framework_model, None)
    return made


def error_classes() -> dict[str, type[AppError]]:
    """Every named error by its code."""
    found: dict[str, type[AppError]] = {}
    waiting = [AppError]
    while waiting:
        for error in waiting.pop().__subclasses__():
            waiting.append(error)
            if "code" in vars(error):
                found[error.code] = error
    return found


def _path_of(route: Any) -> str:
    return str(getattr(route, "path", ""))


def _mark_aliases(made: Json) -> None:
    """Puts other addresses of an operation into a group of their own, each with the name of the one that is the way."""
    addresses = {
        operation["operationId"]: f"{method.upper()} {path}"
        for path, item in made.get("paths", {}).items()
        for method, operation in item.items()
    }
    for _, operation in _operations(made):
        if original := operation.get(ALIAS_KEY):
            operation["tags"] = [ALIASES]
            operation["description"] = f"The same as `{addresses[original]}`."


def _operations(document: Json) -> Iterator[tuple[str, Json]]:
    for path, item in document.get("paths", {}).items():
        for method, operation in item.items():
            if method in METHODS:
                yield path, operation


def _complete(path: str, operation: Json, schemas: Json, known: Mapping[str, type[AppError]]) -> None:
    responses = operation["responses"]
    named = responses.pop("default", {})
    said: dict[int, dict[str, str]] = {}
    for code in named.get(ERRORS_KEY, ()):
        error = known[code]
        said.setdefault(STATUS[error.kind], {})[code] = error.message
    for status, (code, message) in _expected(path, operation).items():
        said.setdefault(status, {}).setdefault(code, message)
    for status, messages in said.items():
        own = responses.get(str(status))
        if own is None or "HTTPValidationError" in str(own):
            responses[str(status)] = _refused(status, messages)
    operation["responses"] = dict(sorted(responses.items()))
    if operation.get("security"):
        operation["security"] = [{"Password": []}, {API_KEY_SCHEME: []}, {"Session": []}]
    for kind, media in operation.get("requestBody", {}).get("content", {}).items():
        if "example" not in media and "examples" not in media and not kind.startswith("multipart/"):
            media["example"] = example_of(media.get("schema", {}), schemas)


def _show_files(operation: Json) -> None:
    """Gives each file a schema, and the type of any bytes beside its own, which generators of clients know."""
    for answer in operation["responses"].values():
        content = answer.get("content", {})
        if any(not media or media.get("schema") == BINARY for media in content.values()):
            content[ANY_BYTES] = {}
            for media in content.values():
                media.setdefault("schema", BINARY)


def _expected(path: str, operation: Json) -> dict[int, tuple[str, str]]:
    if operation.get("tags") == ["health"]:
        return {422: PLAIN[422], 500: PLAIN[500]}
    expected = dict(UNIVERSAL)
    if "requestBody" in operation:
        expected |= WITH_BODY
        if any(kind.startswith("multipart/") for kind in operation["requestBody"].get("content", {})):
            expected[507] = (StorageFull.code, StorageFull.message)
    if operation.get("security"):
        expected |= WITH_CALLER
    if "{" in path:
        expected[404] = PLAIN[404]
    return expected


def _refused(status: int, messages: Mapping[str, str]) -> Json:
    codes = ", ".join(f"`{code}`" for code in sorted(messages))
    answer: Json = {
        "description": f"{WORDS.get(status, 'Refused')}: {codes}",
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": REFERENCE.format(model="Problem")},
                "examples": {code: {"value": _shown(status, code, said)} for code, said in sorted(messages.items())},
            }
        },
    }
    if status in {429, 503}:
        answer["headers"] = ADVICE
    return answer


def _shown(status: int, code: str, message: str) -> Json:
    return {"type": type_of(code), "status": status, "code": code, "detail": message}


def _add_models(made: Json, schemas: Json) -> None:
    """Adds the models that routes name without the framework's knowledge."""
    text = json.dumps(made)
    models = [model for model in NAMED_MODELS if f'"{REFERENCE.format(model=model.__name__)}"' in text]
    _, found = models_json_schema([(model, "validation") for model in models], ref_template=REFERENCE)
    schemas.update(found.get("$defs", {}))


def _add_sign_ins(components: Json) -> None:
    schemes = components.setdefault("securitySchemes", {})
    schemes["Password"] = {"type": "oauth2", "flows": {"password": {"scopes": {}, "tokenUrl": "/api/v1/auth/token"}}}
    schemes["Session"] = {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": "Set by every sign-in; counts for changes only from this service's own or listed origins.",
    }
