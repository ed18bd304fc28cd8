"""Why an archive is not taken in."""

from typing import Self

from app.core.errors import TooLarge, Unusable


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
