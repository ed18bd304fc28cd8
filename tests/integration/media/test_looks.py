"""How clips look: black and frozen shares, seams with key frames, and the exact last picture of a clip."""

import io
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from imageio_ffmpeg import get_ffmpeg_exe
from PIL import Image

from app.core.threads import Threads
from app.media.errors import UnreadableMedia
from app.media.frames import LastPictures
from app.media.looks import ClipLooks
from app.media.tools import find_tools


@pytest.fixture
def threads() -> Iterator[Threads]:
    opened = Threads(2)
    yield opened
    opened.close()


@pytest.fixture
def looks(threads: Threads) -> ClipLooks:
    return ClipLooks(find_tools(), threads)


def film(target: Path, source: str, *more: str) -> Path:
    encode = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]
    command = [get_ffmpeg_exe(), "-v", "error", "-nostdin", "-f", "lavfi", "-i", source, *more, *encode, str(target)]
    subprocess.run(command, check=True, timeout=60)
    return target


def shot(clip: Path, number: int) -> bytes:
    """One picture of a clip, counted from its start by another way than the code under test."""
    command = [get_ffmpeg_exe(), "-v", "error", "-i", str(clip), "-vf", f"select=eq(n\\,{number})", "-frames:v", "1"]
    made = subprocess.run([*command, "-f", "image2pipe", "-c:v", "png", "-"], check=True, capture_output=True)
    return made.stdout


async def test_a_moving_clip_is_neither_black_nor_frozen(looks: ClipLooks, tmp_path: Path) -> None:
    clip = film(tmp_path / "clip.mp4", "testsrc2=size=320x180:rate=24:duration=2")
    look = await looks.look(clip, (), tmp_path)
    assert (look.black_share, look.frozen_share, look.first_seam, look.last_seam) == (0.0, 0.0, None, None)


async def test_black_and_standing_pictures_are_counted(looks: ClipLooks, tmp_path: Path) -> None:
    half = "testsrc2=size=320x180:rate=24:duration=4,trim=0:2,tpad=stop_duration=2:stop_mode=add:color=black"
    look = await looks.look(film(tmp_path / "clip.mp4", half), (), tmp_path)
    assert look.black_share == pytest.approx(0.5, abs=0.03)
    assert look.frozen_share == pytest.approx(0.5, abs=0.03)


async def test_a_seam_tells_the_right_key_frame_from_a_wrong_one(looks: ClipLooks, tmp_path: Path) -> None:
    clip = film(tmp_path / "clip.mp4", "mandelbrot=size=320x180:rate=24,trim=0:2")
    first, last = shot(clip, 0), shot(clip, 47)
    right = await looks.look(clip, (first, last), tmp_path)
    assert right.first_seam is not None
    assert right.last_seam is not None
    assert min(right.first_seam, right.last_seam) > 0.98
    stranger = film(tmp_path / "other.mp4", "testsrc2=size=320x180:rate=24:duration=1")
    wrong = await looks.look(clip, (shot(stranger, 0), None), tmp_path)
    assert wrong.first_seam is not None
    assert wrong.first_seam < 0.6
    assert wrong.last_seam is None


async def test_a_clip_that_is_damaged_in_its_middle_is_unreadable(looks: ClipLooks, tmp_path: Path) -> None:
    clip = film(tmp_path / "clip.mp4", "testsrc2=size=320x180:rate=24:duration=2", "-g", "48")
    content = bytearray(clip.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 6000] = bytes(6000)
    clip.write_bytes(bytes(content))
    with pytest.raises(UnreadableMedia):
        await looks.look(clip, (), tmp_path)


@pytest.mark.parametrize(("rate", "seconds"), [("24", 2.0), ("25", 1.6), ("30000/1001", 3.0)])
async def test_the_last_picture_is_the_very_last(threads: Threads, tmp_path: Path, rate: str, seconds: float) -> None:
    clip = film(tmp_path / "clip.mp4", f"testsrc2=size=320x180:rate={rate}:duration={seconds}", "-bf", "2")
    await LastPictures(find_tools(), threads).extract(clip, seconds, tmp_path / "last.png")
    count = int(seconds * eval_rate(rate) + 0.5)
    with Image.open(tmp_path / "last.png") as taken, Image.open(io.BytesIO(shot(clip, count - 1))) as wanted:
        assert np.array_equal(np.asarray(taken.convert("RGB")), np.asarray(wanted.convert("RGB")))


def eval_rate(rate: str) -> float:
    above, _, below = rate.partition("/")
    return float(above) / float(below or 1)
