"""Verdicts: judged once per content, held when nobody can tell, reviewed by admins, kept for audit."""

import asyncio

import httpx2
import pytest
from fastapi import FastAPI

from app.moderation.domain import Decision
from app.moderation.errors import ContentHeld, ContentRefused, ContentUnjudged, VerdictNotFound
from app.moderation.service import ModerationService
from app.providers.errors import InvalidRequest, Unreachable
from app.providers.values import MediaType, Picture
from tests import factories
from tests.doubles.engines import ScriptedJudge

VERDICTS = "/api/v1/moderation/verdicts"
PICTURE = Picture(factories.picture(), MediaType.PNG, 640, 400)
NOBODY = "01a1fc00-0000-7000-8000-000000000000"


async def listed(person: httpx2.AsyncClient, **query: str) -> list[dict[str, object]]:
    answer = await person.get(VERDICTS, params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, object]] = answer.json()["verdicts"]
    return found


async def test_the_same_text_is_judged_once(moderation: ModerationService, judge: ScriptedJudge) -> None:
    first = await moderation.judge_text("A fox in the snow")
    again = await moderation.judge_text("A fox in the snow")
    assert (first.decision, again.id, judge.asked) == (Decision.ALLOW, first.id, ["A fox in the snow"])


async def test_two_who_judge_at_once_keep_one_verdict(moderation: ModerationService) -> None:
    both = await asyncio.gather(moderation.judge_text("Twin"), moderation.judge_text("Twin"))
    assert both[0].id == both[1].id


async def test_a_blocked_text_names_its_category_gravest_first(
    moderation: ModerationService, judge: ScriptedJudge
) -> None:
    judge.scores = {"attack": {"hate": 0.9, "violence/graphic": 0.95, "sexual": 0.01}}
    with pytest.raises(ContentRefused) as refused:
        await moderation.admit_text("attack them")
    assert refused.value.facts == {"categories": ["violence/graphic", "hate"]}
    assert "violence/graphic" in refused.value.text


async def test_a_doubtful_text_is_held_until_an_admin_decides(
    moderation: ModerationService, judge: ScriptedJudge, admin: httpx2.AsyncClient
) -> None:
    judge.scores = {"dagger": {"violence": 0.92}}
    with pytest.raises(ContentHeld, match="violence"):
        await moderation.admit_text("A dagger glints")
    [waiting] = await listed(admin, decision="hold")
    assert (waiting["excerpt"], waiting["categories"]) == ("A dagger glints", ["violence"])
    decided = await admin.post(f"{VERDICTS}/{waiting['id']}", json={"decision": "allow"})
    assert (decided.status_code, decided.json()["decision"], decided.json()["excerpt"]) == (200, "allow", "")
    await moderation.admit_text("A dagger glints")
    assert judge.asked == ["A dagger glints"]
    assert await listed(admin, decision="hold") == []


async def test_a_silent_judge_means_hold_and_is_asked_again(
    moderation: ModerationService, judge: ScriptedJudge, admin: httpx2.AsyncClient
) -> None:
    judge.fault = Unreachable(provider="scripted")
    with pytest.raises(ContentUnjudged):
        await moderation.admit_text("A quiet lake")
    [waiting] = await listed(admin)
    assert (waiting["decision"], waiting["judge"]) == ("hold", None)
    judge.fault = None
    await moderation.admit_text("A quiet lake")
    assert [(v["id"], v["decision"], v["judge"]) for v in await listed(admin)] == [(waiting["id"], "allow", "judge-1")]


async def test_a_judge_that_never_answers_is_not_waited_for_for_ever(app: FastAPI, judge: ScriptedJudge) -> None:
    judge.silent = True
    with pytest.raises(ContentUnjudged):
        await ModerationService(app.state.resources, wait_seconds=0.05).admit_text("A quiet lake")


