"""The proof report of a film: what it is, how loud, where its seams lie, what was copied and what it cost."""

import base64
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from pydantic import JsonValue

from app.media.film import FilmReport, SegmentReport
from app.media.loudness import Loudness
from app.media.probe import ClipLook
from app.projects.domain import SegmentView, Storyboard

STYLE = """
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:80rem;padding:0 1rem;color:#1c2733}
h1{font-size:1.5rem}img{max-width:100%;border-radius:4px}table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid #d7dde3;font-variant-numeric:tabular-nums}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1.2rem}dt{color:#5b6b7a}dd{margin:0}
"""
MICRO = 1_000_000
MILLISECONDS = 3
SHARE_DIGITS = 4


def page_of(proof: Mapping[str, Any], sheet: bytes, wave: bytes) -> str:
    """The page; whatever people wrote stands in it as text."""
    title = escape(str(proof["title"]))
    facts = "".join(f"<dt>{name}</dt><dd>{escape(said)}</dd>" for name, said in _facts(proof))
    return (
        f'<!doctype html><html><head><meta charset="utf-8"><title>{title}</title><style>{STYLE}</style></head>'
        f"<body><h1>{title}</h1><dl>{facts}</dl>"
        f'<p><img alt="First picture of every segment" src="{_inline("jpeg", sheet)}"></p>'
        f'<p><img alt="Loudness over time" src="{_inline("png", wave)}"></p>'
        f"{_table(proof['segments'])}</body></html>"
    )


def _facts(proof: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
    video, audio, cost = proof["video"], proof["audio"], proof["cost"]
    rate = f"{video['frames_per_second']:g} frames per second"
    loudness = f"{audio['integrated_lufs']:.1f} LUFS, true peak {audio['true_peak_dbtp']:.1f} dBTP"
    copied = sum(segment["treatment"] == "copied" for segment in proof["segments"])
    return (
        ("Length", f"{proof['duration_seconds']:.3f} s"),
        ("Size", f"{proof['size_bytes'] / 1e6:.1f} MB"),
        ("Pictures", f"{video['codec']}, {video['width']} x {video['height']}, {rate}"),
        ("Sound", f"{audio['codec']}, silent" if audio["is_silent"] else f"{audio['codec']}, {loudness}"),
        ("Copied bit by bit", f"{copied} of {len(proof['segments'])} segments"),
        ("Cost", f"{cost['actual']:.2f} {cost['currency']}"),
    )


def _table(segments: Sequence[Mapping[str, Any]]) -> str:
    head = "<tr><th>Segment</th><th>Begins at</th><th>Length</th><th>Frames</th><th>Pictures</th>"
    head += "<th>Black</th><th>Still</th><th>Begins as its frame</th><th>Ends as its frame</th></tr>"
    return f"<table><thead>{head}</thead><tbody>{''.join(map(_row, segments))}</tbody></table>"


def _row(segment: Mapping[str, Any]) -> str:
    why = ", ".join(segment["reasons"])
    treated = "copied" if segment["treatment"] == "copied" else f"encoded again: {why}"
    cells = (
        str(segment["index"] + 1),
        f"{segment['start_seconds']:.3f} s",
        f"{segment['duration_seconds']:.3f} s",
        str(segment["frame_count"]),
        treated,
        *_looks(segment["look"]),
    )
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"


def _looks(look: Mapping[str, Any] | None) -> Sequence[str]:
    if look is None:
        return ("", "", "", "")
    shares = [f"{look[name]:.0%}" for name in ("black_share", "frozen_share")]
    seams = [look[name] for name in ("first_seam", "last_seam")]
    return (*shares, *("" if seam is None else f"{seam:.2f}" for seam in seams))


def _inline(kind: str, content: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


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
