"""What all faces share: bodies that forgive, both spellings of names, the forms of links, work held to its end."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, model_validator
from pydantic.alias_generators import to_camel

from app.accounts.dependencies import ResourcesDep
from app.core.schema import CleanText
from app.library.links import MediaLinks
from app.resources import Resources


class FaceBody(CleanText):
    """What a foreign front end sends: unknown keys are passed over, blank means unset, both spellings are read."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=False,
        allow_inf_nan=False,
        str_strip_whitespace=True,
        hide_input_in_errors=True,
    )

    @model_validator(mode="before")
    @classmethod
    def leave_out_unset(cls, sent: Any) -> Any:
        """Drops the keys that say nothing, so that defaults and `model_fields_set` mean what the client meant."""
        if not isinstance(sent, Mapping):
            return sent
        return {name: value for name, value in sent.items() if not _says_nothing(value)}


def _says_nothing(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


class CamelReply(BaseModel):
    """A reply in camelCase; absent values stay as null."""

    model_config = ConfigDict(
        frozen=True, from_attributes=True, alias_generator=to_camel, validate_by_name=True, serialize_by_alias=True
    )


def both_spellings(shown: BaseModel) -> dict[str, Any]:
    """A reply whose names stand in snake_case and in camelCase beside each other."""
    return camel_beside_snake(shown.model_dump(mode="json", by_alias=False))


def camel_beside_snake(snake: Mapping[str, Any]) -> dict[str, Any]:
    """The same values under both spellings; a name that stands there already keeps its own."""
    return {to_camel(name): value for name, value in snake.items()} | dict(snake)


def in_both_spellings(shown: BaseModel) -> JSONResponse:
    """The same as a whole response, because one shape cannot document both spellings."""
    return JSONResponse(both_spellings(shown))


def absolute_links(prefix: str) -> Any:
    """A dependency type: links that begin with the public address, else with the caller's own, then with the prefix."""

    def links(request: Request, resources: ResourcesDep) -> MediaLinks:
        return links_under(prefix, request, resources)

    return Annotated[MediaLinks, Depends(links)]


def links_under(prefix: str, request: Request, resources: Resources) -> MediaLinks:
    """Links that begin with the public address, else with the caller's own, then with the prefix."""
    server = resources.settings.server.public_base_url
    origin = server or f"{request.url.scheme}://{request.url.netloc}"
    return MediaLinks.for_pages(resources, f"{origin}{prefix}")


async def _root_links(resources: ResourcesDep) -> MediaLinks:
    return MediaLinks.rooted(resources)


RootLinks = Annotated[MediaLinks, Depends(_root_links)]
