"""The API document: real statuses for named errors, one problem model, security schemes, tags and examples."""

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.accounts.dependencies import API_KEY_SCHEME, session_cookie_name
from app.api.examples import example_of
from app.api.problems import MEDIA_TYPE, PLAIN, STATUS, Problem
from app.api.version import product_version
from app.core.errors import AppError, Forbidden, NotSignedIn, StorageFull, TooLarge, Unavailable
from app.core.responses import ERRORS_KEY
from app.core.settings import Settings

__all__ = ["DOCUMENT_PATHS", "TAGS", "api_document", "error_classes"]

Json = dict[str, Any]
DOCUMENT_PATHS = ("/openapi.json", "/api/v1/openapi.json", "/hub/api/v1/openapi.json")
METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})
REFERENCE = "#/components/schemas/{model}"
SUMMARY = "From a story, a first picture and a voice sample to a finished, narrated, captioned film."
DESCRIPTION = """\
Every path answers with and without a trailing slash. Bodies are JSON in snake_case; input reads camelCase too.
Times are RFC 3339 in UTC, ids are UUIDv7 strings.

**Signing in.** `POST /api/v1/auth/token` gives an access token; an API key (`avc_…`) is sent the same way, as Bearer.

**Slow work** is a job: `Prefer: wait=N` waits for it, `Prefer: respond-async` answers with the job at once.

**Refusals** are `application/problem+json` with a stable `code`, and carry the `error` member that OpenAI SDKs read.

**Rate limits** are told in `RateLimit-Policy` and `RateLimit`; a 429 says in `Retry-After` when to come back.
"""
TAGS: Mapping[str, str] = {
    "health": "Whether the service runs and what version it is; open to everybody, never limited.",
    "studio": "The front page and which engines are live.",
    "accounts": "Register, sign in, profile, password, avatar.",
    "avatar": "A small square picture of an account.",
    "api-keys": "Keys for programs: shown once, scoped, revocable.",
    "projects": "Films on their way: create, edit, copy, delete.",
    "segments": "The numbered parts of a film: words, approval, order.",
    "media": "Signed links to files; the proof stands in the path.",
    "uploads": "Direct upload of a file in two steps.",
    "assets": "Every stored file of an account.",
    "gallery": "Finished films.",
    "planning": "From a story to a plan.",
    "generation": "Clips, narration and key frames.",
    "wizard": "The staged pipeline: content, script, pictures, voices, film, music and captions, one call each.",
    "voices": "Voices, cloned with consent or from the providers.",
    "assembly": "From accepted clips to the film.",
    "production": "The whole way as one job.",
    "videos": "One prompt, one video.",
    "openai": "The same videos as the OpenAI SDKs speak of them; a request that is not valid is refused with 400.",
    "movies": "Films of several chapters.",
    "moderation": "What may not be made: prompts looked at beforehand, verdicts that people review.",
    "jobs": "Work that takes time: progress, cost, cancel, retry.",
    "events": "Progress as server-sent events.",
    "webhooks": "Signed notices to your own address.",
    "usage": "What was spent, and the caps on spending.",
    "providers": "Engines, what they can do and what they cost.",
    "content": "Judging text before anything is paid for.",
    "callbacks": "Notices of providers to us.",
    "provider-keys": "Your own keys of vendors: sealed, never shown again, used for your work only.",
    "archives": "A whole project as one file, out and in again.",
    "one-shot": "The face of the one-shot video client: videos, pictures, music and settings.",
    "slideshow studio": "The face of the slideshow studio: script, voice, pictures and a film of them.",
    "hub": "The face of the film-studio client: a title and a script become a film.",
    "spa": "The face of the creator SPA, in its camelCase and with its statuses.",
    "admin": "What only administrators may do.",
}
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


def api_document(application: FastAPI, settings: Settings) -> Json:
    """The OpenAPI 3.1 document of every route of this application."""
    document = get_openapi(
        title=settings.server.app_name,
        version=product_version(),
        summary=SUMMARY,
        description=DESCRIPTION,
        routes=application.routes,
        servers=[{"url": settings.server.public_base_url or "/"}],
        license_info={"name": "MIT", "identifier": "MIT"},
        tags=[{"name": name, "description": said} for name, said in TAGS.items()],
    )
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    _add_problem(schemas)
    _add_sign_ins(components, is_secure=settings.server.public_base_url.startswith("https://"))
    used = set()
    for path, operation in _operations(document):
        _complete(path, operation, schemas)
        used.update(operation.get("tags", ()))
    document["tags"] = [tag for tag in document["tags"] if tag["name"] in used]
    for framework_model in ("HTTPValidationError", "ValidationError"):
        schemas.pop(framework_model, None)
    return document


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


def _operations(document: Json) -> Iterator[tuple[str, Json]]:
    for path, item in document.get("paths", {}).items():
        for method, operation in item.items():
            if method in METHODS:
                yield path, operation


def _complete(path: str, operation: Json, schemas: Json) -> None:
    responses = operation["responses"]
    named = responses.pop("default", {})
    said: dict[int, dict[str, str]] = {}
    for code in named.get(ERRORS_KEY, ()):
        error = error_classes()[code]
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
    return {"type": "about:blank", "status": status, "code": code, "detail": message}


def _add_problem(schemas: Json) -> None:
    model = Problem.model_json_schema(ref_template=REFERENCE)
    schemas.update(model.pop("$defs", {}))
    schemas["Problem"] = model


def _add_sign_ins(components: Json, *, is_secure: bool) -> None:
    schemes = components.setdefault("securitySchemes", {})
    schemes["Password"] = {"type": "oauth2", "flows": {"password": {"scopes": {}, "tokenUrl": "/api/v1/auth/token"}}}
    schemes["Session"] = {
        "type": "apiKey",
        "in": "cookie",
        "name": session_cookie_name(is_secure=is_secure),
        "description": "Set by every sign-in; counts for changes only from this service's own or listed origins.",
    }
