"""What the moderation slice refuses."""

from collections.abc import Sequence
from typing import Self

from app.core.errors import NotFound, Refused, Unavailable


class ContentRefused(Refused):
    """The rules say no to this content."""

    code = "moderation.refused"
    message = "The rules of this service refuse this content. Reword the text or change the picture, then try again."

    @classmethod
    def over(cls, categories: Sequence[str]) -> Self:
        """Names the categories that were found."""
        named = ", ".join(categories) or "unnamed"
        said = f"The rules of this service refuse this content (category: {named}). Change that part, then try again."
        return cls(said, facts={"categories": list(categories)})


class ContentHeld(Refused):
    """A person must look at this content first."""

    code = "moderation.held"
    message = "This content must be looked at by a person first. Try again later, or reword it."

    @classmethod
    def over(cls, categories: Sequence[str]) -> Self:
        """Names the categories that are in doubt."""
        named = f" (category in doubt: {', '.join(categories)})" if categories else ""
        said = f"This content must be looked at by a person first{named}. Try again later, or reword it now."
        return cls(said, facts={"categories": list(categories)})


class ContentUnjudged(Unavailable):
    """Nobody can judge this content right now, so it waits."""

    code = "moderation.unjudged"
    message = "The content could not be checked right now, so nothing was started. Try again in a moment."


class VerdictNotFound(NotFound):
    """No such verdict."""

    code = "moderation.verdict_not_found"
    message = "There is no such verdict. Check the id."
    advice = "GET /api/v1/moderation/verdicts lists them."
