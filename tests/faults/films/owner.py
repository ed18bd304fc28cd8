"""What the owner of a film does over HTTP: begins it, answers what it asks, tries again, looks at what stands."""

import asyncio
import hashlib
from dataclasses import dataclass
from typing import Any

import httpx2

from tests.e2e.conftest import voice_sample

__all__ = ["ENDED", "Json", "Owner"]

Json = dict[str, Any]
API = "/api/v1"
WISH = {"email": "ala@example.com", "password": "a long pass phrase 1"}
ENDED = {"succeeded", "failed", "cancelled"}
STORY = "Lis wychodzi o świcie do lasu i szuka zgubionej latarni."
LOOK_SECONDS, LONGEST_SECONDS = 0.2, 90.0


@dataclass
class Owner:
    """Somebody with an account, and how often they had to say what is to become of a call."""

    http: httpx2.AsyncClient
    answers: int = 0

    async def signed_in(self) -> "Owner":
        """Registers where nobody has, and signs in."""
        await self.http.post(f"{API}/auth/register", json=WISH)
        answer = (await self.http.post(f"{API}/auth/login", json=WISH)).raise_for_status()
        self.http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return self

    async def get(self, path: str) -> Any:
        answer = await self.http.get(API + path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, body: Json | None = None, **request: Any) -> Any:
        answer = await self.http.post(API + path, json=body, **request)
        assert answer.is_success, answer.text
        return answer.json()

    async def project(self) -> Json:
        """A film of two segments, spoken in the voice of a sample."""
        wish = {"name": "Film", "target_duration_sec": 12, "story_prompt": STORY}
        project: Json = await self.post("/projects", wish)
        files = {"file": ("voice.wav", voice_sample(), "audio/wav")}
        await self.post(f"/projects/{project['id']}/audio-sample", files=files)
        return project

    async def produce(self, project: Json) -> Json:
        job: Json = await self.post(f"/projects/{project['id']}/produce", {"auto_approve": True})
        return job

    async def children(self, job: Json) -> list[Json]:
        found: list[Json] = (await self.get(f"/jobs/{job['id']}/manifest"))["children"]
        return found

    async def settled(self, job: Json) -> Json:
        """The job once it has ended; what its parts ask is answered with: send it again."""
        async with asyncio.timeout(LONGEST_SECONDS):
            while (found := await self.get(f"/jobs/{job['id']}"))["phase"] not in ENDED:
                await self.answer_parts(job)
                await asyncio.sleep(LOOK_SECONDS)
        ended: Json = found
        return ended

    async def answer_parts(self, job: Json) -> None:
        """Says of every call whose outcome nobody can tell: send it again."""
        for child in await self.children(job):
            await self._answer(child)

    async def _answer(self, job: Json) -> None:
        if job["question"] is not None and job["phase"] == "awaiting_input":
            assert job["question"]["topic"] == "parked_attempt"
            self.answers += 1
            await self.post(f"/jobs/{job['id']}/answer", {"choice": "send_again"})

    async def standing(self, project: Json) -> dict[str, tuple[str, str]]:
        """The current take of each segment that has one, with the hash of its file."""
        found: dict[str, tuple[str, str]] = {}
        for segment in await self.get(f"/projects/{project['id']}/segments"):
            for take in (await self.get(f"/segments/{segment['id']}/takes"))["takes"]:
                if take["current"]:
                    clip = (await self.http.get(take["video_url"])).raise_for_status().content
                    found[segment["id"]] = (take["id"], hashlib.sha256(clip).hexdigest())
        return found

    async def film(self, project: Json) -> bytes:
        answer = await self.http.get(f"{API}/projects/{project['id']}/film")
        assert answer.status_code == 200, answer.text
        return answer.content
