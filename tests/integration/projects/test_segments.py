"""Segments over HTTP: words, approvals, order and their frames."""

from typing import Any

import httpx2
import pytest

from app.projects.domain import CurrentTake, FrameOrigin
from app.projects.freshness import clip_digest
from tests.integration.projects.conftest import MakeProject

SEGMENTS = "/api/v1/segments"


async def clip(work: Any, segment_id: str, asset_id: str) -> None:
    """One whole paid take of a segment, as the workflow reports it."""
    begun = await work.begin_segment(segment_id, "job")
    take = CurrentTake(
        asset_id=asset_id,
        take_id=None,
        duration_seconds=6.0,
        digest=clip_digest(begun),
        last_frame_asset_id=begun.last_frame.asset_id,
    )
    await work.accept_take(segment_id, take)


@pytest.fixture
async def written(make_project: MakeProject, write_prompts: Any) -> list[dict[str, Any]]:
    segments: list[dict[str, Any]] = await write_prompts(await make_project())
    return segments


async def test_both_paths_list_the_same_segments_in_order(alice: httpx2.AsyncClient, make_project: MakeProject) -> None:
    project = await make_project()
    first = await alice.get(f"/api/v1/projects/{project['id']}/segments")
    assert first.json() == (await alice.get(f"{SEGMENTS}/project/{project['id']}")).json()
    segment = first.json()[0]
    assert [each["index"] for each in first.json()] == [0, 1, 2]
    assert (segment["project_id"], segment["video_prompt"], segment["camera_commands"]) == (project["id"], "", [])
    absent = ("first_frame_url", "last_frame_url", "video_url", "audio_url", "video_task_id", "error")
    assert [segment[name] for name in absent] == [None] * len(absent)
    assert (segment["video_duration_sec"], segment["stale"], segment["needs_attention"]) == (6, False, False)


@pytest.mark.parametrize("method", ["put", "patch"])
async def test_an_edit_changes_the_named_words_only(
    alice: httpx2.AsyncClient, written: list[dict[str, Any]], method: str
) -> None:
    path = f"{SEGMENTS}/{written[0]['id']}"
    reply = await alice.request(method, path, json={"narrationText": "New", "camera_commands": ["pan LEFT", "[Shake]"]})
    assert reply.status_code == 200
    edited = reply.json()
    changed = {name for name in edited if edited[name] != written[0][name]}
    assert changed == {"narration_text", "camera_commands", "version", "updated_at"}
    assert edited["camera_commands"] == ["Pan left", "Shake"]
    assert (await alice.get(path)).json() == edited


BAD_WORDS = [
    ({"video_prompt": "x" * 2001}, "segment.prompt_too_long"),
    ({"video_prompt": "x" * 1995, "camera_commands": ["Shake"]}, "segment.prompt_too_long"),
    ({"camera_commands": ["Push out"]}, "request.invalid"),
    ({"camera_commands": ["Shake", "Pan left", "Tilt up", "Zoom in"]}, "request.invalid"),
    ({"narration_text": None}, "request.invalid"),
    ({"video_duration_sec": 8}, "request.invalid"),
    ({"status": "approved"}, "request.invalid"),
]


async def test_bad_words_are_refused_and_change_nothing(
    alice: httpx2.AsyncClient, written: list[dict[str, Any]], subtests: pytest.Subtests
) -> None:
    for words, code in BAD_WORDS:
        with subtests.test(words=words, code=code):
            path = f"{SEGMENTS}/{written[0]['id']}"
            reply = await alice.put(path, json=words)
            assert (reply.status_code, reply.json()["code"]) == (422, code)
            assert (await alice.get(path)).json() == written[0]


async def test_ten_seconds_are_not_offered_in_1080p(alice: httpx2.AsyncClient, make_project: MakeProject) -> None:
    project = await make_project(resolution="1080P")
    path = f"{SEGMENTS}/{project['segments'][0]['id']}"
    assert (await alice.put(path, json={"video_duration_sec": 10})).json()["code"] == "project.options_clash"
    small = await make_project()
    assert (await alice.put(f"{SEGMENTS}/{small['segments'][0]['id']}", json={"video_duration_sec": 10})).is_success
    reply = await alice.patch(f"/api/v1/projects/{small['id']}", json={"resolution": "1080P"})
    assert (reply.status_code, reply.json()["code"]) == (422, "project.options_clash")


async def test_a_project_whose_segments_all_have_prompts_is_planned(
    alice: httpx2.AsyncClient, make_project: MakeProject, write_prompts: Any
) -> None:
    project = await make_project()
    path = f"/api/v1/projects/{project['id']}"
    await alice.put(f"{SEGMENTS}/{project['segments'][0]['id']}", json={"video_prompt": "A fox runs."})
    assert (await alice.get(path)).json()["status"] == "created"
    assert {segment["status"] for segment in await write_prompts(project)} == {"prompt_ready"}
    assert (await alice.get(path)).json()["status"] == "plan_ready"


