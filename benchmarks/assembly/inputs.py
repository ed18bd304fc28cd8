"""Ten or a hundred clips of six seconds with as many narrations, made once for all contenders."""

import shutil
import subprocess
from pathlib import Path

SECONDS, SIZE, RATE = 6, "1920x1080", 24
CLIP_KINDS = 2


def lay_out(ffmpeg: str, folder: Path, count: int) -> None:
    """Clips of 1080p at 5.7 Mb/s and narrations as MP3; kinds alternate, every file is a file of its own."""
    folder.mkdir(parents=True)
    for kind in range(CLIP_KINDS):
        _run(
            *(ffmpeg, "-v", "error", "-f", "lavfi", "-i", f"testsrc2=s={SIZE}:r={RATE}:d={SECONDS}"),
            *("-vf", f"hue=h={90 * kind},noise=alls=6:allf=t,format=yuv420p", "-c:v", "libx264"),
            *("-preset", "ultrafast", "-b:v", "5700k", "-maxrate", "6M", "-bufsize", "6M", "-g", "48", "-bf", "2"),
            str(folder / f"kind{kind}.mp4"),
        )
        sound = f"sine=f={300 + 200 * kind}:d=5,tremolo=f=4:d=0.8,volume=0.5"
        _run(ffmpeg, "-v", "error", "-f", "lavfi", "-i", sound, "-b:a", "128k", str(folder / f"kind{kind}.mp3"))
    for number in range(count):
        for ending in ("mp4", "mp3"):
            shutil.copyfile(folder / f"kind{number % CLIP_KINDS}.{ending}", folder / f"{number:03}.{ending}")


def clips(folder: Path) -> list[Path]:
    """The clips in their order."""
    return sorted(folder.glob("[0-9]*.mp4"))


def narrations(folder: Path) -> list[Path]:
    """The narrations in their order."""
    return sorted(folder.glob("[0-9]*.mp3"))


def _run(*command: str) -> None:
    subprocess.run(command, check=True)
