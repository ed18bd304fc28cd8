"""Which ffmpeg is used, and how every input is handed to it."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg

from app.core import process
from app.core.process import Finished, Limits, ProcessFailed, ProcessTimedOut
from app.media.errors import ToolFailed, ToolMissing, ToolTimedOut
from app.media.sniff import FileKind

NEEDED_FILTERS = ("zoompan", "xfade", "ebur128", "alimiter", "sidechaincompress", "concat", "subtitles")
VERSION_SECONDS = 20.0
DEMUXERS = {FileKind.MP3: "mp3", FileKind.WAV: "wav", FileKind.M4A: "mov", FileKind.MP4: "mov"}
# ffmpeg's whitelist names decoders, which differ from the names of the formats they read.
DECODERS = {
    FileKind.MP3: "mp3float,mp3",
    FileKind.WAV: "pcm_s16le,pcm_s24le,pcm_s32le,pcm_f32le,pcm_f64le,pcm_u8,pcm_alaw,pcm_mulaw",
    FileKind.M4A: "aac,alac,mp3float,opus",
    FileKind.MP4: "h264,hevc,av1,libdav1d,vp9,aac,mp3float,opus",
}


@dataclass(frozen=True)
class FFmpeg:
    """A usable ffmpeg."""

    path: str
    version: str


@dataclass(frozen=True)
class Tools:
    """Media tools of this machine; `ffprobe` is empty where there is none."""

    ffmpeg: str
    ffprobe: str = ""

    async def run(
        self,
        arguments: Sequence[str],
        *,
        timeout_seconds: float,
        cwd: Path | None = None,
        on_line: Callable[[str], None] | None = None,
    ) -> Finished:
        """Runs ffmpeg to its end; its exit code is the caller's to judge, and `on_line` hears what it says."""
        command = [self.ffmpeg, "-nostdin", "-hide_banner", "-nostats", *arguments]
        limits = Limits(cpu_seconds=max(10, int(timeout_seconds * 4)))
        try:
            return await process.run(command, timeout_seconds=timeout_seconds, limits=limits, cwd=cwd, on_line=on_line)
        except ProcessTimedOut as late:
            raise ToolTimedOut from late
        except ProcessFailed as fault:
            raise ToolFailed from fault

    async def check(self) -> FFmpeg:
        """The version, once it is sure that this ffmpeg can do what films need."""
        version = await self.run(["-version"], timeout_seconds=VERSION_SECONDS)
        filters = await self.run(["-filters"], timeout_seconds=VERSION_SECONDS)
        known = {line.split()[1] for line in filters.stdout.decode().splitlines() if len(line.split()) > 2}
        missing = [name for name in NEEDED_FILTERS if name not in known]
        if not version.succeeded or missing:
            raise ToolMissing(facts={"missing_filters": list(missing)})
        return FFmpeg(self.ffmpeg, version.stdout.decode().split("\n", 1)[0].split(" ")[2])


def find_tools(ffmpeg_path: str = "", ffprobe_path: str = "") -> Tools:
    """The configured tools, else the ones that came with the installation, else those on the PATH."""
    candidates = (ffmpeg_path, _bundled(), shutil.which("ffmpeg") or "")
    found = next((path for path in candidates if path and Path(path).is_file()), "")
    if not found or (ffmpeg_path and found != ffmpeg_path):
        raise ToolMissing
    return Tools(found, ffprobe_path)


def guarded_input(path: Path, kind: FileKind) -> list[str]:
    """Input arguments that force the proven kind, so that no list or address hidden in the file is followed."""
    return [
        "-protocol_whitelist",
        "file,pipe",
        "-format_whitelist",
        DEMUXERS[kind],
        "-codec_whitelist",
        DECODERS[kind],
        "-max_pixels",
        "40000000",
        "-f",
        DEMUXERS[kind],
        "-i",
        file_address(path),
    ]


def file_address(path: Path) -> str:
    """The path as ffmpeg must read it: a file, whatever its name looks like."""
    return f"file:{path.absolute()}"


def _bundled() -> str:
    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError:
        return ""
