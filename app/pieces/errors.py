"""What the pieces slice refuses."""

from app.core.errors import Conflict, NotFound, Unavailable


class PieceNotFound(NotFound):
    """No such picture or piece of music for this caller."""

    code = "piece.not_found"
    message = "There is no such picture or piece of music. List yours first."


class PieceNotReady(Conflict):
    """It has no file yet."""

    code = "piece.not_ready"
    message = "This is not made yet, or making it failed. Look at its status and try again later."


class PieceLost(Unavailable):
    """The row was deleted while the work went on."""

    code = "piece.gone"
    message = "This was deleted while it was being made. Start a new one when you want it."
