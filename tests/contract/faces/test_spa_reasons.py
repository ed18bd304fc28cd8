"""Client A's cards tell why something was not made: a failed narration, a refused start, a key frame that failed."""

from typing import Any

import httpx2

from app.providers.errors import ContentBlocked
from app.providers.speech import SpeechRequest
from tests.contract.faces.test_spa_rows import made, settings, written
from tests.doubles.speech import ScriptedSpeech
from tests.doubles.visuals import ScriptedPainter
from tests.scripted_house import app, camera, kit, painter, speaker, vendor

__all__ = ["app", "camera", "kit", "painter", "settings", "speaker", "vendor"]


def refused(_request: SpeechRequest) -> Any:
    raise ContentBlocked(provider="minimax")


async def test_a_narration_that_fails_while_its_clip_can_be_bought_is_generated_with_audio_url_null_and_the_reason(
    alice: httpx2.AsyncClient, speaker: ScriptedSpeech
) -> None:
    segment = await written(alice)
    speaker.script = [refused]
    shown = await made(alice, segment)
    assert (shown["status"], shown["audioUrl"], bool(shown["videoUrl"])) == ("generated", None, True)
    assert shown["errorMessage"] == ContentBlocked.message
    again = await made(alice, segment)
    assert (again["status"], bool(again["audioUrl"]), again["errorMessage"]) == ("generated", True, None)
    assert again["videoUrl"].split("/")[-1] == shown["videoUrl"].split("/")[-1], "the clip is not bought again"


async def test_a_refusal_before_a_child_exists_has_a_reason(alice: httpx2.AsyncClient) -> None:
    segment = await written(alice, narrationText="Lis biegnie przez las. " * 15)
    shown = await made(alice, segment)
    assert (shown["status"], shown["audioUrl"]) == ("generated", None)
    assert "Cut about" in shown["errorMessage"]


async def test_a_failure_of_a_key_frame_has_a_reason(alice: httpx2.AsyncClient, painter: ScriptedPainter) -> None:
    segment = await written(alice, narrationText="")

    def blocked(_request: object) -> Any:
        raise ContentBlocked(provider="minimax")

    painter.script = [blocked] * 5
    shown = await made(alice, segment)
    assert (shown["status"], shown["videoUrl"]) == ("approved", None)
    assert shown["errorMessage"] == ContentBlocked.message
