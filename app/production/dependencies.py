"""The service of one request."""

from typing import Annotated

from fastapi import Depends

from app.accounts.dependencies import ResourcesDep
from app.core.dependencies import SessionDep
from app.production.service import ProductionService

__all__ = ["Productions"]


def production_service(session: SessionDep, resources: ResourcesDep) -> ProductionService:
    """Productions in this request's unit of work."""
    return ProductionService.over(session, resources)


Productions = Annotated[ProductionService, Depends(production_service)]
