"""What productions, movies and archives refuse, and how their parts may end."""

from typing import Self

from app.core.errors import Conflict, NotFound, NotOfferedHere, TooLarge, Unfit, Unusable


class FilmNeverFits(Conflict):
    """The whole disk is smaller than what the film needs beside the reserve."""

    code = "production.film_never_fits"
    message = "This film is longer than the disk of this service can hold. Make a shorter one, or ask the operator."


class NothingToMake(Conflict):
    """Every approved segment has its clip, and none is out of date."""

    code = "production.nothing_to_make"
    message = "No approved segment lacks its clip or its narration. Approve a segment, or ask for a new take of one."


class PartCancelled(Conflict):
    """A part of the work was cancelled by itself."""

    code = "production.part_cancelled"
    message = "A part of this work was cancelled, so the rest was not begun. Retry it to go on."

    @classmethod
    def of(cls, kind: str) -> Self:
        """With the part's kind."""
        return cls(facts={"kind": kind})


class ScriptEmpty(Unusable):
    """There is no line to make a scene of."""

    code = "script.empty"
    message = "The script has no line. Write one line for each scene."


class ScriptTooLong(Unusable):
    """The script has more scenes than a film here has room for."""

    code = "script.too_long"
    message = "The script has more lines than a film has room for. Leave some out, or put two into one line."

    @classmethod
    def of(cls, *, lines: int, most: int) -> Self:
        """How many lines there are, and how many are possible."""
        said = f"The script has {lines} lines and a film here has room for {most}. Leave some out, or join some."
        return cls(said, param="script")

    @classmethod
    def at_line(cls, number: int, *, characters: int, most: int) -> Self:
        """Which line is too long for one scene, and by how much."""
        said = f"Line {number} of the script has {characters} characters and a scene has room for {most}. Shorten it."
        return cls(said, param="script")


class VideoNotFound(NotFound):
    """No such video for this caller."""

    code = "video.not_found"
    message = "There is no such video. Check the id, or look for it among your videos."
    advice = "GET /api/v1/videos lists yours."


class VideoNotFailed(Unfit):
    """Only a video that failed is made again."""

    code = "video.not_failed"
    message = "Only a video that failed can be made again. Wait until it ends, or start a new one."


class VideoModelNotFound(NotFound):
    """No engine here makes clips with this model."""

    code = "video.model_not_found"
    message = "There is no such model here. Choose one that is offered, or leave the model out."
    advice = "GET /v1/models lists them."


class VideoNotReady(Conflict):
    """The video is still being made."""

    code = "video.not_ready"
    message = "The video is still being made. Read it until its status is completed."


class VideoUnfinished(Conflict):
    """The video failed or was cancelled, so there is nothing to show of it."""

    code = "video.unfinished"
    message = "The video was not made: its work failed or was cancelled. See `error`, or start a new one."


class VideoPartMissing(Unfit):
    """The film has no such file."""

    code = "video.part_missing"
    message = "This video has no such variant. Ask for `video`, `thumbnail` or `spritesheet`."


class VideoReferenceUnreadable(Unfit):
    """The picture stands at an address that is not fetched."""

    code = "video.reference_unreadable"
    message = "The picture could not be read. Send it as a file, as a `data:` URL, or as a link of this service."


class VideoSourceUploaded(Unfit):
    """Films are changed and continued from their parts, which a file does not have."""

    code = "video.source_uploaded"
    message = "A video that was not made here cannot be changed or continued. Name one of yours as `video` by its `id`."


class CharactersNotOffered(NotOfferedHere):
    """No engine here keeps a character of a video."""

    code = "video.characters_not_offered"
    message = "No engine here takes characters from videos. Send a picture of the character as `input_reference`."


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


class NoArchive(Unusable):
    """The file is no archive of a project."""

    code = "archive.not_an_archive"
    message = "The file is no archive of a project. Send one that this service has made."
    advice = "GET /api/v1/projects/{project_id}/archive makes one."

    @classmethod
    def because(cls, *, place: str, cause: str) -> Self:
        """Names the place in the manifest."""
        return cls(f"manifest.json of this archive cannot be used: {place}: {cause}. Export the project again.")


class ArchiveUnsafe(Unusable):
    """The archive holds what no archive of ours holds."""

    code = "archive.unsafe"
    message = "The archive holds entries that are refused: links, folders, foreign names, or far more than it says."


class ArchiveDamaged(Unusable):
    """A file of the archive is not what the manifest says."""

    code = "archive.damaged"
    message = "A file in the archive is missing or differs from its manifest. Export the project again."

    @classmethod
    def at(cls, path: str) -> Self:
        """Names the file."""
        said = f"{path} in the archive is missing or differs from its manifest. Export the project again."
        return cls(said, facts={"path": path})


class ArchiveTooLarge(TooLarge):
    """More than an archive may hold."""

    code = "archive.too_large"
    message = "The archive is larger than ARCHIVE_MAX_SIZE_MB allows, packed or unpacked. Ask the operator to raise it."
