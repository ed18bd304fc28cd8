"""API keys: lists, makes and deletes them, as the person who signed in."""

from collections.abc import Awaitable, Callable
from typing import Any

import typer

from app.cli.asking import ask_password
from app.cli.client import API, Api, Json
from app.cli.connecting import run
from app.cli.display import say, table, tell_json

HEADS = ("id", "name", "scopes", "hint", "expires")


def show_all(person: str | None, *, as_json: bool) -> None:
    """Lists keys without their secrets."""
    found: Json = _signed_in(person, lambda api: api.get(f"{API}/api-keys"))
    if as_json:
        tell_json(found)
        return
    rows = (
        (key["id"], key["name"], ",".join(sorted(key["scopes"])), key["hint"], key["expires_at"] or "never")
        for key in found["api_keys"]
    )
    table(HEADS, rows)


def make(name: str, scopes: list[str], person: str | None, *, as_json: bool) -> None:
    """Makes a key and prints its secret."""
    wish: Json = {"name": name, "scopes": scopes}
    made: Json = _signed_in(person, lambda api: api.post(f"{API}/api-keys", wish))
    if as_json:
        tell_json(made)
        return
    say(f"Key {made['id']}, shown this once; keep it in AVC_API_KEY:")
    typer.echo(made["key"])


def remove(key_id: str, person: str | None) -> None:
    """Ends a key."""
    _signed_in(person, lambda api: api.delete(f"{API}/api-keys/{key_id}"))
    say(f"Key {key_id} is deleted.")


def _signed_in(person: str | None, act: Callable[[Api], Awaitable[Any]]) -> Any:
    """Does this as the named person; keys cannot manage keys."""
    password = None if person is None else ask_password(person)

    async def acted(api: Api) -> Any:
        if password is not None:
            name = "email" if "@" in str(person) else "username"
            session: Json = await api.post(f"{API}/auth/login", {name: person, "password": password})
            api.sign(session["access_token"])
        return await act(api)

    return run(acted)
