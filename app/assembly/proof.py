"""The proof report of a film: what it is, how loud, where its seams lie, what was copied and what it cost."""

from collections.abc import Mapping

from pydantic import JsonValue

from app.media.film_report import FilmReport, SegmentReport
from app.media.looks import ClipLook
from app.media.loudness import Loudness
from app.projects.values import SegmentView, Storyboard

__all__ = ["proof_of"]

MICRO = 1_000_000
MILLISECONDS = 3
SHARE_DIGITS = 4


def proof_of(
    board: Storyboard, made: FilmReport, looks: Mapping[int, ClipLook], spent_micro_usd: int
) -> dict[str, JsonValue]:
    """Everything that was read back from the finished file, segment by segment, and how each clip looks."""
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
        "segments": [
            _segment(segment, part, looks.get(segment.index))
            for segment, part in zip(board.segments, made.segments, strict=True)
        ],
        "cost": {"actual": spent_micro_usd / MICRO, "currency": "USD"},
    }


def _look(look: ClipLook) -> dict[str, JsonValue]:
    """Shares are of the clip's pictures; a seam is how alike the clip's end and its key frame are, from 0 to 1."""
    return {
        "black_share": round(look.black_share, SHARE_DIGITS),
        "frozen_share": round(look.frozen_share, SHARE_DIGITS),
        "first_seam": look.first_seam,
        "last_seam": look.last_seam,
    }


def _loudness(loudness: Loudness) -> dict[str, JsonValue]:
    return {
        "integrated_lufs": loudness.integrated_lufs,
        "true_peak_dbtp": loudness.true_peak_dbtp,
        "gain_db": loudness.gain_db,
        "is_quiet": loudness.is_quiet,
        "is_silent": loudness.is_silent,
    }


def _segment(segment: SegmentView, made: SegmentReport, look: ClipLook | None) -> JsonValue:
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
        "look": None if look is None else _look(look),
    }
