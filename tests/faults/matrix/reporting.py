"""The table of the matrix: a line per fault and database, a column per step and moment."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

__all__ = ["NOT_COVERED", "PROPERTY", "report"]

PROPERTY = "matrix"
NOT_COVERED = (
    "the loss of the machine or of its disk, and power loss (a kill does not test what fsync promises)",
    "a kill between the vendor's answer and its first byte on our disk: such an attempt is looked up or parked",
    "a vendor that charges and has neither a list nor a callback: its unknown attempts are parked",
    "a clock that jumps while a process runs, other than through the Clock port; a Postgres failover to a replica",
    "an object store of a real vendor; several machines (all processes share one here)",
)


def report(reports: Sequence[pytest.TestReport]) -> Iterator[str]:
    """The lines to print, none where nothing of the matrix ran."""
    rows = [json.loads(value) for each in reports for name, value in each.user_properties if name == PROPERTY]
    if not rows:
        return
    yield ""
    yield "make faults: step x fault"
    for row in sorted(rows, key=lambda row: (row["database"], row["fault"])):
        yield from _row(row)
    red = sum(not _is_green(row) for row in rows)
    cells = sum(len(row["cells"]) for row in rows)
    bad = sum(verdict != "ok" for row in rows for verdict in row["cells"].values())
    yield f"{len(rows)} rows, {red} red; {cells} cells, {bad} red"
    yield "Not covered: " + "; ".join(NOT_COVERED) + "."


def _is_green(row: dict[str, Any]) -> bool:
    return not row["wrongs"] and all(verdict == "ok" for verdict in row["cells"].values())


def _row(row: dict[str, Any]) -> Iterator[str]:
    figures = " ".join(f"{name}={value}" for name, value in row["figures"].items())
    yield f"{'ok ' if _is_green(row) else 'RED'} {row['fault']} | {row['database']} | {figures}"
    good = [cell for cell, verdict in row["cells"].items() if verdict == "ok"]
    if good:
        yield f"      ok: {' '.join(good)}"
    for cell, verdict in row["cells"].items():
        if verdict != "ok":
            yield f"      {cell}: {verdict}"
    for wrong in row["wrongs"]:
        yield f"      verify: {wrong}"
