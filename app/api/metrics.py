"""GET /metrics: the figures of this process for Prometheus; nothing where telemetry is off."""

from typing import Annotated

from fastapi import Depends, Request, Response

from app.accounts.dependencies import Public, ResourcesDep, identified
from app.accounts.domain import Scope
from app.accounts.errors import ScopeMissing
from app.core.errors import NotFound
from app.core.routing import Router
from app.core.telemetry import Exposition

PATH = "/metrics"
router = Router(tags=["health"], dependencies=[Public])


class MetricsOff(NotFound):
    """Telemetry is off in this installation."""

    code = "metrics.off"
    message = "There are no metrics here. Set TELEMETRY=true and install the extra `metrics` to have them."


async def exposition(request: Request, resources: ResourcesDep) -> Exposition:
    """What may be read: by anybody in development, by an administrator or a worker key in production."""
    shown = resources.telemetry.exposition
    if shown is None:
        raise MetricsOff
    if resources.settings.is_production():
        account = await identified(request)
        if not account.may(Scope.ADMIN) and not account.may(Scope.WORKER):
            raise ScopeMissing
    return shown


ExpositionDep = Annotated[Exposition, Depends(exposition)]


# The format is Prometheus' own, so the document of the JSON API does not show this path.
@router.get(PATH, include_in_schema=False)
async def metrics(shown: ExpositionDep, resources: ResourcesDep) -> Response:
    """Collects off the loop, because the gauges ask the database through it."""
    return Response(await resources.threads.run(shown.text), media_type=shown.media_type)
