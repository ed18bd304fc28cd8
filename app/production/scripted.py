"""Frozen values of scripted films: what is wished for, and the job that makes one."""

from dataclasses import dataclass

from app.jobs.domain import JobView, JsonObject
from app.library.domain import AssetView

__all__ = ["ScriptedJob", "ScriptedWish"]


@dataclass(frozen=True, kw_only=True)
class ScriptedWish:
    """How the film of a script is made; `config` is what the client said, kept as it was."""

    scene_seconds: float
    music_prompt: str
    music_volume: float
    config: JsonObject


@dataclass(frozen=True, kw_only=True)
class ScriptedJob:
    """The job of a scripted film, how far it is, and what it has made."""

    job: JobView
    percent: int
    film: AssetView | None
    poster: AssetView | None
