"""Voices run out, are lost and left behind; the watch over them notices."""

import os
from datetime import timedelta
from typing import Any

import httpx2

from app.library.jobs import SweepLibrary
from app.narration.repository import VoiceRepository
from app.providers.speech import VoiceOrigin
from tests import factories
from tests.doubles.speech import ScriptedSpeech
from tests.integration.narration.conftest import API, Bench

Json = dict[str, Any]


async def test_a_voice_says_that_its_time_is_running_out(bench: Bench) -> None:
    now = bench.resources.clock.now()
    for name, left in (("fresh", 100), ("old", 20), ("gone", -1)):
        await bench.voice(bench.person, voice_id=name, expires_at=now + timedelta(hours=left))
    shown = {voice["voice_id"]: voice["condition"] for voice in (await bench.get("/voices"))["voices"]}
    assert shown == {"fresh": "ready", "old": "expiring", "gone": "expired"}


async def test_the_watch_marks_what_the_vendor_no_longer_has(bench: Bench, speech: ScriptedSpeech) -> None:
    now = bench.resources.clock.now()
    long_ago = now - timedelta(days=2)
    await bench.voice(bench.person, voice_id="over", expires_at=now - timedelta(hours=1))
    await bench.voice(bench.person, voice_id="kept", spoken_at=long_ago)
    await bench.voice(bench.person, voice_id="dropped", spoken_at=long_ago)
    await bench.voice(bench.person, voice_id="just-spoke", spoken_at=now)
    speech.listed = ["kept"]
    done = await bench.watch()
    assert done["result"]["lost"] == 2
    async with bench.resources.database.reading() as session:
        live = await VoiceRepository(session, bench.resources.clock).made_and_live()
    assert {voice.voice_id for voice in live} == {"kept", "just-spoke"}


async def test_the_watch_deletes_voices_of_closed_accounts_at_the_vendor(
    bench: Bench, speech: ScriptedSpeech, bob: httpx2.AsyncClient
) -> None:
    await bench.voice(bob, voice_id="bobs")
    await bench.voice(bench.person, voice_id="alices")
    assert (await bob.delete(f"{API}/users/me")).status_code == 204
    assert (await bench.watch())["result"]["deleted"] == 1
    assert speech.deleted == [("bobs", VoiceOrigin.CLONED)]


async def test_the_watch_removes_only_old_raw_sounds_without_a_take(bench: Bench, segment: Json) -> None:
    await bench.run(await bench.narrate(segment))
    assert (await bench.watch())["result"]["raw_sounds"] == 0
    store = bench.resources.store
    assert [key.rpartition(".")[2] for key in await spoken_keys(bench)] == ["wav"]
    await store.put("spoken/somebody/attempt-without-take.mp3", factories.stream(b"sound"))
    for file in (bench.resources.settings.storage.storage_path / "spoken").rglob("*.*"):
        os.utime(file, (0, 0))
    assert (await bench.watch())["result"]["raw_sounds"] == 1
    assert [key.rpartition(".")[2] for key in await spoken_keys(bench)] == ["wav"]


async def test_every_take_of_a_deleted_project_goes(bench: Bench, segment: Json) -> None:
    for _ in range(2):
        assert (await bench.run(await bench.narrate(segment)))["phase"] == "succeeded"
    assert (await bench.get("/assets"))["total"] == 2
    assert (await bench.watch())["result"]["takes"] == 0
    assert (await bench.person.delete(f"{API}/projects/{segment['project_id']}")).status_code == 204
    assert (await bench.watch())["result"]["takes"] == 1
    assert (await bench.get("/assets"))["total"] == 0


async def test_what_a_living_copy_says_stays(bench: Bench, segment: Json) -> None:
    await bench.run(await bench.narrate(segment))
    await bench.person.post(f"{API}/projects/{segment['project_id']}/duplicate")
    assert (await bench.person.delete(f"{API}/projects/{segment['project_id']}")).status_code == 204
    assert (await bench.watch())["result"]["takes"] == 0
    assert (await bench.get("/assets"))["total"] == 1


async def test_the_raw_sounds_of_a_closed_account_go_with_its_files(bench: Bench, segment: Json) -> None:
    await bench.run(await bench.narrate(segment))
    assert (await bench.person.delete(f"{API}/users/me")).status_code == 204
    assert await SweepLibrary(bench.resources).purge_accounts() == 1
    assert await spoken_keys(bench) == []


async def spoken_keys(bench: Bench) -> list[str]:
    return [stat.key async for stat in bench.resources.store.walk("spoken/")]
