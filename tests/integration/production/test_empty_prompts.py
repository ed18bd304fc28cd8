"""A prompt of control characters alone is no prompt, at every door that makes a film of one."""

import httpx2
import pytest

from tests.people import alice, signed_in

__all__ = ["alice", "signed_in"]
pytestmark = pytest.mark.flow
NOTHING = "\x1b\x07"


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/api/v1/videos/generate", {"json": {"prompt": NOTHING}}),
        ("/v1/videos", {"json": {"prompt": NOTHING}}),
        ("/v1/videos", {"data": {"prompt": NOTHING}}),
        ("/api/v1/video/generate", {"data": {"prompt": NOTHING}}),
        ("/api/v1/video/generate", {"json": {"prompt": NOTHING}}),
        ("/api/v1/projects", {"json": {"name": NOTHING}}),
    ],
)
async def test_it_is_refused(alice: httpx2.AsyncClient, path: str, sent: dict[str, dict[str, str]]) -> None:
    answer = await alice.post(path, **sent)
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.status_code not in {401, 404, 405}, answer.text
