"""Runs Alembic on a connection."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection


def move(connection: Connection, configuration: Path, to: str) -> None:
    """Moves the schema up or down to a revision."""
    config = Config(configuration)
    config.attributes["connection"] = connection
    run = command.downgrade if to == "base" or to.startswith("-") else command.upgrade
    run(config, to)
