"""The slice of the matrix that belongs to every run of the tests: the paid calls, and a database that is stopped."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.matrix.faults import Fault, Kind, ground, stopped
from tests.faults.matrix.films import CELLS, Moment
from tests.faults.matrix.reporting import PROPERTY
from tests.faults.matrix.runs import meet
from tests.faults.matrix.vendors import Vendors
from tests.faults.outages import OwnPostgres

# The servers of the harness end with connections of processes that it has killed.
pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

# Where most can be lost: the answer to a paid call is on its way.
DURING_PAID_CALLS = [cell for cell in CELLS if cell.step is not None and cell.moment is Moment.DURING]


async def test_an_answer_that_arrives_while_the_database_is_away_is_neither_lost_nor_paid_for_again(
    own_server: OwnPostgres, both: Vendors, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    async with ground(Kind.UNIX, tmp_path, own_server, "slice") as database:
        row = await meet(Fault("stopped 3 s", 3, (Kind.UNIX,), stopped, DURING_PAID_CALLS), database, both, tmp_path)
    record_property(PROPERTY, row.as_json())
    assert (row.bad_cells, row.wrongs) == ({}, [])
