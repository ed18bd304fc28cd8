"""Port for verdicts: a text or a picture in, how much of what is in it out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from app.providers.values import Picture


@dataclass(frozen=True)
class Judgement:
    """What was found, from 0 to 1 per category; whether that is allowed is decided elsewhere."""

    model: str
    flagged: bool
    scores: Mapping[str, float] = field(default_factory=dict)


class ModerationProvider(Protocol):
    """Judges content: free, repeatable. A ProviderError means that it cannot tell, which callers treat as hold."""

    name: str
    account: str

    async def judge_text(self, text: str) -> Judgement:
        """What is in a text."""

    async def judge_picture(self, picture: Picture) -> Judgement:
        """What is in a picture; a judge that sees only text raises InvalidRequest."""

    async def close(self) -> None:
        """Closes the adapter's connections."""
