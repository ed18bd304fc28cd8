"""The database goes away in every way while a film stands at every step: it costs time and nothing else."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app.core.clock import SystemClock
from tests.faults.matrix.faults import DATABASE_FAULTS, Fault, Kind, ground
from tests.faults.matrix.runs import meet
from tests.faults.matrix.vendors import Vendors
from tests.faults.outages import OwnPostgres

pytestmark = pytest.mark.timeout(900)

ROWS = [(fault, kind) for fault in DATABASE_FAULTS.values() for kind in fault.kinds]


@pytest.mark.parametrize(("fault", "kind"), ROWS, ids=[f"{fault.name}-{kind.name}" for fault, kind in ROWS])
async def test_films_at_every_step_outlive_it(
    fault: Fault,
    kind: Kind,
    request: pytest.FixtureRequest,
    both: Vendors,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    server: OwnPostgres | None = None if kind is Kind.SQLITE else request.getfixturevalue("own_server")
    name = f"m_{SystemClock().new_id().replace('-', '')}"
    async with ground(kind, tmp_path, server, name) as database:
        row = await meet(fault, database, both, tmp_path)
    record_property("matrix", row.as_json())
    assert row.wrongs == []
    assert row.bad_cells == {}
