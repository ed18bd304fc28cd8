"""Projects: lists, shows and deletes them."""

from app.cli.asking import make_sure
from app.cli.client import API, Json
from app.cli.connecting import run
from app.cli.display import say, table, tell_json


def show_all(status: str | None, *, limit: int, as_json: bool) -> None:
    """Lists projects, newest first."""
    wanted = {"status": status} if status else {}
    found: Json = run(lambda api: api.get(f"{API}/projects", params={**wanted, "limit": limit}))
    if as_json:
        tell_json(found)
        return
    rows = (
        (project["id"], project["name"], project["status"], project["segment_count"], project["created_at"])
        for project in found["projects"]
    )
    table(("id", "name", "status", "segments", "created"), rows)


def show(project_id: str, *, as_json: bool) -> None:
    """Shows a project and its segments."""
    project: Json = run(lambda api: api.get(f"{API}/projects/{project_id}"))
    if as_json:
        tell_json(project)
        return
    table(("id", "name", "status"), iter([(project["id"], project["name"], project["status"])]))
    rows = ((segment["index"] + 1, segment["id"], segment["status"]) for segment in project["segments"])
    table(("segment", "id", "status"), rows)


def remove(project_id: str, *, sure: bool) -> None:
    """Deletes a project with its media."""
    make_sure(f"Delete project {project_id} with its media?", sure=sure)
    run(lambda api: api.delete(f"{API}/projects/{project_id}"))
    say(f"Project {project_id} is deleted.")
