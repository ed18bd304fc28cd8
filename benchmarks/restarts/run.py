"""Restarts Postgres fifty times under event streams and traffic; counts what clients saw and how soon it was ready.

Run it with `python -m benchmarks.restarts.run`; it ends with 1 when an answer is 500, when a loop is dead, or when one
return took longer than ten seconds.
"""

import argparse
import asyncio
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from tests.faults.outages import own_postgres
from tests.faults.restarts import restarted

READY_SECONDS = 10.0


async def main(times: int) -> int:
    """The figures, and whether they are as promised."""
    folder = Path(tempfile.mkdtemp(prefix="restarts-"))
    try:
        with own_postgres() as server:
            await server.create("restarts")
            seen = await restarted(server, folder, times)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    ready = sorted(seen.ready_seconds)
    print(
        f"restarts {len(ready)}, ready after {statistics.median(ready):.1f} s (median), {ready[-1]:.1f} s (longest), "
        f"answers {dict(sorted(seen.statuses.items()))}, streams {seen.streams}, wrong {seen.wrongs[:5] or 0}"
    )
    return int(bool(seen.wrongs) or ready[-1] > READY_SECONDS)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=50)
    sys.exit(asyncio.run(main(parser.parse_args().times)))
