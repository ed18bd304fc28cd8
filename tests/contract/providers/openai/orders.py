"""Calls that the vendor takes, one for each role."""

from collections.abc import Awaitable, Callable

from app.providers.image import ImageRequest
from app.providers.openai.bundle import OpenAIBundle
from app.providers.planner import PlanBrief
from app.providers.speech import SpeechRequest
from app.providers.values import AttemptKey, MediaType, Picture
from tests.standins.minimax.media import still

KEY = AttemptKey("attempt-1")
BRIEF = PlanBrief("A fox leaves the wood. He finds a lantern. It glows.", 3, 6, "en", "Plan a short film.")
PAID = {
    "/v1/responses": lambda kit: kit.planner.plan(BRIEF, key=KEY),
    "/v1/images/generations": lambda kit: kit.image.draw(ImageRequest("A fox"), key=KEY),
    "/v1/images/edits": lambda kit: kit.image.draw(ImageRequest("A fox", references=(frame(),)), key=KEY),
    "/v1/audio/speech": lambda kit: kit.speech.speak(speech(), key=KEY),
}
FREE: dict[str, Callable[[OpenAIBundle], Awaitable[object]]] = {
    "/v1/models": lambda kit: kit.check(),
    "/v1/moderations": lambda kit: kit.moderation.judge_text("A fox"),
}


def frame(kind: MediaType = MediaType.PNG) -> Picture:
    return Picture(still(320, 180, (200, 40, 40), kind.value.partition("/")[2].upper()), kind, 320, 180)


def speech(text: str = "Ala ma kota", voice_id: str = "marin", **changes: object) -> SpeechRequest:
    return SpeechRequest(text, voice_id=voice_id, **{"language": "pl", **changes})
