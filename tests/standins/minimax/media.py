"""Real tiny media: clips, tones and pictures."""

import io
import re
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path

from imageio_ffmpeg import get_ffmpeg_exe
from PIL import Image, ImageOps

SIZES = {"480P": 480, "512P": 512, "720P": 720, "768P": 768, "1080P": 1080, "2K": 1440}
TINY = 8
FRAMES_PER_SECOND = 24


def _ffmpeg(*arguments: str) -> bytes:
    command = [get_ffmpeg_exe(), "-hide_banner", "-loglevel", "error", "-nostdin", "-threads", "1", *arguments]
    return subprocess.run(command, check=True, capture_output=True, timeout=120).stdout


def picture_size(content: bytes) -> tuple[int, int, str]:
    """Width, height and format of a picture; raises OSError when it is none."""
    with Image.open(io.BytesIO(content)) as picture:
        picture.load()
        return picture.width, picture.height, str(picture.format)


def clip_size(resolution: str, shape: bytes | None, *, full_size: bool) -> tuple[int, int]:
    """The short side follows the resolution, the long side the first frame's shape."""
    width, height, _ = (16, 9, "") if shape is None else picture_size(shape)
    short = SIZES[resolution] // (1 if full_size else TINY)
    long = round(short * max(width, height) / min(width, height) / 2) * 2
    short -= short % 2
    return (long, short) if width >= height else (short, long)


@lru_cache(maxsize=64)
def clip(size: tuple[int, int], seconds: int, first: bytes | None, last: bytes | None, *, sound: bool = False) -> bytes:
    """An MP4 that moves from the first to the last picture, or a test pattern."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "clip.mp4"
        source = _pattern(size, seconds) if first is None else _dissolve(Path(folder), size, seconds, first, last)
        tone = ["-f", "lavfi", "-t", str(seconds), "-i", "sine=frequency=220:sample_rate=44100"] if sound else []
        mapping = ["-map", "[v]"] + (["-map", f"{source.count('-i')}:a", "-c:a", "aac"] if sound else [])
        encode = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-movflags", "+faststart"]
        inputs, graph = source[:-1], source[-1]
        _ffmpeg(*inputs, *tone, "-filter_complex", graph, *mapping, *encode, "-t", str(seconds), str(made))
        return made.read_bytes()


def _pattern(size: tuple[int, int], seconds: int) -> list[str]:
    wide, high = size
    pattern = f"testsrc2=size={wide}x{high}:rate={FRAMES_PER_SECOND}:duration={seconds}"
    return ["-f", "lavfi", "-i", pattern, "[0:v]null[v]"]


def _dissolve(folder: Path, size: tuple[int, int], seconds: int, first: bytes, last: bytes | None) -> list[str]:
    wide, high = size
    inputs: list[str] = []
    fit = "setsar=1,format=yuv420p"
    for name, content in (("first.png", first), ("last.png", last or first)):
        # ffmpeg reads a looped picture anew for every frame, so it gets a small one.
        with Image.open(io.BytesIO(content)) as picture:
            ImageOps.fit(picture.convert("RGB"), (wide, high), Image.Resampling.BICUBIC).save(folder / name)
        inputs += ["-loop", "1", "-framerate", str(FRAMES_PER_SECOND), "-t", str(seconds), "-i", str(folder / name)]
    turned = "" if last else ",hflip"
    graph = f"[0:v]{fit}[a];[1:v]{fit}{turned}[b];[a][b]xfade=transition=fade:duration={seconds - 0.5}:offset=0.2[v]"
    return [*inputs, graph]


@lru_cache(maxsize=64)
def tone(seconds: float, kind: str) -> bytes:
    """A sound of this length: mp3 or wav."""
    source = ["-f", "lavfi", "-i", f"sine=frequency=180:sample_rate=44100:duration={seconds:.3f}", "-ac", "1"]
    codec = ["-c:a", "libmp3lame", "-b:a", "64k", "-f", "mp3"] if kind == "mp3" else ["-f", "wav"]
    return _ffmpeg(*source, *codec, "-")


def sound_seconds(content: bytes) -> float | None:
    """How long a recording is, or None when it is none."""
    command = [get_ffmpeg_exe(), "-hide_banner", "-nostdin", "-i", "pipe:0", "-f", "null", "-"]
    said = subprocess.run(command, input=content, check=False, capture_output=True, timeout=60).stderr.decode()
    times = re.findall(r"time=(\d+):(\d+):(\d+\.\d+)", said)
    if not times or "Audio:" not in said:
        return None
    hours, minutes, seconds = times[-1]
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


@lru_cache(maxsize=32)
def still(wide: int, high: int, colour: tuple[int, int, int], kind: str = "JPEG") -> bytes:
    """A picture with a gradient."""
    picture = Image.linear_gradient("L").resize((wide, high))
    coloured = Image.merge("RGB", [picture.point(lambda value, top=top: value * top // 255) for top in colour])
    made = io.BytesIO()
    coloured.save(made, kind)
    return made.getvalue()
