"""Which API documents there are: that of the native API, and one for each face."""

import gzip
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from app.accounts.dependencies import session_cookie_name
from app.api.version import product_version
from app.core.settings import Settings

ALIASES = "aliases"
HOUSE_RULES = """\
Every path answers with and without a trailing slash. Times are RFC 3339 in UTC.

**Refusals** are `application/problem+json` with a stable `code`; `type` leads to [the list of all codes](/docs/errors).

**Rate limits** are told in `RateLimit-Policy` and `RateLimit`; a 429 says in `Retry-After` when to come back.
"""
# Its block is run by a test, exactly as it stands here.
START = """\
# From nothing to a film in five calls

```bash
API=http://localhost:8000/api/v1
JSON="Content-Type: application/json"
field() { python3 -c "import json, sys; print(json.load(sys.stdin)['$1'])"; }

# 1. An account
curl -fsS "$API/auth/register" -H "$JSON" -d '{"email": "ada@example.com", "password": "correct horse battery staple"}'
# 2. A token
TOKEN=$(curl -fsS "$API/auth/login" -H "$JSON" \\
  -d '{"email": "ada@example.com", "password": "correct horse battery staple"}' | field access_token)
# 3. A story
STORY='{"name": "The lighthouse", "story_prompt": "A ship in a storm.", "target_duration_sec": 6, "language": "en"}'
PROJECT=$(curl -fsS "$API/projects" -H "Authorization: Bearer $TOKEN" -H "$JSON" -d "$STORY" | field id)
# 4. All the work; 202 says that it goes on, and the same call waits for it again
STATUS=202
while [ "$STATUS" = 202 ]; do
  STATUS=$(curl -fsS "$API/projects/$PROJECT/produce" -H "Authorization: Bearer $TOKEN" -H "$JSON" \\
    -H "Prefer: wait=60" -d '{"auto_approve": true}' -o produced.json -w '%{http_code}')
done
# 5. The film
curl -fsS "$API/projects/$PROJECT/film" -H "Authorization: Bearer $TOKEN" -o film.mp4
```

Without a key of any vendor the built-in engines make the film on this machine. To decide about more than the story, go
through the groups below in their order: upload a first picture, plan, edit and approve the segments, choose a voice,
generate, look at the takes, finalize.

# Rules

Bodies are JSON in snake_case; input reads camelCase too. Ids are UUIDv7 strings.

**Signing in.** `POST /api/v1/auth/login` gives an access token; an API key (`avc_…`) is sent the same way, as Bearer.

**Slow work** is a job: `Prefer: wait=N` waits for it, `Prefer: respond-async` answers with the job at once.

**Refusals** also carry the `error` member that OpenAI SDKs read.

"""
NATIVE_TAGS: Mapping[str, str] = {
    "accounts": "Register, sign in, profile, password.",
    "projects": "Films on their way: create, edit, copy, delete.",
    "media": "The first picture and the sound of a film, and signed links to files; the proof stands in the path.",
    "uploads": "Direct upload of a file in two steps.",
    "planning": "From a story to a plan.",
    "segments": "The numbered parts of a film: words, approval, order.",
    "voices": "Voices, cloned with consent or from the providers.",
    "generation": "Clips, narration and key frames.",
    "assembly": "From accepted clips to the film.",
    "production": "The whole way as one job.",
    "jobs": "Work that takes time: progress, cost, cancel, retry.",
    "events": "Progress as server-sent events.",
    "gallery": "Finished films.",
    "assets": "Every stored file of an account.",
    "videos": "One prompt, one video.",
    "movies": "Films of several chapters.",
    "archives": "A whole project as one file, out and in again.",
    "avatar": "A small square picture of an account.",
    "api-keys": "Keys for programs: shown once, scoped, revocable.",
    "provider-keys": "Your own keys of vendors: sealed, never shown again, used for your work only.",
    "providers": "Engines, what they can do and what they cost.",
    "usage": "What was spent, and the caps on spending.",
    "content": "Judging text before anything is paid for.",
    "moderation": "What may not be made: prompts looked at beforehand, verdicts that people review.",
    "webhooks": "Signed notices to your own address.",
    "admin": "What only administrators may do.",
    "callbacks": "Notices of providers to us.",
    "studio": "Which engines are live.",
    "health": "Whether the service runs and what version it is; open to everybody, never limited.",
    ALIASES: "Other addresses of operations that stand above, for clients that know them; new clients need none.",
}


@dataclass(frozen=True, eq=False)
class ApiDocument:
    """One document: what it is called and tells, and the operations that belong to it."""

    name: str
    title: str
    description: str
    tags: Mapping[str, str]
    prefixes: tuple[str, ...] = ()
    other_pages: tuple[str, ...] = field(default=())

    @property
    def pages(self) -> tuple[str, ...]:
        """Where people read it."""
        return (f"/docs/{self.name}", *self.other_pages)

    @property
    def paths(self) -> tuple[str, ...]:
        """Where programs read it."""
        return (
            f"/docs/{self.name}/openapi.json",
            *(f"{page.removesuffix('docs')}openapi.json" for page in self.other_pages),
        )


