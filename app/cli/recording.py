"""The log of commands that work on this installation itself."""

from app.core import logging
from app.core.settings import Settings


def begin() -> None:
    """Writes the log as the settings say."""
    logging.configure(Settings.load())
