"""The front page, its files, the pages of the API documents and of the errors, and which engine does what."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel
from starlette.staticfiles import StaticFiles
from starlette.types import Scope
from typing_extensions import override

from app.accounts.dependencies import Public, ResourcesDep
from app.api.documents import DOCUMENTS, ApiDocument, PackedDocument
from app.api.engines import Engine, engines
from app.api.middleware import PAGE_POLICY
from app.api.problems import ERRORS_PAGE
from app.core.routing import Router
from app.core.settings import Settings

router = Router(tags=["studio"], dependencies=[Public])
WEB: Final = Path(__file__).resolve().parents[1] / "web"
REVALIDATE = "no-cache"
VENDOR_CACHE = "public, max-age=86400"
# Swagger UI and Redoc write style elements of their own, and Redoc searches in a worker made from a blob.
DOCUMENTS_POLICY = (
    PAGE_POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'") + "; worker-src 'self' blob:"
)


class Front(BaseModel):
    """What the front page shows about this installation."""

    name: str
    documents: bool
    engines: list[Engine]


class WebFiles(StaticFiles):
    """Files of the page: always asked for again, except the vendored ones."""

    @override
    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = VENDOR_CACHE if path.startswith("vendor/") else REVALIDATE
        return response


@router.get("/", include_in_schema=False)
@router.head("/", include_in_schema=False)
async def front_page() -> FileResponse:
    """Shows what this is."""
    return FileResponse(WEB / "index.html", headers={"Cache-Control": REVALIDATE})


@router.get("/engines", operation_id="engines_list")
async def engines_list(resources: ResourcesDep) -> Front:
    """Says which engine plans, draws, films, speaks and judges here, and why."""
    settings = resources.settings
    return Front(name=settings.server.app_name, documents=shows_documents(settings), engines=engines(settings))


def install(application: FastAPI, settings: Settings) -> None:
    """Serves the files of the page and, where they are shown, the API documents."""
    application.mount("/web", WebFiles(directory=WEB))
    _add(application, ERRORS_PAGE, _page("errors"))
    if not shows_documents(settings):
        return
    for document in DOCUMENTS:
        read = _DocumentRoute(document, settings)
        for path in document.paths:
            _add(application, path, read)
        for path in document.pages:
            _add(application, path, _page("docs"))
    _add(application, "/redoc", _page("redoc"))


def shows_documents(settings: Settings) -> bool:
    """Whether the API documents are public here."""
    server = settings.server
    return (server.debug or not settings.is_production()) if server.api_docs is None else server.api_docs


class _DocumentRoute:
    """Sends one API document; what is sent is made when it is first asked for."""

    def __init__(self, document: ApiDocument, settings: Settings) -> None:
        self._document = document
        self._settings = settings
        self._packed: PackedDocument | None = None

    async def __call__(self, request: Request) -> Response:
        """Gives the OpenAPI document."""
        if self._packed is None:
            self._packed = PackedDocument.of(self._document, self._settings)
        headers = {"Cache-Control": REVALIDATE, "ETag": self._packed.etag, "Vary": "Accept-Encoding"}
        if self._packed.etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(self._packed.whole(), headers=headers, media_type="application/json")
        headers["Content-Encoding"] = "gzip"
        return Response(self._packed.packed, headers=headers, media_type="application/json")


def _add(application: FastAPI, path: str, answer: Callable[..., Awaitable[Response]]) -> None:
    application.add_api_route(path, answer, include_in_schema=False, dependencies=[Public])


def _page(name: str) -> Callable[[], Awaitable[FileResponse]]:
    async def documents_page() -> FileResponse:
        headers = {"Cache-Control": REVALIDATE, "Content-Security-Policy": DOCUMENTS_POLICY}
        return FileResponse(WEB / f"{name}.html", headers=headers)

    return documents_page
