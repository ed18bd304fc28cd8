"""What the staged pipeline refuses beside what shows refuse anyway."""

from app.core.errors import Conflict, NotFound

__all__ = ["NoShowYet", "StagedFilmUnknown"]


class NoShowYet(Conflict):
    """A request without a job, of somebody who has none."""

    code = "show.none_yet"
    message = "There is no video in the making yet. Write the content first, or name the job."


class StagedFilmUnknown(NotFound):
    """No film has such a name."""

    code = "show.film_unknown"
    message = (
        "No film has this name. Ask for youtube_shorts.mp4, youtube_shorts_with_music.mp4 or "
        "output_with_glowing_captions.mp4."
    )
