"""Structured logs on standard error: context, redaction, one form for our own and for foreign records."""

import logging
import sys
from collections.abc import Iterator, MutableMapping
from typing import Any, TextIO

import structlog
from pydantic import SecretStr
from typing_extensions import override

from app.core.redaction import Redaction
from app.core.settings import Settings

Record = MutableMapping[str, Any]
# uvicorn's own access lines carry query strings; the edge writes one line per request instead.
SILENT = ("uvicorn.access",)
ROUTED = ("uvicorn", "uvicorn.error", "uvicorn.asgi")
QUIET = (
    "aiosqlite",
    "alembic",
    "asyncio",
    "httpx",
    "httpcore",
    "httpx2",
    "httpcore2",
    "PIL",
    "multipart",
    "python_multipart",
)
MAX_STACK_CHARACTERS = 12_000
RENDERED = frozenset({"event", "level", "logger", "timestamp"})


class LogOutput(logging.Handler):
    """The one handler that this module installs; without a stream it writes to whatever standard error is now."""

    def __init__(self, stream: TextIO | None) -> None:
        super().__init__()
        self._given = stream

    @property
    def stream(self) -> TextIO:
        """Where the next record goes."""
        return self._given or sys.stderr

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self.stream.write(f"{self.format(record)}\n")
        self.stream.flush()


class RedactingProcessor:
    """The last step before rendering: nothing passes that is secret by value, by form or by name."""

    def __init__(self, redaction: Redaction) -> None:
        self._redaction = redaction

    def __call__(self, _logger: object, _method: str, record: Record) -> Record:
        """The record without secrets."""
        # The end of a stack says what happened; a long beginning would only push it out.
        if "exception" in record:
            record["exception"] = str(record["exception"])[-MAX_STACK_CHARACTERS:]
        return {
            key: self._redaction.of_text(str(value)) if key in RENDERED else self._redaction.of_field(key, value)
            for key, value in record.items()
        }


class LevelFilter(logging.Filter):
    """Chatty libraries are heard from WARNING upwards."""

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= logging.WARNING or record.name.split(".")[0] not in QUIET


def configure(settings: Settings, *, stream: TextIO | None = None) -> None:
    """Sends every log of this process through one redacting pipeline; may be called again."""
    level = logging.getLevelNamesMapping().get(settings.server.log_level.upper(), logging.INFO)
    enrich: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *enrich,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = LogOutput(stream)
    handler.addFilter(LevelFilter())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=enrich,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.StackInfoRenderer(),
                structlog.processors.format_exc_info,
                RedactingProcessor(Redaction(tuple(_secrets(settings)))),
                _renderer(handler.stream),
            ],
        )
    )
    _install(handler, level)


def audit(event: str, **facts: Any) -> None:
    """One line of the audit trail: who did what to which object."""
    structlog.get_logger("audit").info(event, audit=True, **facts)


def _install(handler: logging.Handler, level: int) -> None:
    root = logging.getLogger()
    for other in [found for found in root.handlers if isinstance(found, LogOutput)]:
        root.removeHandler(other)
    root.addHandler(handler)
    root.setLevel(level)
    for name in ROUTED:
        routed = logging.getLogger(name)
        routed.handlers.clear()
        routed.propagate = True
        routed.setLevel(logging.NOTSET)
    for name in SILENT:
        silent = logging.getLogger(name)
        silent.handlers.clear()
        silent.propagate = False


def _renderer(target: TextIO) -> structlog.typing.Processor:
    """For people on a terminal, for programs everywhere else."""
    if target.isatty():
        return structlog.dev.ConsoleRenderer()
    return structlog.processors.JSONRenderer(ensure_ascii=False)


def _secrets(settings: Settings) -> Iterator[str]:
    for group in type(settings).groups():
        for value in dict(getattr(settings, group)).values():
            if isinstance(value, SecretStr):
                yield value.get_secret_value()
    yield from (_password(settings.database.database_url), _password(settings.security.redis_url))


def _password(url: str) -> str:
    userinfo = url.partition("://")[2].partition("/")[0].rpartition("@")[0]
    return userinfo.partition(":")[2]
