"""HTTP of options: what forms offer."""

from app.accounts.dependencies import CurrentUser, OwnResources
from app.core.routing import Router
from app.production.options import OptionService, OptionsRead

__all__ = ["router"]

router = Router(tags=["providers"])


@router.get("/options", operation_id="options_read")
async def read_options(_user: CurrentUser, resources: OwnResources) -> OptionsRead:
    """Every choice with words for it, the limits of every field, engines and voices: what a form needs."""
    return await OptionService(resources).all()
