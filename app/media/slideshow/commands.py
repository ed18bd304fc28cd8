"""Pure: what ffmpeg and the drawing child are told for a slideshow."""

import json
from pathlib import Path

from app.media.slideshow.show import Slideshow
from app.media.sniff import Kind
from app.media.timeline import SAMPLE_RATE
from app.media.tools import file_address, guarded_input

__all__ = ["TICKS_PER_FRAME", "UNREADABLE", "encoding_arguments", "order_of"]

TICKS_PER_FRAME = 512
# How the worker ends when a picture of its order does not open.
UNREADABLE = 3
KEYFRAME_SECONDS = 2
QUALITY = "20"
THREADS = "4"
COLOURS = "range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709"


def order_of(show: Slideshow, pipe: Path) -> bytes:
    """The order for the child that draws."""
    plan = show.plan
    rows = [
        {"path": str(slide.picture.absolute()), "effect": slide.effect.value, "fit": slide.fit.value}
        for slide in show.slides
    ]
    order = {
        "slides": rows,
        "bounds": plan.bounds,
        "fade_frames": plan.fade_frames,
        "size": (show.width_px, show.height_px),
        "pipe": str(pipe.absolute()),
    }
    return json.dumps(order).encode()


def encoding_arguments(show: Slideshow, pipe: Path, narration: Kind | None, into: Path) -> list[str]:
    """Frames from the pipe and the narration, padded or cut to the pictures' length, into one file."""
    rate = show.frames_per_second
    coming = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{show.width_px}x{show.height_px}", "-r", str(rate)]
    coding = ["-c:v", "libx264", "-preset", "veryfast", "-crf", QUALITY, "-threads", THREADS, "-pix_fmt", "yuv420p"]
    return [
        *("-y", "-v", "error", "-progress", "pipe:2", "-stats_period", "0.5", "-protocol_whitelist", "file"),
        *(*coming, "-i", file_address(pipe), *_narration_input(show, narration)),
        *("-map", "0:v", "-vf", f"setsar=1,setparams={COLOURS}", *coding, "-g", str(rate * KEYFRAME_SECONDS)),
        *("-flags", "+cgop+bitexact", "-fflags", "+bitexact", *_narration_output(show, narration)),
        *("-video_track_timescale", str(rate * TICKS_PER_FRAME), "-write_btrt", "0", "-movflags", "+faststart"),
        *("-map_metadata", "-1", "-map_chapters", "-1", "-f", "mp4", file_address(into)),
    ]


def _narration_input(show: Slideshow, kind: Kind | None) -> list[str]:
    if show.narration is None or kind is None:
        return []
    return ["-vn", *guarded_input(show.narration, kind)]


def _narration_output(show: Slideshow, kind: Kind | None) -> list[str]:
    if show.narration is None or kind is None:
        return ["-an"]
    uniform = f"aresample={SAMPLE_RATE},aformat=sample_fmts=fltp:channel_layouts=stereo"
    exact = f"apad=whole_len={show.sample_count},atrim=end_sample={show.sample_count}"
    return ["-map", "1:a:0", "-af", f"{uniform},{exact}", "-c:a", "aac", "-aac_coder", "fast", "-b:a", "192k"]
