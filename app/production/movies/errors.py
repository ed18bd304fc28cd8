"""What is refused about movies."""

from app.core.errors import Conflict, NotFound, Unusable


class MovieNotFound(NotFound):
    """No such movie for this caller."""

    code = "movie.not_found"
    message = "There is no such movie. Check the id, or look for it among your movies."
    advice = "GET /api/v1/movies lists yours."


class MovieOutOfShape(Unusable):
    """Too long, or not what its preset stands for."""

    code = "movie.out_of_shape"
    message = "The chapters do not fit: too long in all, or not as many clips as the preset has. Change them."
    advice = "GET /api/v1/options says what a preset has."


class MovieChapterGone(Conflict):
    """The project of a chapter was deleted."""

    code = "movie.chapter_gone"
    message = "The project of a chapter was deleted, so the movie cannot be made. Create the movie again."