async def test_approval_goes_and_comes(alice: httpx2.AsyncClient, written: list[dict[str, Any]]) -> None:
    path = f"{SEGMENTS}/{written[0]['id']}"
    approved = await alice.post(f"{path}/approve")
    assert (approved.status_code, approved.json()["status"], approved.json()["approved"]) == (200, "approved", True)
    again = await alice.post(f"{path}/approve")
    assert (again.status_code, again.json()) == (200, approved.json()), "what is approved stays as it is"
    early = await alice.post(f"{path}/approve-video")
    assert (early.status_code, early.json()["code"]) == (409, "segment.illegal_move")
    assert (early.json()["current"], early.json()["allowed"]) == (
        "approved",
        ["pending", "prompt_ready", "generating", "generated"],
    )
    assert "prompt_ready" in early.json()["detail"]
    revoked = (await alice.post(f"{path}/unapprove")).json()
    assert (revoked["status"], revoked["approved"]) == ("prompt_ready", False)
    assert (await alice.post(f"{path}/unapprove")).status_code == 409


async def test_a_segment_without_prompt_is_not_approved(alice: httpx2.AsyncClient, make_project: MakeProject) -> None:
    project = await make_project()
    reply = await alice.post(f"{SEGMENTS}/{project['segments'][0]['id']}/approve")
    assert (reply.status_code, reply.json()["code"]) == (409, "segment.prompt_missing")


async def test_an_edit_before_the_clip_revokes_the_approval(
    alice: httpx2.AsyncClient, written: list[dict[str, Any]]
) -> None:
    path = f"{SEGMENTS}/{written[0]['id']}"
    await alice.post(f"{path}/approve")
    assert (await alice.put(path, json={"narration_text": written[0]["narration_text"]})).json()["status"] == "approved"
    assert (await alice.put(path, json={"narration_text": "Other"})).json()["status"] == "prompt_ready"


async def test_a_new_narration_leaves_the_approved_clip_alone(
    alice: httpx2.AsyncClient, written: list[dict[str, Any]], progress: Any
) -> None:
    path = f"{SEGMENTS}/{written[0]['id']}"
    await alice.post(f"{path}/approve")
    async with progress() as work:
        await clip(work, written[0]["id"], "0190a000-0000-7000-8000-00000000000a")
    assert (await alice.post(f"{path}/approve-video")).json()["status"] == "segment_approved"
    edited = (await alice.put(path, json={"narration_text": "Other"})).json()
    assert (edited["status"], edited["stale"]) == ("segment_approved", False)
    edited = (await alice.put(path, json={"video_prompt": "Other"})).json()
    assert (edited["status"], edited["approved"], edited["stale_parts"]) == ("prompt_ready", False, ["clip"])


async def test_a_clip_is_approved_or_rejected_once_it_is_there(
    alice: httpx2.AsyncClient, written: list[dict[str, Any]], progress: Any
) -> None:
    path = f"{SEGMENTS}/{written[0]['id']}"
    assert (await alice.post(f"{path}/approve-video")).status_code == 409
    assert (await alice.post(f"{path}/reject-video")).status_code == 409
    await alice.post(f"{path}/approve")
    async with progress() as work:
        await clip(work, written[0]["id"], "0190a000-0000-7000-8000-00000000000a")
    assert (await alice.post(f"{path}/approve-video")).json()["status"] == "segment_approved"
    rejected = (await alice.post(f"{path}/reject-video", json={"reason": "The fox has two tails"})).json()
    assert (rejected["status"], rejected["approved"]) == ("approved", True)
    assert (rejected["reject_reason"], rejected["video_url"]) == ("The fox has two tails", None)


async def test_nothing_is_edited_while_it_is_made(
    alice: httpx2.AsyncClient, written: list[dict[str, Any]], progress: Any
) -> None:
    path = f"{SEGMENTS}/{written[0]['id']}"
    await alice.post(f"{path}/approve")
    async with progress() as work:
        begun = await work.begin_segment(written[0]["id"], "0190a000-0000-7000-8000-0000000000ff")
    assert begun.job_id == (await alice.get(path)).json()["video_task_id"]
    for method, to, body in (
        ("PUT", "", {"video_prompt": "Other"}),
        ("POST", "/unapprove", None),
        ("DELETE", "/last-frame", None),
    ):
        reply = await alice.request(method, f"{path}{to}", json=body)
        assert (reply.status_code, reply.json()["code"]) == (409, "segment.busy"), to
    project = f"/api/v1/projects/{written[0]['project_id']}"
    assert (await alice.delete(path)).json()["code"] == "project.busy"
    assert (await alice.post(f"{project}/segments", json={})).json()["code"] == "project.busy"


