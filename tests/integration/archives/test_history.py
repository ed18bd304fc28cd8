"""The takes of a segment go along with its project, and an earlier one can be chosen elsewhere too."""

import httpx2

from tests.integration.archives.conftest import exported, manifest_of, sent, unzipped
from tests.studio import API, Json, Studio, app, film, kit, people_kit, studio

__all__ = ["app", "film", "kit", "people_kit", "studio"]


async def takes_of(person: httpx2.AsyncClient, segment: Json) -> list[Json]:
    answer = await person.get(f"{API}/segments/{segment['id']}/takes")
    assert answer.status_code == 200, answer.text
    found: list[Json] = answer.json()["takes"]
    return found


async def test_an_earlier_take_can_be_chosen_after_the_import(
    studio: Studio, film: Json, bob: httpx2.AsyncClient
) -> None:
    segment = (await studio.segments(film))[0]
    for _ in range(2):
        await studio.make_take(segment)
    content = await exported(studio.person, film)
    assert [take["number"] for take in manifest_of(unzipped(content))["segments"][0]["takes"]] == [2, 1]
    answer = await sent(bob, content)
    assert answer.status_code == 201, answer.text
    copied = (await bob.get(f"{API}/projects/{answer.json()['id']}/segments")).json()[0]
    told = ("number", "model", "provider", "duration_seconds", "look", "prompt", "current", "stale")
    here, there = await takes_of(studio.person, segment), await takes_of(bob, copied)
    assert [[take[name] for name in told] for take in there] == [[take[name] for name in told] for take in here]
    assert {take["cost"] for take in there} == {0}
    earlier = there[-1]
    used = await bob.post(f"{API}/segments/{copied['id']}/takes/{earlier['id']}/use")
    assert used.status_code == 200, used.text
    after = (await bob.get(f"{API}/projects/{answer.json()['id']}/segments")).json()[0]
    assert after["video_url"] != copied["video_url"]
    assert after["stale"] == copied["stale"]


async def test_the_history_goes_with_the_imported_project(studio: Studio, film: Json, bob: httpx2.AsyncClient) -> None:
    segment = (await studio.segments(film))[0]
    await studio.make_take(segment)
    copy = (await sent(bob, await exported(studio.person, film))).json()
    kinds = [asset["kind"] for asset in (await bob.get(f"{API}/assets")).json()["assets"]]
    assert kinds.count("clip") == 1
    assert (await bob.delete(f"{API}/projects/{copy['id']}")).status_code == 204
    assert (await studio.segments(film))[0]["video_url"]
