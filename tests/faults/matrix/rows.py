"""Every row of the matrix: which fault on which database."""

from collections.abc import Sequence

from tests.faults.matrix.faults import DATABASE_FAULTS, Fault, Kind, StoreKind, stopped
from tests.faults.matrix.films import CELLS
from tests.faults.matrix.processes import ahead, behind, ended, killed, killed_in_an_outage, one_killed_in_an_outage
from tests.faults.matrix.stores import full, read_only, refusing, slow

__all__ = ["DATABASE_ROWS", "PROCESS_ROWS", "STORE_ROWS", "name_of"]

SINGLE = (Kind.SQLITE, Kind.TCP)
START_SECONDS = 60.0
STORE_FAULTS = (
    Fault("disk full", 6, SINGLE, full, store=StoreKind.DISK),
    Fault("store read-only", 6, SINGLE, read_only, store=StoreKind.DISK),
    Fault("S3 answers 500", 6, SINGLE, refusing, store=StoreKind.S3),
    Fault("S3 is slow", 10, SINGLE, slow, store=StoreKind.S3),
)
PROCESS_FAULTS = (
    Fault("SIGTERM under load", 1, SINGLE, ended, crowd=8, back_seconds=START_SECONDS),
    Fault("killed", 1, SINGLE, killed, leaves_bytes=True, back_seconds=START_SECONDS),
    Fault(
        "killed in an outage",
        3,
        (Kind.UNIX,),
        killed_in_an_outage,
        CELLS,
        leaves_bytes=True,
        back_seconds=START_SECONDS,
    ),
    Fault("two replicas, stopped 3 s", 3, (Kind.TCP,), stopped, replicas=2),
    Fault(
        "three replicas, two killed in it",
        3,
        (Kind.UNIX,),
        one_killed_in_an_outage,
        replicas=3,
        leaves_bytes=True,
        back_seconds=START_SECONDS,
    ),
    Fault("clock ahead by 1 h", 5, SINGLE, ahead),
    Fault("clock behind by 1 h", 5, SINGLE, behind),
)


def _rows(faults: Sequence[Fault]) -> list[tuple[Fault, Kind]]:
    return [(fault, kind) for fault in faults for kind in fault.kinds]


DATABASE_ROWS = _rows(tuple(DATABASE_FAULTS.values()))
STORE_ROWS = _rows(STORE_FAULTS)
PROCESS_ROWS = _rows(PROCESS_FAULTS)


def name_of(row: tuple[Fault, Kind]) -> str:
    """What a row is called on the command line."""
    return f"{row[0].name}-{row[1].name}".replace(" ", "_")
