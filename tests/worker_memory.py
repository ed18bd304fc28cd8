"""The memory of the processes that run the tests: what they give back, and the most they ever held."""

import ctypes
import gc
import itertools
import resource
from typing import Any

import pytest

MEBIBYTE = 1024 * 1024
M_MMAP_THRESHOLD = -3
KEY = "peak_memory_mb"

# An application leaves about a mebibyte of circles behind, and Python looks for the old ones ever more seldom.
TESTS_BETWEEN_COLLECTIONS = 25

_finished = itertools.count(1)
_peaks: dict[str, int] = {}


def give_back_large_blocks() -> None:
    """Has glibc return blocks of a mebibyte and more as soon as they are freed.

    Else it raises that bound to the largest block it has freed, and every thread keeps those of hashes and pictures.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, MEBIBYTE)


def collect_garbage() -> None:
    """Collects what the last tests left, at every so many of them."""
    if next(_finished) % TESTS_BETWEEN_COLLECTIONS == 0:
        gc.collect()


def peak_mb() -> int:
    """The most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def note_own(config: pytest.Config) -> None:
    """Sends the figure of a worker to the process that started it."""
    output = getattr(config, "workeroutput", None)
    if output is not None:
        output[KEY] = peak_mb()


def note_worker(node: Any) -> None:
    """Keeps what a worker sent; one that crashed has sent nothing."""
    output = getattr(node, "workeroutput", {})
    if KEY in output:
        _peaks[node.gateway.id] = output[KEY]


def report(terminal: pytest.TerminalReporter) -> None:
    """Says the peaks in the summary."""
    peaks = _peaks or {"this process": peak_mb()}
    said = ", ".join(f"{name} {peak} MB" for name, peak in sorted(peaks.items()))
    terminal.write_line(f"peak worker memory: {said}")
