"""Addresses as people write them in settings, and as the service keeps them."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator
from pydantic_settings import NoDecode


def _split(value: object) -> object:
    return (
        tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())
        if isinstance(value, str)
        else value
    )


def _async_url(value: str) -> str:
    scheme, _, rest = value.partition("://")
    asynchronous = {
        "sqlite": "sqlite+aiosqlite",
        "postgres": "postgresql+asyncpg",
        "postgresql": "postgresql+asyncpg",
    }
    return f"{asynchronous.get(scheme, scheme)}://{rest}"


def _host_root(value: str) -> str:
    return value.rstrip("/").removesuffix("/v1")


def _no_trailing_slash(value: str) -> str:
    return value.rstrip("/")


Addresses = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
Address = Annotated[str, AfterValidator(_no_trailing_slash)]
DatabaseAddress = Annotated[str, AfterValidator(_async_url)]
HostRoot = Annotated[str, AfterValidator(_host_root)]
