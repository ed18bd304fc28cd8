"""Budgets and reports over HTTP."""

import httpx2

from app.usage.domain import PeriodUnusable


async def test_budgets_are_set_and_read(alice: httpx2.AsyncClient) -> None:
    project = (await alice.post("/api/v1/projects", json={"name": "Film"})).json()["id"]
    caps = {"user_day": 2.5, "projects": [{"project_id": project, "limit": 1.25}]}
    assert (await alice.put("/api/v1/budgets", json=caps)).status_code == 200
    read = (await alice.get("/api/v1/budgets")).json()
    assert (read["user_day"], read["projects"], read["used_today"]) == (2.5, caps["projects"], 0)
    assert (await alice.put("/api/v1/budgets", json={})).json()["user_day"] is None


async def test_a_report_of_no_work_is_empty_and_a_wrong_period_is_refused(alice: httpx2.AsyncClient) -> None:
    report = (await alice.get("/api/v1/usage?group_by=provider")).json()
    assert (report["total"], report["lines"], report["group_by"]) == (0, [], "provider")
    wrong = await alice.get("/api/v1/usage?from=2026-02-01&to=2026-01-01")
    assert (wrong.status_code, wrong.json()["code"]) == (422, PeriodUnusable.code)
