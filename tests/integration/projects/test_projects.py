"""Projects over HTTP: created, read, edited, copied and deleted by their owner only."""

from typing import Any

import httpx2
import pytest

from tests.integration.projects.conftest import MakeProject

PROJECTS = "/api/v1/projects"


async def test_a_new_project_has_its_segments_laid_out(alice: httpx2.AsyncClient) -> None:
    reply = await alice.post(PROJECTS, json={"name": "  Lis i sowa  "})
    assert reply.status_code == 201
    project = reply.json()
    assert project["name"] == "Lis i sowa"
    assert project["status"] == "created"
    assert (project["target_duration_sec"], project["segment_len_sec"], project["segment_count"]) == (60, 6, 10)
    assert [(s["index"], s["status"], s["approved"]) for s in project["segments"]] == [
        (index, "pending", False) for index in range(10)
    ]
    defaults = {"language": "pl", "aspect_ratio": "16:9", "resolution": "768P", "visuals": "fl2v", "story_prompt": ""}
    assert {name: project[name] for name in defaults} == defaults
    absent = ("first_frame_url", "audio_sample_url", "final_video_url", "voice_id", "style", "budget", "error")
    assert [project[name] for name in absent] == [None] * len(absent)
    assert project["narration"] == {"voice": None, "speed": 1.0}
    assert project["music"] == {"mood": "auto", "asset_id": None, "volume": 0.4}
    assert project["captions"] == {"soft": True, "burn": False, "style": None}
    assert project["transitions"] == {"kind": "cut", "duration_ms": 500}
    assert project["clip_sound"] == {"keep": False, "volume": 0.4}
    assert project["created_at"].endswith("Z")
    assert (await alice.get(f"{PROJECTS}/{project['id']}")).json() == project


async def test_music_is_left_out_where_it_is_not_wanted(alice: httpx2.AsyncClient, make_project: MakeProject) -> None:
    assert (await make_project(music=None))["music"] is None
    project = await make_project()
    changed = await alice.patch(f"{PROJECTS}/{project['id']}", json={"music": None})
    assert changed.json()["music"] is None


async def test_both_spellings_of_a_field_are_read(make_project: MakeProject) -> None:
    project = await make_project(target_duration_sec=20, segmentLenSec=10, storyPrompt="A fox", aspectRatio="9:16")
    assert (project["segment_count"], project["story_prompt"], project["aspect_ratio"]) == (2, "A fox", "9:16")


async def test_everything_an_owner_decides_is_kept(make_project: MakeProject) -> None:
    wish: dict[str, Any] = {
        "language": "en",
        "style": "watercolour",
        "resolution": "1080P",
        "visuals": "chained",
        "providers": {"video": "minimax", "planner": "local"},
        "narration": {"voice": "Wise_Woman", "speed": 1.25},
        "music": {"mood": "calm", "volume": 0.2},
        "captions": {"soft": False, "burn": True, "style": "large"},
        "transitions": {"kind": "slide", "duration_ms": 800},
        "clip_sound": {"keep": True, "volume": 0.3},
        "budget": 12.5,
    }
    project = await make_project(**wish)
    assert {name: project[name] for name in wish} == wish | {"music": wish["music"] | {"asset_id": None}}


BAD_WISHES = [
    {"name": ""},
    {"name": "   "},
    {"name": "x" * 256},
    {"name": None},
    {"target_duration_sec": 5},
    {"target_duration_sec": 61},
    {"segment_len_sec": 8},
    {"language": "xx"},
    {"resolution": "4K"},
    {"resolution": "1080P", "segment_len_sec": 10},
    {"visuals": "magic"},
    {"aspect_ratio": "5:1"},
    {"providers": {"director": "minimax"}},
    {"providers": {"video": "no such name!"}},
    {"narration": {"speed": 3}},
    {"narration": {"speed": "NaN"}},
    {"transitions": {"kind": "wipe"}},
    {"transitions": {"duration_ms": 99}},
    {"transitions": {"duration_ms": 2001}},
    {"clip_sound": {"keep": "yes"}},
    {"clip_sound": {"volume": 1.1}},
    {"music": {}},
    {"music": {"mood": "calm", "asset_id": "0"}},
    {"music": {"mood": "calm", "volume": 2}},
    {"budget": -1},
    {"unknown": 1},
    {"status": "completed"},
    {"story_prompt": "x" * 20_001},
]


async def test_a_bad_wish_is_refused_and_leaves_nothing(alice: httpx2.AsyncClient, subtests: pytest.Subtests) -> None:
    for wish in BAD_WISHES:
        with subtests.test(wish=wish):
            reply = await alice.post(PROJECTS, json={"name": "Film"} | wish)
            assert reply.status_code == 422, reply.text
            assert reply.headers["content-type"] == "application/problem+json"
            assert isinstance(reply.json()["detail"], str)
            assert (await alice.get(PROJECTS)).json() == {"projects": [], "total": 0}