async def test_an_admins_no_outlives_a_silent_judge(
    moderation: ModerationService, judge: ScriptedJudge, admin: httpx2.AsyncClient
) -> None:
    judge.fault = Unreachable(provider="scripted")
    await moderation.judge_text("Something odd")
    [waiting] = await listed(admin)
    await admin.post(f"{VERDICTS}/{waiting['id']}", json={"decision": "block"})
    judge.fault = None
    with pytest.raises(ContentRefused):
        await moderation.admit_text("Something odd")


async def test_a_picture_passes_a_judge_that_sees_only_text_and_is_marked_unjudged(
    moderation: ModerationService, judge: ScriptedJudge
) -> None:
    judge.picture_fault = InvalidRequest(provider="scripted")
    unseen = await moderation.judge_picture(PICTURE)
    assert (unseen.decision, unseen.judge) == (Decision.ALLOW, None)
    await moderation.admit_picture(PICTURE)
    judge.picture_fault = None
    seen = await moderation.judge_picture(PICTURE)
    assert (seen.id, seen.judge) == (unseen.id, "judge-1")


async def test_a_picture_is_held_when_its_judge_is_silent(moderation: ModerationService, judge: ScriptedJudge) -> None:
    judge.picture_fault = Unreachable(provider="scripted")
    with pytest.raises(ContentUnjudged):
        await moderation.admit_picture(PICTURE)


async def test_an_empty_text_needs_no_judge(moderation: ModerationService, judge: ScriptedJudge) -> None:
    await moderation.admit_text("  \n")
    assert judge.asked == []


async def test_only_admins_see_and_decide_verdicts(alice: httpx2.AsyncClient, admin: httpx2.AsyncClient) -> None:
    assert (await alice.get(VERDICTS)).status_code == 403
    assert (await alice.post(f"{VERDICTS}/{NOBODY}", json={"decision": "allow"})).status_code == 403
    absent = await admin.post(f"{VERDICTS}/{NOBODY}", json={"decision": "allow"})
    assert (absent.status_code, absent.json()["code"]) == (404, VerdictNotFound.code)
    assert (await admin.post(f"{VERDICTS}/{NOBODY}", json={"decision": "hold"})).status_code == 422


async def test_verdicts_come_in_pages(moderation: ModerationService, admin: httpx2.AsyncClient) -> None:
    for number in range(3):
        await moderation.judge_text(f"Text {number}")
    first = await admin.get(VERDICTS, params={"limit": 2})
    assert (len(first.json()["verdicts"]), first.json()["total"]) == (2, 3)
    following = await admin.get(first.headers["link"].partition(">")[0][1:])
    assert len(following.json()["verdicts"]) == 1


async def analyzed(person: httpx2.AsyncClient, prompt: str) -> dict[str, object]:
    answer = await person.post("/api/v1/content/analyze", json={"prompt": prompt})
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()
    return found


async def test_a_good_prompt_is_safe_feasible_and_has_good_marks(alice: httpx2.AsyncClient) -> None:
    found = await analyzed(alice, "A red fox runs through a misty forest at dawn and finds a glowing lantern.")
    assert found == {
        "safe": True,
        "quality_score": 10.0,
        "feasible": True,
        "categories": {},
        "suggestions": [],
        "error": None,
    }


async def test_an_unsafe_prompt_is_not_feasible_and_says_what_to_change(
    alice: httpx2.AsyncClient, judge: ScriptedJudge
) -> None:
    judge.scores = {"attack": {"hate": 0.9}}
    found = await analyzed(alice, "They attack in the forest at night, and somebody runs away.")
    assert (found["safe"], found["feasible"], found["categories"]) == (False, False, {"hate": 0.9})
    assert "hate" in str(found["suggestions"])


async def test_what_cannot_be_judged_gets_no_marks_but_a_reason(
    alice: httpx2.AsyncClient, judge: ScriptedJudge
) -> None:
    judge.fault = Unreachable(provider="scripted")
    found = await analyzed(alice, "A red fox runs through a misty forest.")
    assert (found["safe"], found["feasible"], found["quality_score"]) == (False, False, 0)
    assert "could not be checked" in str(found["error"])
    assert "empty" in str((await analyzed(alice, " "))["error"])
