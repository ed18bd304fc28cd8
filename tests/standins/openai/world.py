"""Everything the stand-in remembers: what was paid, what was asked, what shall go wrong."""

import itertools
from dataclasses import dataclass, field
from typing import Any

from tests.standins.minimax.world import Fault

GOOD_KEY = "sk-proj-standin-0123456789abcdef"
TEXT_MODELS = (
    "gpt-6-astra",
    "gpt-6.1-sol",
    "gpt-6-luna",
    "gpt-5.6-sol",
    "gpt-5.6-terra",
    "gpt-5.6-luna",
    "gpt-5.4-mini",
)
FREE_SIZE_MODELS = ("gpt-image-2", "gpt-image-2.5-sunburst", "gpt-image-2.5-flare")
IMAGE_MODELS = (*FREE_SIZE_MODELS, "gpt-image-2.6-sunburst", "gpt-image-2.6-flare", "gpt-image-1.5", "gpt-image-1-mini")
SPEECH_MODELS = ("gpt-4o-mini-tts", "tts-1", "tts-1-hd")
MODERATION_MODELS = ("omni-moderation-latest", "omni-moderation-2024-09-26")
MODELS = (*TEXT_MODELS, *IMAGE_MODELS, *SPEECH_MODELS, *MODERATION_MODELS)


@dataclass
class Rules:
    """What a test or a person may change while the stand-in runs."""

    latency_seconds: float = 0.0
    has_credit: bool = True
    # How the model answers: a plan, a refusal, filtered, cut, fenced.
    answer: str = "plan"


@dataclass(frozen=True)
class Paid:
    """One accepted POST that costs money."""

    path: str
    model: str
    text: str


class World:
    """The vendor's side of the truth."""

    def __init__(self) -> None:
        self.rules = Rules()
        self.faults: list[Fault] = []
        self.paid: list[Paid] = []
        self.calls: list[tuple[str, str]] = []
        self.refused: list[tuple[str, str]] = []
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self._numbers = itertools.count(1)

    def new_id(self, kind: str) -> str:
        return f"{kind}_{next(self._numbers):024d}"

    def fault_for(self, path: str, *kinds: str) -> Fault | None:
        """The next fault of these kinds that fits the path, used up once."""
        for fault in self.faults:
            if fault.times > 0 and fault.kind in kinds and path.startswith(fault.path):
                fault.times -= 1
                return fault
        return None


@dataclass
class Refusal(Exception):
    """A refusal in the vendor's shape."""

    message: str
    code: str | None = None
    status: int = 400
    kind: str = "invalid_request_error"
    param: str | None = None
    headers: dict[str, str] = field(default_factory=dict)


def demand(condition: object, message: str, **said: Any) -> None:
    if not condition:
        raise Refusal(message, **said)


def demand_model(model: object, living: tuple[str, ...]) -> None:
    message = f"The model `{model}` does not exist or you do not have access to it."
    demand(model in living, message, code="model_not_found", status=404)


def charge(world: World, path: str, model: str, text: str) -> None:
    """Takes the money, if there is any."""
    message = "You exceeded your current quota, please check your plan and billing details."
    demand(world.rules.has_credit, message, code="insufficient_quota", status=429, kind="insufficient_quota")
    world.paid.append(Paid(path, model, text))