@pytest.mark.parametrize("method", ["put", "patch"])
async def test_an_edit_changes_what_it_names_and_nothing_else(
    alice: httpx2.AsyncClient, make_project: MakeProject, method: str
) -> None:
    project = await make_project(story_prompt="A fox", style="anime", budget=3)
    reply = await alice.request(method, f"{PROJECTS}/{project['id']}", json={"name": "New", "style": None})
    assert reply.status_code == 200
    edited = reply.json()
    changed = {name for name in edited if edited[name] != project[name]}
    assert changed == {"name", "style", "version", "updated_at"}
    assert (edited["name"], edited["style"]) == ("New", None)


async def test_what_a_project_needs_cannot_be_taken_away(
    alice: httpx2.AsyncClient, make_project: MakeProject, subtests: pytest.Subtests
) -> None:
    for wish in ({"name": None}, {"name": ""}, {"language": None}, {"resolution": None}):
        with subtests.test(wish=wish):
            project = await make_project()
            reply = await alice.patch(f"{PROJECTS}/{project['id']}", json=wish)
            assert reply.status_code == 422


async def test_another_length_lays_the_segments_out_anew(alice: httpx2.AsyncClient, make_project: MakeProject) -> None:
    project = await make_project()
    path = f"{PROJECTS}/{project['id']}"
    longer = (await alice.patch(path, json={"target_duration_sec": 30})).json()
    assert [s["index"] for s in longer["segments"]] == [0, 1, 2, 3, 4]
    assert [s["id"] for s in longer["segments"][:3]] == [s["id"] for s in project["segments"]]
    shorter = (await alice.patch(path, json={"target_duration_sec": 20, "segment_len_sec": 10})).json()
    assert [s["id"] for s in shorter["segments"]] == [s["id"] for s in project["segments"][:2]]
    segments = (await alice.get(f"{path}/segments")).json()
    assert [s["video_duration_sec"] for s in segments] == [10, 10]


async def test_lengths_are_fixed_once_a_segment_is_planned(
    alice: httpx2.AsyncClient, make_project: MakeProject
) -> None:
    project = await make_project()
    await alice.put(f"/api/v1/segments/{project['segments'][0]['id']}", json={"video_prompt": "A fox runs."})
    reply = await alice.patch(f"{PROJECTS}/{project['id']}", json={"target_duration_sec": 30})
    assert (reply.status_code, reply.json()["code"]) == (409, "project.layout_fixed")
    assert len((await alice.get(f"{PROJECTS}/{project['id']}/segments")).json()) == 3


async def test_a_change_meant_for_an_older_version_is_refused(
    alice: httpx2.AsyncClient, make_project: MakeProject
) -> None:
    project = await make_project()
    path = f"{PROJECTS}/{project['id']}"
    tag = (await alice.get(path)).headers["etag"]
    first = await alice.patch(path, json={"name": "First"}, headers={"If-Match": tag})
    assert first.status_code == 200
    second = await alice.patch(path, json={"name": "Second"}, headers={"If-Match": tag})
    assert (second.status_code, second.json()["code"]) == (412, "request.outdated")
    assert (await alice.get(path)).json()["name"] == "First"
    third = await alice.patch(path, json={"name": "Third"}, headers={"If-Match": first.headers["etag"]})
    assert third.status_code == 200
    assert (await alice.patch(path, json={"name": "Any"}, headers={"If-Match": "*"})).status_code == 200


async def test_an_unchanged_project_is_not_sent_again(alice: httpx2.AsyncClient, make_project: MakeProject) -> None:
    project = await make_project()
    path = f"{PROJECTS}/{project['id']}"
    tag = (await alice.get(path)).headers["etag"]
    known = await alice.get(path, headers={"If-None-Match": tag})
    assert (known.status_code, known.content, known.headers["etag"]) == (304, b"", tag)
    await alice.put(f"/api/v1/segments/{project['segments'][0]['id']}", json={"video_prompt": "A fox runs."})
    assert (await alice.get(path, headers={"If-None-Match": tag})).status_code == 200


