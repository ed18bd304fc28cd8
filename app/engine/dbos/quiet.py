"""What DBOS logs, reduced to what an operator can use."""

import logging

from typing_extensions import override

__all__ = ["quieten"]

# DBOS says these when it does what the port asks of it.
EXPECTED = (
    "Asyncio task cancelled for workflow or step",
    "was cancelled during execution",
    "is no longer owned by this execution",
    "outcome was not recorded",
    "Workflow already exists in queue",
    "Duplicate registration of function",
    "DBOSAwaitedWorkflowCancelledError",
)


class EngineLogFilter(logging.Filter):
    """Drops what is expected; of the rest it names the fault instead of showing a stack of DBOS."""

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        said = record.getMessage()
        if record.exc_info and record.exc_info[0] is not None:
            said = f"{said} {record.exc_info[0].__name__}"
        record.msg, record.args = said, ()
        record.exc_info = record.exc_text = None
        return not any(words in said for words in EXPECTED)


def quieten() -> None:
    """Sends the lines of DBOS through the log of this service; may be called again."""
    logger = logging.getLogger("dbos")
    logger.propagate = True
    # With a handler of ours in place DBOS does not add one that writes past the redaction.
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    if not any(isinstance(known, EngineLogFilter) for known in logger.filters):
        logger.addFilter(EngineLogFilter())
