"""The audit log written out line by line, as JSON or as a table for spreadsheets."""

import csv
import io
import json
from collections.abc import AsyncIterator

from app.administration.schemas import AuditRead, ExportFormat
from app.audit.domain import AuditView

MEDIA_TYPES = {ExportFormat.JSONL: "application/x-ndjson", ExportFormat.CSV: "text/csv; charset=utf-8"}
COLUMNS = tuple(AuditRead.model_fields)
# A spreadsheet takes a cell that begins so for a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


async def lines(entries: AsyncIterator[AuditView], form: ExportFormat) -> AsyncIterator[str]:
    """The log, one entry a line."""
    if form is ExportFormat.CSV:
        yield _row(list(COLUMNS))
    async for entry in entries:
        shown = AuditRead.model_validate(entry).model_dump(mode="json")
        yield f"{json.dumps(shown, ensure_ascii=False)}\n" if form is ExportFormat.JSONL else _row(_cells(shown))


def _cells(shown: dict[str, object]) -> list[str]:
    texts = [value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) for value in shown.values()]
    return [f"'{text}" if text.startswith(FORMULA_STARTS) else text for text in texts]


def _row(cells: list[str]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow(cells)
    return written.getvalue()
