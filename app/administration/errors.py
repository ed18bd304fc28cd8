"""What administration refuses."""

from app.core.errors import Conflict


class LastAdministrator(Conflict):
    """Nobody could administrate any more."""

    code = "administration.last_administrator"
    message = "This is the only active administrator. Make another account an administrator first."
