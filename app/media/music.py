"""Raw music that goes round without a seam; blocking, for a thread."""

from pathlib import Path

import numpy as np

from app.media.soundgraph import RAW_SAMPLE_BYTES
from app.media.timeline import SAMPLE_RATE

__all__ = ["make_loop"]

SEAM_SECONDS = 2.0
SHARE_OF_LOOP = 4


def make_loop(raw: Path, sample_count: int) -> None:
    """Blends the end of raw music into its beginning, when it is shorter than what it must fill."""
    size_bytes = raw.stat().st_size
    length = size_bytes // RAW_SAMPLE_BYTES
    seam = min(int(SEAM_SECONDS * SAMPLE_RATE), length // SHARE_OF_LOOP)
    if length >= sample_count or seam == 0:
        return
    music = np.memmap(raw, dtype="<f4", mode="r+", shape=(length, 2))
    turn = np.linspace(0.0, np.pi / 2, seam, dtype=np.float32)[:, None]
    music[:seam] = music[:seam] * np.sin(turn) + music[length - seam :] * np.cos(turn)
    music.flush()
    del music
    with raw.open("r+b") as file:
        file.truncate((length - seam) * RAW_SAMPLE_BYTES)
