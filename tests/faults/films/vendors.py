"""Both stand-in vendors of a film, what shall go wrong at which stage, and how often each stage was paid."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tests.doubles.leaping_clock import LeapingClock
from tests.standins.minimax.app import minimax_app
from tests.standins.minimax.world import GOOD_KEY, Fault, World
from tests.standins.openai.app import openai_app
from tests.standins.openai.world import GOOD_KEY as OPENAI_KEY
from tests.standins.openai.world import World as OpenAIWorld
from tests.standins.running import served

__all__ = ["BOUGHT", "Stage", "Trouble", "Vendors", "vendors"]

OPENAI_REFUSAL = '{"error": {"message": "no", "type": "invalid_request_error", "param": null, "code": null}}'
INVALID_PARAMS = 2013
# Long enough for a call that is to be killed; a call that is only lost ends as a broken connection soon.
HELD_SECONDS, LOST_SECONDS, SETTLING_SECONDS = 60.0, 0.1, 0.3


class Stage(StrEnum):
    """Where a film is bought; the cut is made here and costs nothing."""

    VOICE = "voice"
    PLAN = "plan"
    NARRATION = "narration"
    FRAMES = "frames"
    CLIPS = "clips"
    CUT = "cut"


class Trouble(StrEnum):
    """What goes wrong. Where an answer is lost or is garbage, the vendor has done the work and taken its money."""

    REFUSED = "refused"
    TIMED_OUT = "timed_out"
    GARBAGE = "garbage"
    KILLED = "killed"


# The newer interface has a list of orders, so an order that was lost on its way back is found there.
LISTED = {"video_model": "MiniMax-H3"}
PATHS = {
    Stage.VOICE: "/v1/voice_clone",
    Stage.PLAN: "/v1/responses",
    Stage.NARRATION: "/v1/t2a_v2",
    Stage.FRAMES: "/v1/image_generation",
    Stage.CLIPS: "/v2/video_generation",
}
# What a film of two segments buys; of several calls the second goes wrong, so that the first is what must stay.
BOUGHT = {Stage.VOICE: 1, Stage.PLAN: 1, Stage.NARRATION: 2, Stage.FRAMES: 3, Stage.CLIPS: 2}
ONE_CALL = frozenset({Stage.VOICE, Stage.PLAN})


@dataclass
class Vendors:
    """The worlds behind the stand-ins, and the settings that point the service at them."""

    minimax: World = field(default_factory=World)
    openai: OpenAIWorld = field(default_factory=OpenAIWorld)
    settings: dict[str, dict[str, Any]] = field(default_factory=dict)
    planned: list[Fault] = field(default_factory=list)

    def spoil(self, stage: Stage, trouble: Trouble) -> None:
        """Plans one fault: for the second call of a stage, or for the next one where the first is done."""
        planned = _fault(stage, trouble)
        planned.after = 0 if stage in ONE_CALL or self.paid()[stage] else 1
        (self.openai if stage is Stage.PLAN else self.minimax).faults.append(planned)
        self.planned.append(planned)

    @property
    def struck(self) -> int:
        """How many of the planned faults have happened."""
        return sum(planned.times == 0 for planned in self.planned)

    async def leaps(self, clock: LeapingClock, seconds: float) -> None:
        """Lets time pass after each fault that strikes, so that nobody waits for what will not come."""
        seen = 0
        while True:
            if self.struck > seen:
                await asyncio.sleep(SETTLING_SECONDS)
                seen += 1
                clock.leap(seconds)
                # The vendor's orders are listed by time, so its clock must not stay behind.
                self.minimax.advanced += seconds
            await asyncio.sleep(0.05)

    def paid(self) -> dict[Stage, int]:
        """How many calls of each stage took money."""
        books = [paid.path for paid in self.openai.paid] + [paid.path for paid in self.minimax.paid]
        return {stage: books.count(path) for stage, path in PATHS.items()}


def _fault(stage: Stage, trouble: Trouble) -> Fault:
    path = PATHS[stage]
    match trouble:
        case Trouble.REFUSED if stage is Stage.PLAN:
            return Fault("status", path, status=400, body=OPENAI_REFUSAL, headers={"content-type": "application/json"})
        case Trouble.REFUSED:
            return Fault("code", path, code=INVALID_PARAMS)
        case Trouble.TIMED_OUT:
            return Fault("swallow_hang", path, seconds=LOST_SECONDS)
        case Trouble.GARBAGE:
            return Fault("swallow_status", path, status=200)
        case Trouble.KILLED:
            return Fault("swallow_hang", path, seconds=HELD_SECONDS)


@contextmanager
def vendors() -> Iterator[Vendors]:
    """The stand-ins, served over real HTTP."""
    both = Vendors()
    both.minimax.rules.task_seconds = 0.2
    both.minimax.rules.callbacks = "never"
    with served(minimax_app(both.minimax)) as address, served(openai_app(both.openai)) as openai_address:
        both.minimax.base_url = address
        pace = {"poll_seconds": 0.1, "rpm_video": 1000, "rpm_image": 1000, "rpm_speech": 1000}
        both.settings = {
            "minimax": {"api_key": GOOD_KEY, "api_base": address, **LISTED, **pace},
            "openai": {"api_key": OPENAI_KEY, "base_url": f"{openai_address}/v1"},
            "providers": {"image": "minimax"},
            "server": {"log_level": "ERROR"},
            # A test that sets the clock ahead stays signed in.
            "security": {"access_token_expire_minutes": 10_000},
        }
        yield both
