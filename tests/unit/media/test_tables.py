"""Samples of a long film are kept in little memory and read back as they were."""

import tracemalloc
from pathlib import Path

from app.media.mp4_writing import Sample, SampleList

COUNT = 50_000
MOST_BYTES_EACH = 60


def test_samples_come_back_as_they_were() -> None:
    given = [
        Sample(Path("one.mp4"), 9, 100, 512, 1024, is_keyframe=True),
        Sample(b"words", 0, 5, 512, -512, is_keyframe=False),
        Sample(Path("one.mp4"), 2**40, 100, 512),
    ]
    listed = SampleList()
    for sample in given:
        listed.add(sample)
    assert list(listed) == given
    assert listed[1:] == given[1:]
    assert listed[-1] == given[-1]
    assert len(listed) == 3


def test_a_long_film_needs_little_memory() -> None:
    source = Path("one.mp4")
    tracemalloc.start()
    try:
        listed = SampleList()
        for number in range(COUNT):
            listed.add(Sample(source, 2**32 + number, 70_000 + number, 512, 1024, is_keyframe=False))
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(listed) == COUNT
    assert used / COUNT < MOST_BYTES_EACH
