"""Whatever fails beside a film, at whatever step: it costs time and nothing else."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from app.core.clock import SystemClock
from tests.faults.matrix.faults import Fault, Kind, StoreKind, ground
from tests.faults.matrix.reporting import PROPERTY
from tests.faults.matrix.rows import DATABASE_ROWS, PROCESS_ROWS, STORE_ROWS, name_of
from tests.faults.matrix.runs import meet
from tests.faults.matrix.vendors import Vendors
from tests.faults.outages import OwnPostgres

# The servers of the harness end with connections of processes that it has killed.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

ROW_SECONDS = 900
# A test's limit also says which tests begin first.
ROWS = [
    pytest.param(*row, id=name_of(row), marks=pytest.mark.timeout(ROW_SECONDS + row[0].seconds))
    for row in (*DATABASE_ROWS, *STORE_ROWS, *PROCESS_ROWS)
]


@pytest.mark.parametrize(("fault", "kind"), ROWS)
async def test_films_at_every_step_outlive(
    fault: Fault,
    kind: Kind,
    request: pytest.FixtureRequest,
    both: Vendors,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    if fault.store is StoreKind.DISK and os.geteuid() != 0:
        pytest.skip("only root may mount a disk of its own")
    server: OwnPostgres | None = None if kind is Kind.SQLITE else request.getfixturevalue("own_server")
    name = f"m_{SystemClock().new_id().replace('-', '')}"
    async with ground(kind, tmp_path, server, name) as database:
        row = await meet(fault, database, both, tmp_path)
    record_property(PROPERTY, row.as_json())
    (tmp_path / "row.json").write_text(row.as_json())
    assert (row.bad_cells, row.wrongs) == ({}, [])
