"""Avatars: cropped and written anew in three sizes, shown by signed links, deleted with their account."""

import io
import re
from pathlib import Path
from typing import Any

import httpx2
import pytest
from PIL import Image

from app.core.settings import Settings

pytestmark = pytest.mark.flow

AVATAR = "/api/v1/avatar"


def picture(size: tuple[int, int] = (400, 300), kind: str = "PNG", *, mark: bytes = b"") -> bytes:
    raw = io.BytesIO()
    image = Image.new("RGB", size, "blue")
    image.paste("red", (0, 0, size[0] // 8, size[1]))
    image.save(raw, kind)
    return raw.getvalue() + mark


async def upload(client: httpx2.AsyncClient, content: bytes, name: str = "me.png") -> httpx2.Response:
    return await client.post(AVATAR, files={"file": (name, content, "image/png")})


def files(settings: Settings) -> list[Path]:
    return [path for path in settings.storage.storage_path.rglob("*") if path.is_file() and path.name[0] != "."]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
async def test_a_picture_becomes_a_square_in_three_sizes(alice: httpx2.AsyncClient, kind: str) -> None:
    reply = await upload(alice, picture(kind=kind, mark=b"<script>hidden</script>"), name="label-says.png")
    assert reply.status_code == 200, reply.text
    for size in (64, 128, 256):
        shown = await alice.get(f"{AVATAR}/{reply.json()['id']}", params={"size": size})
        assert (shown.status_code, shown.headers["content-type"]) == (200, "image/webp")
        assert b"hidden" not in shown.content
        image = Image.open(io.BytesIO(shown.content))
        assert image.size == (size, size)
        assert image.convert("RGB").getpixel((1, size // 2))[2] > 200, "the middle is kept, the red edge is cut off"


async def test_a_link_shows_it_to_whoever_has_it(alice: httpx2.AsyncClient, client: httpx2.AsyncClient) -> None:
    url = (await upload(alice, picture())).json()["avatar_url"]
    assert url.startswith("/media/avatars/")
    for prefix in ("", "/spa", "/hub", "/studio-api"):
        shown = await client.get(f"{prefix}{url}?t=1&t=1")
        assert (shown.status_code, shown.headers["content-type"]) == (200, "image/webp")
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in shown.headers["content-security-policy"]
    head = await client.head(url)
    assert (head.status_code, head.content) == (200, b"")
    assert Image.open(io.BytesIO((await client.get(url.replace("256.webp", "64.webp"))).content)).size == (64, 64)


async def test_a_changed_link_shows_nothing(alice: httpx2.AsyncClient, client: httpx2.AsyncClient) -> None:
    url = (await upload(alice, picture())).json()["avatar_url"]
    head, token, name = url.rpartition("/")[0].rpartition("/")[0], url.split("/")[-2], url.split("/")[-1]
    for place in range(0, len(token), 7):
        flipped = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        assert (await client.get(f"{head}/{flipped}/{name}")).status_code == 403
    for wrong in ("512.webp", "..%2f..%2fsecret", "256.png"):
        assert (await client.get(f"{head}/{token}/{wrong}")).status_code == 404
    assert (await client.get(f"/media/{token}/{name}")).status_code in {403, 404}, "it opens no other file"


async def test_the_own_picture_only(alice: httpx2.AsyncClient, bob: httpx2.AsyncClient) -> None:
    mine = (await upload(alice, picture())).json()["id"]
    foreign, absent = await bob.get(f"{AVATAR}/{mine}"), await bob.get(f"{AVATAR}/nobody")
    none = await bob.get(f"{AVATAR}/{(await bob.get('/api/v1/auth/me')).json()['id']}")
    assert (foreign.status_code, absent.status_code, none.status_code) == (404, 404, 404)
    assert foreign.json()["code"] == absent.json()["code"]


@pytest.mark.parametrize("size", ["0", "63", "1000", "large", "-64"])
async def test_there_are_three_sizes(alice: httpx2.AsyncClient, size: str) -> None:
    mine = (await upload(alice, picture())).json()["id"]
    assert (await alice.get(f"{AVATAR}/{mine}", params={"size": size})).status_code == 422


@pytest.mark.parametrize(
    ("content", "statuses"),
    [
        (b"", {422}),
        (b"not a picture", {422}),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", {422}),
        (b"GIF89a" + b"\0" * 100, {422}),
        (picture()[:200], {422}),
        (picture((9000, 16)), {413, 422}),
        (picture() + b"\0" * (5 * 1024 * 1024), {413}),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 7_000_000, {413}),
    ],
)
async def test_a_refused_file_leaves_nothing(
    alice: httpx2.AsyncClient, settings: Settings, content: bytes, statuses: set[int]
) -> None:
    before = files(settings)
    reply = await upload(alice, content)
    assert reply.status_code in statuses, reply.text
    assert isinstance(reply.json()["detail"], str)
    assert files(settings) == before
    assert (await alice.get("/api/v1/auth/me")).json()["avatar_url"] is None


@pytest.mark.parametrize("form", [{"data": {"file": "null"}}, {"data": {}}, {"files": {"other": ("a", b"b")}}])
async def test_a_form_without_the_file_is_refused(alice: httpx2.AsyncClient, form: dict[str, Any]) -> None:
    assert (await alice.post(AVATAR, **form)).status_code == 422


async def test_a_new_picture_replaces_the_old_files(alice: httpx2.AsyncClient, settings: Settings) -> None:
    first = (await upload(alice, picture())).json()["avatar_url"]
    second = (await upload(alice, picture((300, 400)))).json()["avatar_url"]
    assert first.split("/")[-2] != second.split("/")[-2]
    assert len(files(settings)) == 3
    assert (await alice.get(first)).status_code == 404
    assert (await alice.get(second)).status_code == 200


async def test_deleting_takes_the_files_away(alice: httpx2.AsyncClient, settings: Settings) -> None:
    url = (await upload(alice, picture())).json()["avatar_url"]
    assert (await alice.delete(AVATAR)).status_code == 204
    assert (await alice.get("/api/v1/auth/me")).json()["avatar_url"] is None
    assert (await alice.get(url)).status_code == 404
    assert files(settings) == []
    assert (await alice.delete(AVATAR)).status_code == 204


async def test_closing_the_account_takes_the_files_away(alice: httpx2.AsyncClient, settings: Settings) -> None:
    await upload(alice, picture())
    assert len(files(settings)) == 3
    assert (await alice.delete("/api/v1/users/me")).status_code == 204
    assert files(settings) == []


async def test_the_link_is_one_for_an_hour_and_ends_after_the_next(make_settings: Any, sqlite_url: str) -> None:
    from app.accounts.avatar import Avatars
    from app.accounts.avatar_links import AvatarLinks
    from app.accounts.domain import Registration
    from app.accounts.service import AccountService
    from app.resources import open_resources
    from app.storage.signing import LinkRefused
    from tests.doubles.clock import FrozenClock

    clock = FrozenClock()
    async with open_resources(make_settings(database={"database_url": sqlite_url}), clock=clock) as resources:
        async with resources.database.unit_of_work() as session:
            accounts = AccountService.over(session, resources)
            user = await accounts.add(Registration(email="a@b.cd", password=""), "hash")
            user = await accounts.picture(user.id, f"avatars/{user.id}/version")
        links = AvatarLinks.over(resources)
        token = str(links.to(user)).split("/")[-2]
        clock.move(3599)
        assert str(links.to(user)).split("/")[-2] == token
        clock.move(1)
        assert str(links.to(user)).split("/")[-2] != token
        clock.move(3600)
        with pytest.raises(LinkRefused):
            await Avatars.over(resources).granted(token, "256.webp")


async def test_a_shown_picture_is_kept_and_then_asked_for_by_its_tag(
    alice: httpx2.AsyncClient, client: httpx2.AsyncClient
) -> None:
    url = (await upload(alice, picture())).json()["avatar_url"]
    shown = await client.get(url)
    assert re.fullmatch(r"private, max-age=\d{4}", shown.headers["cache-control"])
    again = await client.get(url, headers={"If-None-Match": shown.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = await client.get(url.replace("256.webp", "64.webp"), headers={"If-None-Match": shown.headers["etag"]})
    assert other.status_code == 200