async def test_a_change_meant_for_an_older_version_is_refused(
    alice: httpx2.AsyncClient, written: list[dict[str, Any]]
) -> None:
    path = f"{SEGMENTS}/{written[0]['id']}"
    tag = (await alice.get(path)).headers["etag"]
    assert (await alice.get(path, headers={"If-None-Match": tag})).status_code == 304
    assert (await alice.put(path, json={"narration_text": "A"}, headers={"If-Match": tag})).status_code == 200
    late = await alice.put(path, json={"narration_text": "B"}, headers={"If-Match": tag})
    assert (late.status_code, late.json()["code"]) == (412, "request.outdated")
    assert (await alice.get(path, headers={"If-None-Match": tag})).json()["narration_text"] == "A"


async def test_a_segment_is_put_between_others(alice: httpx2.AsyncClient, written: list[dict[str, Any]]) -> None:
    path = f"/api/v1/projects/{written[0]['project_id']}"
    reply = await alice.post(
        f"{path}/segments", json={"index": 1, "video_prompt": "An owl looks.", "narrationText": "Hu"}
    )
    assert reply.status_code == 201
    added = reply.json()
    assert (added["index"], added["status"], added["narration_text"]) == (1, "prompt_ready", "Hu")
    order = [segment["id"] for segment in (await alice.get(f"{path}/segments")).json()]
    assert order == [written[0]["id"], added["id"], written[1]["id"], written[2]["id"]]
    assert (await alice.get(path)).json()["segment_count"] == 4
    at_start = (await alice.post(f"{path}/segments", json={"index": 0})).json()
    at_end = (await alice.post(f"{path}/segments", json={})).json()
    assert (at_start["index"], at_end["index"], at_end["status"]) == (0, 5, "pending")
    assert (await alice.post(f"{path}/segments", json={"index": 7})).json()["code"] == "segment.position_unknown"


async def test_a_film_has_room_for_so_many_segments(alice: httpx2.AsyncClient, make_project: MakeProject) -> None:
    project = await make_project(target_duration_sec=60)
    reply = await alice.post(f"/api/v1/projects/{project['id']}/segments", json={})
    assert (reply.status_code, reply.json()["code"]) == (409, "project.too_long")


async def test_neighbours_close_up_after_a_removal(alice: httpx2.AsyncClient, written: list[dict[str, Any]]) -> None:
    path = f"/api/v1/projects/{written[0]['project_id']}/segments"
    assert (await alice.delete(f"{SEGMENTS}/{written[0]['id']}")).status_code == 204
    left = (await alice.get(path)).json()
    assert [(s["id"], s["index"]) for s in left] == [(written[1]["id"], 0), (written[2]["id"], 1)]
    await alice.delete(f"{SEGMENTS}/{written[1]['id']}")
    reply = await alice.delete(f"{SEGMENTS}/{written[2]['id']}")
    assert (reply.status_code, reply.json()["code"]) == (409, "segment.last_one")


async def test_a_new_order_keeps_words_and_end_frames_together(
    alice: httpx2.AsyncClient, written: list[dict[str, Any]], progress: Any
) -> None:
    project_id = written[0]["project_id"]
    async with progress() as work:
        frames = (await work.board(project_id)).frames
        for frame in frames:
            await work.accept_frame(frame.id, f"asset-{frame.position}", FrameOrigin.UPLOADED)
    order = [written[2]["id"], written[0]["id"], written[1]["id"]]
    reply = await alice.post(f"/api/v1/projects/{project_id}/segments/reorder", json={"segmentIds": order})
    assert [(s["id"], s["index"]) for s in reply.json()] == [(order[0], 0), (order[1], 1), (order[2], 2)]
    assert [s["video_prompt"] for s in reply.json()] == ["video_prompt 2", "video_prompt 0", "video_prompt 1"]
    async with progress() as work:
        board = await work.board(project_id)
    assert [frame.asset_id for frame in board.frames] == ["asset-0", "asset-3", "asset-1", "asset-2"]


async def test_an_order_names_every_segment_once(
    alice: httpx2.AsyncClient, written: list[dict[str, Any]], subtests: pytest.Subtests
) -> None:
    for pick in ([0], [0, 1, 1], [0, 1, 2, 2], [0, 1, None]):
        with subtests.test(pick=pick):
            ids = ["unknown" if place is None else written[place]["id"] for place in pick]
            path = f"/api/v1/projects/{written[0]['project_id']}/segments"
            reply = await alice.post(f"{path}/reorder", json={"segment_ids": ids})
            assert (reply.status_code, reply.json()["code"]) == (422, "segment.order_incomplete")
            assert [s["id"] for s in (await alice.get(path)).json()] == [s["id"] for s in written]
