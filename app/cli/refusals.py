"""What may stop a command, in words that name the setting and the cure."""

from pydantic import ValidationError

from app.core.database import DatabaseBusy, DatabaseMissing
from app.core.errors import AppError
from app.core.settings import Settings
from app.core.startup import StoppedWhileWaiting, UnsafeSettings


class PortTaken(Exception):
    """The address to listen on cannot be had."""


class Unreachable(Exception):
    """A file or a server that the command needs does not answer."""


REFUSALS = (UnsafeSettings, DatabaseBusy, DatabaseMissing, AppError, PortTaken, StoppedWhileWaiting, Unreachable)


def told(fault: Exception) -> str | None:
    """A known refusal in its own words; None for a fault that nobody foresaw."""
    if isinstance(fault, ValidationError):
        return explain(fault)
    return str(fault) if isinstance(fault, REFUSALS) else None


def explain(fault: ValidationError) -> str:
    """One line for each unusable setting, named as in the environment."""
    group = {kind.__name__: kind for kind in Settings.groups().values()}.get(fault.title)
    names = group.variables() if group else {}
    lines = []
    for error in fault.errors(include_input=False, include_url=False):
        place = str(error["loc"][0]) if error["loc"] else fault.title
        lines.append(
            f"{names.get(place, (place.upper(),))[0]}: {error['msg']}. Correct it in the environment or in .env."
        )
    return "\n".join(lines)
