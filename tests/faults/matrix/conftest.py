"""Fixtures of the matrix: a Postgres of its own, the vendors, the table at the end of the run."""

from collections.abc import Iterator

import pytest

from tests.faults.matrix.reporting import report
from tests.faults.matrix.vendors import Vendors, vendors
from tests.faults.outages import OwnPostgres, own_postgres


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints the table of everything that ran, in this process or in its workers."""
    reports = [each for outcome in ("passed", "failed") for each in terminalreporter.getreports(outcome)]
    for line in report(reports):
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def own_server() -> Iterator[OwnPostgres]:
    """A Postgres that only this worker uses, because it is stopped and cut off."""
    with own_postgres() as server:
        yield server


@pytest.fixture
def both() -> Iterator[Vendors]:
    with vendors() as served:
        yield served
