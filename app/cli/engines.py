"""`avc providers`: which engine does what here, and why another is absent."""

from app.cli.client import API, Json
from app.cli.connecting import run
from app.cli.display import table, tell_json


def show(*, as_json: bool) -> None:
    """Lists the engines with their roles; a star marks the one that is used unless a project says otherwise."""
    found: Json = run(lambda api: api.get(f"{API}/providers"))
    if as_json:
        tell_json(found)
        return
    rows = (
        (engine["name"], engine["title"], _roles(engine), engine["absent_reason"] or "ready")
        for engine in found["providers"]
    )
    table(("name", "title", "roles", "state"), rows)


def _roles(engine: Json) -> str:
    return " ".join(f"{offer['role']}{'*' if offer['is_default'] else ''}" for offer in engine["roles"])
