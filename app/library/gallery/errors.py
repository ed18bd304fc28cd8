"""What the gallery refuses."""

from app.core.errors import Conflict, NotFound, Refused


class FilmNotFound(NotFound):
    """The caller has no such film."""

    code = "gallery.film_not_found"
    message = "There is no such film. Check its name, or look for it in your gallery."
    advice = "GET /api/v1/gallery lists yours."


class FilmNameTaken(Conflict):
    """Another film of the caller has this name."""

    code = "gallery.name_taken"
    message = "Another film of yours has this name. Choose a different one."


class TooManyShares(Conflict):
    """A film has as many living links as it may have."""

    code = "gallery.too_many_shares"
    message = "This film has 50 living links. Take them back with DELETE, then share it again."


class ShareEnded(Refused):
    """The link is unknown, too old or was taken back."""

    code = "gallery.share_ended"
    message = "This link is not valid, has expired or was taken back. Ask its owner for a new one."
