"""Has the C library give memory back: by default it keeps what threads freed, up to dozens of megabytes for each."""

import ctypes

# Parameters of glibc's mallopt(3).
M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8
ARENAS = 2
# Pictures, sound and clips are larger than this; what the interpreter needs all the time is smaller.
LARGE_BYTES = 256 * 1024


def return_freed_memory() -> None:
    """Lets threads share two heaps, and gives large blocks back as soon as they are freed; only glibc is asked."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_ARENA_MAX, ARENAS)
        mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)
