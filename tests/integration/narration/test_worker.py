"""The whole way with the real job engine and the real offline voices: clone, narrate, listen, delete."""

import io
import wave
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI

from app.core.settings import Settings
from app.main import create_app
from app.providers.speech import SpeechRequest
from app.providers.values import AttemptKey, MediaType
from app.resources import Resources
from tests.conftest import MakeSettings
from tests.integration.narration.conftest import API, TEXT

Json = dict[str, Any]
WAIT = {"Prefer": "wait=60"}


@pytest.fixture
def settings(make_settings: MakeSettings, database_url: str) -> Settings:
    return make_settings(database={"database_url": database_url}, work={"embedded_worker": True})


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[FastAPI]:
    application = create_app(settings)
    async with application.router.lifespan_context(application):
        yield application


async def spoken_sample(resources: Resources) -> bytes:
    """A recording of a synthetic speaker, because nobody's voice is copied in tests."""
    request = SpeechRequest(" ".join([TEXT] * 5), "pl-warm", "pl", media_type=MediaType.WAV)
    spoken = await resources.engines.speech("local").speak(request, key=AttemptKey("sample"))
    with wave.open(io.BytesIO(spoken.audio)) as sound:
        assert sound.getnframes() / sound.getframerate() > 10
    return spoken.audio


async def test_a_voice_is_cloned_narrates_is_heard_and_deleted(
    app: FastAPI, alice: httpx2.AsyncClient, segment: Json
) -> None:
    film = {"project_id": segment["project_id"]}
    sample = {"file": ("voice.wav", await spoken_sample(app.state.resources), "audio/wav")}
    await alice.post(f"{API}/projects/{segment['project_id']}/audio-sample", files=sample)
    cloned = await alice.post(f"{API}/generation/voice-clone", params=film, headers=WAIT)
    assert cloned.status_code == 200, cloned.text
    narrated = await alice.post(f"{API}/segments/{segment['id']}/narrate", headers=WAIT)
    assert narrated.status_code == 200, narrated.text
    assert narrated.json()["voice_id"] == cloned.json()["voice_id"]
    assert 1.5 < narrated.json()["duration_seconds"] <= 6
    shown = (await alice.get(f"{API}/segments/{segment['id']}")).json()
    assert (await alice.get(shown["audio_url"])).headers["content-type"] == "audio/mpeg"
    voice = f"{API}/voices/{cloned.json()['id']}"
    heard = await alice.post(f"{voice}/preview", headers=WAIT)
    assert heard.status_code == 200, heard.text
    assert (await alice.delete(voice)).status_code == 204
    assert (await alice.get(voice)).status_code == 404
