"""What the tests ask of the official client."""

from typing import Any

from openai import AsyncOpenAI

PROMPT = "A fox carries a lantern through the fog"


def reference(**named: str) -> dict[str, Any]:
    """As the SDK sends an object: fields with brackets in their names."""
    return {"extra_body": {"input_reference": named}}


async def made(studio: AsyncOpenAI, **wish: Any) -> Any:
    video = await studio.videos.create_and_poll(prompt=PROMPT, poll_interval_ms=50, **{"seconds": "4"} | wish)
    assert video.status == "completed", video
    return video
