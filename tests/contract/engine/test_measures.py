"""Figures of the engine on this machine, printed with -s, and the bounds they must keep."""

import json
import subprocess
import sys

WAITING = 1000


def test_the_engine_keeps_its_figures(database_url: str) -> None:
    command = [sys.executable, "-m", "tests.contract.engine.measure", database_url, str(WAITING)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=150, check=False)
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    print(database_url.partition(":")[0], json.dumps(found, indent=1))
    assert found["direct_latency_ms"]["p95"] < 300
    assert found["queued_latency_ms"]["p95"] < 1500
    assert found["per_second"]["starts"] > 20
    assert found[f"waiting_{WAITING}"]["rss_mb"] < 200
    assert found[f"waiting_{WAITING}"]["loop_lag_p99_ms"] < 50
