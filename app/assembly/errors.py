"""What the cutting room refuses."""

from collections.abc import Sequence
from typing import Self

from app.core.errors import Conflict, NotFound, Unusable


class FilmMissing(NotFound):
    """The project has no film, or its film has no such part."""

    code = "film.not_made"
    message = "This film is not made yet. Finalize its project first."
    advice = "POST /api/v1/projects/{project_id}/finalize"


class FilmFilesGone(Conflict):
    """Files that the film is made from were deleted."""

    code = "film.files_gone"
    message = "Files that this film is made from were deleted. Generate the named segments again, then finalize."

    @classmethod
    def of(cls, segments: Sequence[int], *, music: bool) -> Self:
        """Names the segments by their index, and the music."""
        named = [f"segment {index}" for index in segments] + ["the music"] * music
        said = f"Files of {', '.join(named)} were deleted. Make or choose them again, then finalize."
        return cls(said, facts={"segments": list(segments), "music": music})


class FilmClipsBroken(Unusable):
    """Clips that cannot be read as films."""

    code = "film.clips_broken"
    message = "A clip of this film cannot be read. Regenerate or choose another take of its segment, then finalize."

    @classmethod
    def of(cls, segments: Sequence[int]) -> Self:
        """Names the segments by their index."""
        named = ", ".join(f"segment {index}" for index in segments)
        said = f"The clip of {named} cannot be read. Regenerate it or choose another take, then finalize."
        return cls(said, facts={"segments": list(segments)})


class FilmNotOffered(Unusable):
    """The project asks for music or captions of a kind that is not made here."""

    code = "film.not_offered"
    message = "This kind of music or captions is not offered. Change it in the project, then finalize."


class MediaUnfit(Unusable):
    """A file of a kind that this tool does not work on."""

    code = "media.unfit"
    message = "This tool does not work on files of this kind. Choose another file."
    advice = "GET /api/v1/assets lists yours."
