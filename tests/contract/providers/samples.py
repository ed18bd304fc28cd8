"""Requests that the vendor takes, and small steps that tests share."""

from app.core.sinks import MemorySink
from app.providers.minimax.bundle import MiniMaxBundle
from app.providers.speech import CloneRequest, SpeechRequest, VoiceSample
from app.providers.values import AttemptKey, CameraCommand, MediaType, Picture
from app.providers.video import Failed, RemoteTask, Running, Succeeded, VideoRequest, VideoResolution
from tests.doubles.clock import FrozenClock
from tests.standins.minimax.media import still, tone

CAMERA_MODEL = "MiniMax-Hailuo-02"
SOUND_MODEL = "MiniMax-H3"
KEY = AttemptKey("attempt-1")
MOST_LOOKS = 500


def frame(wide: int = 640, high: int = 360, colour: tuple[int, int, int] = (200, 40, 40)) -> Picture:
    return Picture(still(wide, high, colour), MediaType.JPEG, wide, high)


def request(model: str = CAMERA_MODEL) -> VideoRequest:
    """First and last frame, six seconds."""
    camera = (CameraCommand.PAN_LEFT, CameraCommand.PEDESTAL_UP) if model == CAMERA_MODEL else ()
    last = frame(colour=(40, 200, 40))
    return VideoRequest(model, "A lake at dawn", 6, VideoResolution.P768, frame(), last, camera)


def speech(text: str = "Ala ma kota", voice_id: str = "Wise_Woman") -> SpeechRequest:
    return SpeechRequest(text, voice_id=voice_id, language="pl")


def cloning(voice_key: str = "voice-1", seconds: float = 12.0) -> CloneRequest:
    return CloneRequest(voice_key, VoiceSample(tone(seconds, "mp3"), MediaType.MP3, seconds), "pl")


async def ended(kit: MiniMaxBundle, clock: FrozenClock, task: RemoteTask) -> Succeeded | Failed:
    """Looks at the pace that the adapter asks for until the task ends."""
    for _ in range(MOST_LOOKS):
        state = await kit.video.poll(task)
        if not isinstance(state, Running):
            return state
        clock.move(state.look_again_seconds)
    message = f"still running: {state}"
    raise AssertionError(message)


async def made(kit: MiniMaxBundle, clock: FrozenClock, model: str = CAMERA_MODEL) -> Succeeded:
    """A finished clip at the vendor."""
    state = await ended(kit, clock, await kit.video.submit(request(model), key=KEY))
    assert isinstance(state, Succeeded)
    return state


async def fetched(kit: MiniMaxBundle, done: Succeeded) -> bytes:
    """The bytes of a finished clip, as the sink received them."""
    sink = MemorySink(64 * 1024 * 1024)
    await kit.video.fetch(done, sink)
    return sink.content
