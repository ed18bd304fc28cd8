"""Client A's voices: from elsewhere with consent, unknown to the engine, another person's, and lost."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest

from app.narration.models import Voice
from app.narration.repository import VoiceRepository
from app.providers.errors import InvalidRequest
from app.providers.speech import SpeechRequest, VoiceOrigin
from app.resources import Resources
from tests.contract.faces.test_spa_cards import card
from tests.contract.faces.test_spa_rows import made, resources, sent, settings, written
from tests.doubles.speech import ScriptedSpeech
from tests.people import SignedIn
from tests.scripted_house import app, kit, speaker, vendor

__all__ = ["app", "kit", "resources", "settings", "speaker", "vendor"]


@asynccontextmanager
async def voices_of(resources: Resources) -> AsyncIterator[VoiceRepository]:
    async with resources.database.unit_of_work() as session:
        yield VoiceRepository(session, resources.clock)


async def test_a_voice_id_that_the_provider_lists_can_be_added_and_its_consent_is_kept(
    alice: httpx2.AsyncClient, resources: Resources, speaker: ScriptedSpeech
) -> None:
    speaker.listed = ["clone-from-elsewhere"]
    speaker.system_voices = ["narrator-1"]
    for voice_id in ("clone-from-elsewhere", "narrator-1"):
        saved = await sent(alice, "POST", "/voices/", {"voiceId": voice_id, "name": "Mine"}, 201)
        assert saved["voiceId"] == voice_id
        assert await consent_of(resources, alice, saved["id"]) == (voice_id != "narrator-1")
        await sent(alice, "POST", "/voices/", {"voiceId": voice_id, "name": "Mine"}, 409)
    unknown = await sent(alice, "POST", "/voices/", {"voiceId": "nobody", "name": "Nobody"}, 404)
    assert unknown["detail"].startswith("The engine lists no voice of this id.")
    for voice in (await sent(alice, "GET", "/voices/"))["voices"]:
        await sent(alice, "DELETE", f"/voices/{voice['id']}", status=204)
    assert speaker.deleted == [], "what was made elsewhere stays there"


async def consent_of(resources: Resources, person: httpx2.AsyncClient, voice_row_id: str) -> bool:
    """Whether a statement of the caller is kept with the voice."""
    shown = (await person.get(f"/api/v1/voices/{voice_row_id}")).json()
    return shown["consent_at"] is not None


async def test_natively_a_voice_from_elsewhere_needs_the_words_of_consent(
    alice: httpx2.AsyncClient, speaker: ScriptedSpeech
) -> None:
    speaker.listed = ["clone-from-elsewhere"]
    wish = {"voice_id": "clone-from-elsewhere", "name": "Mine"}
    refusal = await alice.post("/api/v1/voices", json=wish)
    assert (refusal.status_code, refusal.json()["code"]) == (422, "voice.consent_missing")
    saved = await alice.post("/api/v1/voices", json=wish | {"consent": "It is my own voice."})
    assert saved.status_code == 201, saved.text
    assert (saved.json()["origin"], saved.json()["consent_at"] is None) == ("cloned", False)


async def test_a_voice_that_another_person_made_here_is_not_found(
    alice: httpx2.AsyncClient, signed_in: SignedIn, resources: Resources, speaker: ScriptedSpeech
) -> None:
    bob = await signed_in("bob")
    me = (await bob.get("/api/v1/auth/me")).json()["id"]
    async with voices_of(resources) as voices:
        await voices.keep(cloned(me, "clone-of-bob"))
    speaker.listed = ["clone-of-bob"]
    await sent(alice, "POST", "/voices/", {"voiceId": "clone-of-bob", "name": "Stolen"}, 404)


def cloned(owner_id: str, voice_id: str) -> Voice:
    return Voice(
        owner_id=owner_id,
        voice_id=voice_id,
        provider="minimax",
        origin=VoiceOrigin.CLONED,
        name="Mine",
        description="",
        note="",
    )


def unknown_voice(_request: SpeechRequest) -> Any:
    raise InvalidRequest(provider="minimax")


@pytest.mark.parametrize("is_known", [True, False])
async def test_a_lost_voice_falls_back_to_the_default_voice_with_a_note(
    alice: httpx2.AsyncClient, resources: Resources, speaker: ScriptedSpeech, is_known: bool
) -> None:
    segment = await written(alice)
    me = (await alice.get("/api/v1/auth/me")).json()["id"]
    async with voices_of(resources) as voices:
        voice = await voices.keep(cloned(me, "clone-1"))
    body = {"projectId": segment["projectId"], "voiceId": "clone-1"}
    await sent(alice, "POST", "/voices/assign", body)
    if is_known:
        async with voices_of(resources) as voices:
            await voices.note(voice.id, lost_at=resources.clock.now())
    else:
        speaker.script = [unknown_voice]
    shown = await made(alice, segment)
    assert (shown["status"], bool(shown["audioUrl"]), shown["errorMessage"]) == ("generated", True, None)
    assert [said.voice_id for said in speaker.said] == (["calm"] if is_known else ["clone-1", "calm"])
    jobs = (await alice.get("/api/v1/jobs?kind=segment.produce")).json()["jobs"]
    assert "usual voice speaks instead" in jobs[0]["result"]["notes"][0]
    assert (await card(alice, segment))["status"] == "generated"
