"""Exit codes, and the end of a command that did not do what was asked."""

from enum import IntEnum


class Exit(IntEnum):
    """What the shell is told."""

    OK = 0
    JOB_FAILED = 1
    MISUSED = 2
    NOT_ALLOWED = 3
    UNAVAILABLE = 4
    TIMED_OUT = 5
    INTERRUPTED = 130


class Stopped(Exception):
    """The command ends here; the text says why and what to do next."""

    def __init__(self, text: str, exit_code: Exit) -> None:
        super().__init__(text)
        self.exit_code = exit_code
