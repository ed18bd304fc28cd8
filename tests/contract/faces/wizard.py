"""The wizard client as it was recorded: what it sends, with its headers and in its order."""

from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from tests.scripted_house import Vendor, app, kit, settings

__all__ = ["API", "WORDS", "WizardClient", "app", "kit", "opened", "page", "settings", "vendor"]

Json = dict[str, Any]
API = "/api/video"
WORDS = "three small green apples"
ORIGIN = {"Origin": "http://testserver"}


@dataclass
class WizardClient:
    """One page: stage calls carry the token and x_user_id, films and gallery go by the cookie alone."""

    http: httpx2.AsyncClient
    session: Json

    @property
    def user_id(self) -> str:
        return str(self.session["user_id"])

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.session['token']}", "x_user_id": self.user_id, **ORIGIN}

    async def call(self, path: str, body: Json) -> httpx2.Response:
        return await self.http.post(f"{API}/{path}", json=body, headers=self.headers)

    async def done(self, path: str, **body: Any) -> Json:
        answer = await self.call(path, body)
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        assert found["status"] == "success"
        return found

    async def upload(self, path: str, field: str, name: str, content: bytes, label: str) -> httpx2.Response:
        files = {field: (name, content, label)}
        return await self.http.post(f"{API}/{path}", files=files, headers=self.headers)

    async def bytes_of(self, link: str) -> bytes:
        """What an <img> or <audio> of the page is given: no header, no cookie needed, a time behind the link."""
        answer = await self.http.get(f"{link}?t=1763700000000&t=1")
        assert answer.status_code == 200, link
        return answer.content

    async def film(self, name: str, **headers: str) -> httpx2.Response:
        return await self.http.get(f"{API}/video?file={name}&t=1763700000000", headers=headers)


async def opened(http: httpx2.AsyncClient, name: str) -> WizardClient:
    """Registers and signs in as the page does; the cookie stays in the browser."""
    person = {"email": f"{name}@example.com", "password": WORDS}
    made = await http.post("/api/auth/register", json=person | {"display_name": name.title()})
    assert made.status_code == 201, made.text
    return WizardClient(http, (await http.post("/api/auth/login", json=person)).json())


@pytest.fixture
def vendor() -> Vendor:
    return Vendor(spoken_seconds=1.0)


@pytest.fixture
async def page(client: httpx2.AsyncClient) -> WizardClient:
    return await opened(client, "ada")
