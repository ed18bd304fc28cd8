"""Port for stills: text and reference pictures to a picture."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from app.providers.values import AttemptKey, MediaType, Picture, PictureRules


class ReferenceUse(StrEnum):
    """What a model does with a reference picture."""

    NONE = "none"
    CHARACTER = "character"
    SCENE = "scene"


@dataclass(frozen=True)
class ImageCapabilities:
    """What one image model takes; `sizes` maps an aspect ratio to width and height in pixels."""

    model: str
    prompt_limit_characters: int
    sizes: dict[str, tuple[int, int]]
    reference_use: ReferenceUse
    most_references: int
    reference_rules: PictureRules | None
    most_pictures: int
    takes_seed: bool
    deadline_seconds: float
    notes: tuple[str, ...] = ()

    def misfit(self, request: "ImageRequest") -> "ImageMisfit | None":
        """The first thing that this model would refuse, or None when it takes the request."""
        return next(self._misfits(request), None)

    def _misfits(self, request: "ImageRequest") -> "Iterator[ImageMisfit]":
        limit = self.prompt_limit_characters
        if not request.prompt.strip():
            yield ImageMisfit("prompt", "say what the picture shows")
        if len(request.prompt) > limit:
            yield ImageMisfit("prompt", f"use at most {limit} characters; now {len(request.prompt)}")
        if request.aspect_ratio not in self.sizes:
            yield ImageMisfit("aspect_ratio", f"use one of {', '.join(self.sizes)}")
        if not 1 <= request.count <= self.most_pictures:
            yield ImageMisfit("count", f"ask for 1 to {self.most_pictures} pictures")
        if len(request.references) > self.most_references:
            yield ImageMisfit("references", f"use at most {self.most_references} reference pictures")
        if self.reference_rules is not None:
            for picture in request.references:
                yield from (ImageMisfit("references", hint) for hint in self.reference_rules.misfits(picture))


@dataclass(frozen=True)
class ImageMisfit:
    """Which field of a request a model does not take, and what to do about it."""

    param: str
    hint: str


@dataclass(frozen=True)
class ImageRequest:
    """Pictures to make; the first reference is what the picture should follow most."""

    prompt: str
    aspect_ratio: str = "16:9"
    references: tuple[Picture, ...] = ()
    count: int = 1
    seed: int | None = None
    model: str = ""


@dataclass(frozen=True)
class Still:
    """One made picture; its size must still be measured."""

    content: bytes
    media_type: MediaType


@dataclass(frozen=True)
class MadePictures:
    """What was made; vendors may hold back some pictures for safety."""

    stills: tuple[Still, ...]
    blocked: int = 0


class ImageProvider(Protocol):
    """Makes stills. Every method raises ProviderError and nothing else."""

    name: str
    account: str

    def models(self) -> tuple[str, ...]:
        """Models on offer, the preferred one first."""

    def capabilities(self, model: str = "") -> ImageCapabilities:
        """What this model takes; no name means the preferred one, an unknown name is InvalidRequest."""

    async def draw(self, request: ImageRequest, *, key: AttemptKey) -> MadePictures:
        """Pays for pictures; sends at most once per call. No picture at all is ContentBlocked."""

    async def close(self) -> None:
        """Closes the adapter's connections."""