async def test_a_foreign_project_looks_like_none(
    alice: httpx2.AsyncClient, bob: httpx2.AsyncClient, make_project: MakeProject
) -> None:
    project = await make_project()
    segment = project["segments"][0]["id"]
    nobody = "0190a000-0000-7000-8000-000000000000"
    calls = [
        ("GET", "/api/v1/projects/{p}", None),
        ("PUT", "/api/v1/projects/{p}", {"name": "Mine"}),
        ("DELETE", "/api/v1/projects/{p}", None),
        ("POST", "/api/v1/projects/{p}/duplicate", None),
        ("GET", "/api/v1/projects/{p}/segments", None),
        ("GET", "/api/v1/segments/project/{p}", None),
        ("POST", "/api/v1/projects/{p}/segments", {}),
        ("POST", "/api/v1/projects/{p}/segments/reorder", {"segment_ids": [segment]}),
        ("GET", "/api/v1/segments/{s}", None),
        ("PATCH", "/api/v1/segments/{s}", {"video_prompt": "Mine"}),
        ("DELETE", "/api/v1/segments/{s}", None),
        ("POST", "/api/v1/segments/{s}/approve", None),
        ("POST", "/api/v1/segments/{s}/unapprove", None),
        ("POST", "/api/v1/segments/{s}/approve-video", None),
        ("POST", "/api/v1/segments/{s}/reject-video", None),
        ("DELETE", "/api/v1/segments/{s}/last-frame", None),
    ]
    for method, path, body in calls:
        seen = []
        for p, s in ((project["id"], segment), (nobody, nobody)):
            reply = await bob.request(method, path.format(p=p, s=s), json=body)
            assert reply.status_code == 404, (method, path, reply.text)
            told = reply.json()
            assert told["code"] == ("segment.not_found" if "{s}" in path else "project.not_found")
            seen.append({name: told[name] for name in told if name not in {"instance", "request_id"}})
        assert seen[0] == seen[1]
    assert (await bob.get(PROJECTS)).json() == {"projects": [], "total": 0}
    assert (await alice.get(f"{PROJECTS}/{project['id']}")).json() == project


async def test_an_id_of_another_form_is_simply_not_found(alice: httpx2.AsyncClient, subtests: pytest.Subtests) -> None:
    for strange in ("1", "final", "%2e%2e", "0190a000", "x" * 300, "💥"):
        with subtests.test(strange=strange):
            for path in (f"{PROJECTS}/{strange}", f"/api/v1/segments/{strange}"):
                assert (await alice.get(path)).status_code == 404


async def test_a_deleted_project_is_gone(alice: httpx2.AsyncClient, make_project: MakeProject) -> None:
    gone, kept = await make_project(name="Gone"), await make_project(name="Kept")
    assert (await alice.delete(f"{PROJECTS}/{gone['id']}")).status_code == 204
    for path in (f"{PROJECTS}/{gone['id']}", f"/api/v1/segments/{gone['segments'][0]['id']}"):
        assert (await alice.get(path)).status_code == 404
    assert (await alice.delete(f"{PROJECTS}/{gone['id']}")).status_code == 404
    listed = (await alice.get(PROJECTS)).json()
    assert ([each["id"] for each in listed["projects"]], listed["total"]) == ([kept["id"]], 1)
    assert (await alice.get(PROJECTS, params={"search": "gone"})).json()["total"] == 0


async def test_a_project_with_running_work_is_not_deleted(
    alice: httpx2.AsyncClient, make_project: MakeProject, write_prompts: Any, progress: Any
) -> None:
    project = await make_project()
    segment = (await write_prompts(project))[0]
    await alice.post(f"/api/v1/segments/{segment['id']}/approve")
    async with progress() as work:
        await work.begin_segment(segment["id"], None)
    reply = await alice.delete(f"{PROJECTS}/{project['id']}")
    assert (reply.status_code, reply.json()["code"]) == (409, "project.busy")


async def test_a_copy_has_the_same_words_and_a_life_of_its_own(
    alice: httpx2.AsyncClient, make_project: MakeProject, write_prompts: Any
) -> None:
    project = await make_project(style="anime", story_prompt="A fox")
    segments = await write_prompts(project)
    await alice.post(f"/api/v1/segments/{segments[0]['id']}/approve")
    reply = await alice.post(f"{PROJECTS}/{project['id']}/duplicate")
    assert reply.status_code == 201
    copy = reply.json()
    assert copy["name"] == "Film (2)"
    assert (copy["style"], copy["story_prompt"], copy["status"]) == ("anime", "A fox", "plan_ready")
    assert [s["status"] for s in copy["segments"]] == ["approved", "prompt_ready", "prompt_ready"]
    copied = (await alice.get(f"{PROJECTS}/{copy['id']}/segments")).json()
    words = ("video_prompt", "narration_text", "end_frame_prompt")
    assert [[s[w] for w in words] for s in copied] == [[s[w] for w in words] for s in segments]
    assert {s["id"] for s in copied}.isdisjoint(s["id"] for s in segments)
    await alice.put(f"/api/v1/segments/{copied[0]['id']}", json={"video_prompt": "Only here"})
    original = (await alice.get(f"/api/v1/segments/{segments[0]['id']}")).json()
    assert original["video_prompt"] == "video_prompt 0"


async def test_nobody_reads_projects_without_signing_in(client: httpx2.AsyncClient) -> None:
    assert (await client.get(PROJECTS)).status_code == 401
    assert (await client.post(PROJECTS, json={"name": "Film"})).status_code == 401
