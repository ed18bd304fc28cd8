"""What an agent does with the official client, over either transport."""

from typing import Any

from mcp import Client
from mcp.types import TextContent

Json = dict[str, Any]


class Refused(Exception):
    """A tool said no."""


class Agent:
    """Calls tools, and reads what they give."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.told: list[float] = []

    async def call(self, tool: str, **given: Any) -> Json:
        result = await self.client.call_tool(tool, given, progress_callback=self._hear)
        if result.is_error:
            said = result.content[0]
            assert isinstance(said, TextContent)
            raise Refused(said.text)
        assert result.structured_content is not None
        return dict(result.structured_content)

    async def done(self, job: Json) -> Json:
        """The job once it has ended well, or asks something."""
        for _ in range(40):
            job = await self.call("get_job", job_id=job["job_id"], wait_seconds=45)
            if job["poll_after_seconds"] is None:
                assert job["error"] is None, job
                return job
        message = f"the job does not end: {job}"
        raise AssertionError(message)

    async def _hear(self, progress: float, total: float | None, message: str | None) -> None:
        self.told.append(progress)
