"""The real application with one slow route, served by a real child process."""

from fastapi import FastAPI

from app.core.clock import SystemClock
from app.main import create_app


def make() -> FastAPI:
    app = create_app()

    @app.get("/slow", operation_id="probe_slow")
    async def slow(seconds: float) -> str:
        await SystemClock().sleep(seconds)
        return "done"

    return app
