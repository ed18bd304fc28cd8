"""What clients send and read about their own keys of vendors; a key goes in and never comes out."""

from collections.abc import Iterable
from typing import Annotated, Self

from pydantic import Field, SecretStr

from app.accounts.values import ProviderKeyView
from app.core.schema import Body, Reply, Utc

__all__ = ["ProviderKeyBody", "ProviderKeyList", "ProviderKeyRead"]


class ProviderKeyBody(Body):
    """A key to keep."""

    key: Annotated[SecretStr, Field(min_length=8, max_length=512, examples=["sk-example-0123456789"])]


class ProviderKeyRead(Reply):
    """Whether there is a key, and how it ends."""

    provider: str
    present: bool
    hint: str | None
    used: bool
    updated_at: Utc | None

    @classmethod
    def of(cls, view: ProviderKeyView) -> Self:
        """The wire form."""
        return cls(
            provider=view.provider,
            present=view.is_present,
            hint=view.hint or None,
            used=view.is_used,
            updated_at=view.updated_at,
        )


class ProviderKeyList(Reply):
    """Every vendor whose key may be kept."""

    keys: list[ProviderKeyRead]

    @classmethod
    def of(cls, views: Iterable[ProviderKeyView]) -> Self:
        """The wire form."""
        return cls(keys=[ProviderKeyRead.of(view) for view in views])
