"""The proof report of a film: what it is, how loud, where its seams lie, what was copied and what it cost."""

from pydantic import JsonValue

from app.media.film_report import FilmReport, SegmentReport
from app.media.loudness import Loudness
from app.projects.values import SegmentView, Storyboard

__all__ = ["proof_of"]

MICRO = 1_000_000
MILLISECONDS = 3


def proof_of(board: Storyboard, made: FilmReport, spent_micro_usd: int) -> dict[str, JsonValue]:
    """Everything that was read back from the finished file, segment by segment."""
    return {
        "project_id": board.project.id,
        "title": board.project.plan_title or board.project.settings.name,
        "duration_seconds": round(made.duration_seconds, MILLISECONDS),
        "size_bytes": made.size_bytes,
        "video": {
            "codec": made.video_codec,
            "width": made.width_px,
            "height": made.height_px,
            "frames_per_second": round(made.frames_per_second, MILLISECONDS),
            "is_copied_whole": made.is_copied_whole,
        },
        "audio": {"codec": made.audio_codec, **_loudness(made.loudness)},
        "seams_seconds": [round(seam, MILLISECONDS) for seam in made.seams_seconds],
        "segments": [_segment(*each) for each in zip(board.segments, made.segments, strict=True)],
        "cost": {"actual": spent_micro_usd / MICRO, "currency": "USD"},
    }


def _loudness(loudness: Loudness) -> dict[str, JsonValue]:
    return {
        "integrated_lufs": loudness.integrated_lufs,
        "true_peak_dbtp": loudness.true_peak_dbtp,
        "gain_db": loudness.gain_db,
        "is_quiet": loudness.is_quiet,
        "is_silent": loudness.is_silent,
    }


def _segment(segment: SegmentView, made: SegmentReport) -> JsonValue:
    return {
        "index": segment.index,
        "clip_asset_id": segment.clip_asset_id,
        "narration_asset_id": segment.narration_asset_id,
        "start_seconds": round(made.start_seconds, MILLISECONDS),
        "duration_seconds": round(made.duration_seconds, MILLISECONDS),
        "first_frame": made.first_frame,
        "frame_count": made.frame_count,
        "treatment": made.decision.treatment.value,
        "reasons": list(made.decision.reasons),
    }
