"""Wire shapes of voices and narration takes."""

from app.core.schema import Reply, Utc

__all__ = ["NarrationList", "NarrationRead"]


class NarrationRead(Reply):
    """One spoken try at a segment's narration; `words_to_cut` is 0 when it fits."""

    id: str
    segment_id: str
    number: int
    job_id: str
    asset_id: str
    voice_id: str
    provider: str
    text: str
    spoken_seconds: float
    duration_seconds: float
    tempo: float
    words_to_cut: int
    cost_micro_usd: int
    created_at: Utc


class NarrationList(Reply):
    """Takes of a segment, newest first."""

    narrations: list[NarrationRead]
    total: int
