"""Prints how long `import app.main` takes in a fresh interpreter: best of five, with the machine's load."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 5
LIMIT_SECONDS = 3.0
PROBE = """
import sys, time
begun = time.perf_counter()
import app.main
print(time.perf_counter() - begun, len(sys.modules))
"""


def measure() -> tuple[float, int]:
    """Seconds and modules of one import."""
    said = subprocess.run([sys.executable, "-c", PROBE], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    seconds, modules = said.split()
    return float(seconds), int(modules)


def main() -> int:
    """Measures, prints, and fails above the limit."""
    rounds = sorted(measure() for _ in range(ROUNDS))
    best_seconds, modules = rounds[0]
    load = os.getloadavg()[0]
    print(f"import app.main: best of {ROUNDS} {best_seconds:.3f} s, {modules} modules, load {load:.2f}")
    return int(best_seconds > LIMIT_SECONDS * (2 if os.environ.get("CI") else 1))


if __name__ == "__main__":
    sys.exit(main())
