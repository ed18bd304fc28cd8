"""Pure: briefs, scopes and plans as the plain JSON that steps and attempts remember, and back."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from app.planning.values import Scene, Scope
from app.projects.options import Language
from app.providers.planner import PlanBrief, PlannedSegment, StoryPlan

__all__ = ["digest", "plain", "read_brief", "read_plan", "read_scope"]


def plain(value: PlanBrief | Scope | StoryPlan) -> dict[str, Any]:
    """The value as JSON would give it back."""
    kept: dict[str, Any] = json.loads(json.dumps(asdict(value)))
    return kept


def read_brief(kept: Mapping[str, Any]) -> PlanBrief:
    """A brief without a repair."""
    return PlanBrief(**kept)


def read_scope(kept: Mapping[str, Any]) -> Scope:
    """What a plan must fill."""
    scenes = tuple(Scene(**scene) for scene in kept["scenes"])
    return Scope(
        language=Language(kept["language"]),
        scenes=scenes,
        speed=kept["speed"],
        letters_per_second=kept.get("letters_per_second"),
        may_be_silent=kept.get("may_be_silent", False),
    )


def read_plan(kept: Mapping[str, Any]) -> StoryPlan:
    """What a planner has answered."""
    segments = tuple(
        PlannedSegment(**{**segment, "camera_commands": tuple(segment["camera_commands"])})
        for segment in kept["segments"]
    )
    return StoryPlan(kept["title"], segments, kept["continuity_notes"])


def digest(model: str, salt: str, brief: PlanBrief) -> str:
    """The same for the same question to the same model."""
    asked = {"model": model, "salt": salt, "brief": plain(brief)}
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