NATIVE = ApiDocument(
    "native",
    "",
    START + HOUSE_RULES,
    NATIVE_TAGS,
    other_pages=("/docs", "/api/v1/docs"),
)
FACES: tuple[ApiDocument, ...] = (
    ApiDocument(
        "openai",
        "OpenAI videos",
        "The wire of OpenAI's Videos API: its SDKs work with `base_url` set to `/v1` of this service and an API key "
        "(`avc_…`). What is wrong with a request is 400 here.\n\n" + HOUSE_RULES,
        {"openai": "Videos and models as the OpenAI SDKs speak of them."},
        prefixes=("/v1",),
    ),
    ApiDocument(
        "spa",
        "creator SPA",
        "What the creator SPA speaks, in its camelCase and with its statuses.\n\n" + HOUSE_RULES,
        {"spa": "The face of the creator SPA."},
        prefixes=("/spa",),
    ),
    ApiDocument(
        "one-shot",
        "one-shot video client",
        "What the one-shot video client speaks: videos, pictures, music and settings.\n\n" + HOUSE_RULES,
        {"one-shot": "Videos, pictures, music and settings."},
        prefixes=(
            "/api/v1/video",
            "/api/v1/image",
            "/api/v1/music",
            "/api/v1/settings",
            "/api/v1/chat",
            "/api/placeholder",
        ),
    ),
    ApiDocument(
        "wizard",
        "wizard client",
        "What the wizard client speaks: content, script, pictures, voices, film, music and captions, one call each.\n\n"
        + HOUSE_RULES,
        {
            "accounts": "Register, sign in, profile, password, in this client's flat shapes.",
            "avatar": "A small square picture of an account.",
            "provider-keys": "Keys of vendors.",
            "wizard": "The staged pipeline.",
            "gallery": "Finished films.",
        },
        prefixes=("/api/video", "/api/auth", "/api/avatar", "/api/gallery"),
    ),
    ApiDocument(
        "hub",
        "film-studio client",
        "What the film-studio client speaks: a title and a script become a film.\n\n" + HOUSE_RULES,
        {"hub": "The face of the film-studio client."},
        prefixes=("/hub",),
        other_pages=("/hub/api/v1/docs",),
    ),
    ApiDocument(
        "slideshow",
        "slideshow studio",
        "What the slideshow studio speaks: script, voice, pictures and a film of them.\n\n" + HOUSE_RULES,
        {"slideshow studio": "Script, voice, pictures and a film of them."},
        prefixes=("/studio-api",),
    ),
)
DOCUMENTS = (NATIVE, *FACES)


def document_of(path: str) -> ApiDocument:
    """The document that an address belongs to."""
    for document in FACES:
        if any(f"{path}/".startswith(f"{prefix}/") for prefix in document.prefixes):
            return document
    return NATIVE


FOLDER: Final = Path(__file__).with_name("openapi_documents")
# What differs from one installation to the next stands in the files under these names.
NAME, VERSION, SERVER, COOKIE = "@app_name@", "@version@", "@server@", "@cookie@"
INDENTATION: Final = re.compile(rb"\n *")


@dataclass(frozen=True)
class PackedDocument:
    """One document, compressed, and the tag by which a client asks whether it has changed."""

    packed: bytes
    etag: str

    @classmethod
    def of(cls, document: ApiDocument, settings: Settings) -> "PackedDocument":
        """The document of this installation: building it from the code takes seconds and tens of megabytes."""
        text = INDENTATION.sub(b"", (FOLDER / f"{document.name}.json").read_bytes())
        for name, value in installation_values(settings).items():
            text = text.replace(json.dumps(name)[1:-1].encode(), json.dumps(value, ensure_ascii=False)[1:-1].encode())
        return cls(gzip.compress(text, mtime=0), f'"{hashlib.sha256(text).hexdigest()[:32]}"')

    def whole(self) -> bytes:
        """For a client that reads no compressed answers."""
        return gzip.decompress(self.packed)


def installation_values(settings: Settings) -> Mapping[str, str]:
    """What this installation says of itself."""
    server = settings.server
    is_secure = server.public_base_url.startswith("https://")
    return {
        NAME: server.app_name,
        VERSION: product_version(),
        SERVER: server.public_base_url or "/",
        COOKIE: session_cookie_name(is_secure=is_secure),
    }


def document_text(document: Mapping[str, object]) -> str:
    """The text that is kept: one member a line, so that a change can be read in review."""
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"
