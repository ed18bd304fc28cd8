"""What a backup and its restoring refuse."""

from app.core.errors import Conflict, Unusable


class FileThere(Conflict):
    """The backup would write over a file."""

    code = "backup.file_exists"
    message = "There is a file of this name already. Name another one."


class SchemaBehind(Conflict):
    """The database lacks migrations that this program has."""

    code = "backup.schema_behind"
    message = "The database is not at the newest revision. Run `avc db upgrade` first."


class SchemaUnknown(Unusable):
    """The backup was made by a newer program."""

    code = "backup.schema_unknown"
    message = "This backup was made by a newer version. Install that version or a newer one, then restore it."


class BackupTooOld(Unusable):
    """The backup was made at a revision whose migrations this program no longer has."""

    code = "backup.too_old"
    message = (
        "This backup was made by a version that this one cannot upgrade. Restore it with the version before this one, "
        "run `avc db upgrade` there, and take another; docs/operate.md says how."
    )


class ArchiveUnreadable(Unusable):
    """The file is no backup of ours."""

    code = "backup.unreadable"
    message = "This file is not a backup of this service, or it is cut short. Take another one."


class BackupDamaged(Unusable):
    """A part of the backup is not what was written."""

    code = "backup.damaged"
    message = "A part of this backup is missing or was changed, so nothing was restored. Take another backup."


class DatabaseNotEmpty(Conflict):
    """A restore would delete what is there."""

    code = "backup.database_not_empty"
    message = (
        "The database holds accounts or work. Restore into an empty one, or say --replace to delete what is there."
    )


class DatabaseInUse(Conflict):
    """The service runs on this database."""

    code = "backup.database_in_use"
    message = "The service runs on this database. Stop every process of it, then restore."


class OtherDatabase(Conflict):
    """The backup was made of the other kind of database."""

    code = "backup.other_database"
    message = "This backup was made of the other kind of database. Set DATABASE_URL to SQLite or Postgres, as it was."
