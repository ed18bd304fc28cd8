"""The folder of natural voices: a description for each, written last, and its files under their hashes."""

from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from app.core.settings import Settings
from app.providers.voices.catalogue import NaturalEngine, natural_catalogue

EXTRA = "voices"
LIBRARY = "onnxruntime"
FOLDER = "voices"
FILES = "files"


class InstalledVoice(BaseModel):
    """One voice that can speak here; `files` are hashes by what they are for.

    `pace` makes a voice that reads quickly tell stories as calmly as the others.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    engine: NaturalEngine
    language: str
    title: str
    description: str
    licence: str
    phonemes: str = ""
    pace: float = 1.0
    files: Mapping[str, str]
    sizes: Mapping[str, int]


class VoiceFolder:
    """Reads and changes the folder; a voice is there when its description and each of its files are."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.files = path / FILES

    def voices(self) -> tuple[InstalledVoice, ...]:
        """Every whole voice, in the order of the catalogue, and those of a user's own behind them."""
        order = {voice.id: number for number, voice in enumerate(natural_catalogue().voices)}
        return tuple(sorted(self._read(), key=lambda voice: (order.get(voice.id, len(order)), voice.id)))

    def find(self, voice_id: str) -> InstalledVoice | None:
        """The voice of this name."""
        return next((voice for voice in self.voices() if voice.id == voice_id), None)

    def first(self, language: str) -> InstalledVoice | None:
        """The voice that speaks a language where nobody chose another."""
        return next((voice for voice in self.voices() if voice.language == language), None)

    def file(self, sha256: str) -> Path:
        """Where a file of this hash lies."""
        return self.files / sha256

    def keep(self, voice: InstalledVoice) -> None:
        """Makes the voice known, at once and whole; its files must be there."""
        target = self._description(voice.id)
        part = target.with_suffix(".part")
        part.write_text(voice.model_dump_json(indent=2), encoding="utf-8")
        part.replace(target)

    def remove(self, voice: InstalledVoice) -> None:
        """Forgets the voice and deletes the files that no other voice needs."""
        self._description(voice.id).unlink(missing_ok=True)
        needed = {sha256 for other in self._read() for sha256 in other.files.values()}
        for sha256 in voice.files.values():
            if sha256 not in needed:
                self.file(sha256).unlink(missing_ok=True)

    def _description(self, voice_id: str) -> Path:
        return self.path / f"{voice_id}.json"

    def _read(self) -> Iterator[InstalledVoice]:
        for path in self.path.glob("*.json"):
            try:
                voice = InstalledVoice.model_validate_json(path.read_bytes())
            except (OSError, ValidationError):
                continue
            if self._is_whole(voice):
                yield voice

    def _is_whole(self, voice: InstalledVoice) -> bool:
        wanted = ((self.file(sha256), voice.sizes.get(role)) for role, sha256 in voice.files.items())
        return all(path.is_file() and path.stat().st_size == size for path, size in wanted)


def voice_folder(settings: Settings) -> VoiceFolder:
    """The folder that the settings name."""
    return VoiceFolder(settings.voices.voices_path or settings.storage.storage_path / FOLDER)


def can_speak() -> bool:
    """Whether the extra is installed with which natural voices speak."""
    return find_spec(LIBRARY) is not None
