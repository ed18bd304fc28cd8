"""What is looked at before a film is ordered; where it cannot be made or stored nothing is begun."""

import os
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from app.api.version import product_version
from app.cli.client import API, Api, Json
from app.cli.exits import Exit, Stopped

FILM_SUFFIX = ".mp4"
# A film and its captions lie under one name.
SUFFIXES = (FILM_SUFFIX, ".srt", ".vtt")
# What a film takes at most, whoever makes its clips, and what lies beside it.
BYTES_PER_SECOND = 1_000_000
BYTES_BESIDE = 8_000_000
BYTES_PER_MEGABYTE = 1_000_000
NUMBER = re.compile(r"\d+")
ROLES = ("planner", "image", "video", "speech")


def free_name(folder: Path) -> Path:
    """film.mp4, or the first film-N.mp4 that is not there yet."""
    number, target = 1, folder / "film.mp4"
    while _taken(target):
        number += 1
        target = folder / f"film-{number}.mp4"
    return target


def target_of(out: Path | None, *, force: bool) -> Path:
    """Where the film goes: the file that was named, or a free name in the folder that was."""
    if out is None or out.is_dir():
        return free_name(out or Path.cwd())
    if out.suffix.lower() != FILM_SUFFIX:
        text = f"{out}: the film is an MP4. Name a file that ends in .mp4, or a folder that is there."
        raise Stopped(text, Exit.MISUSED)
    if not force and (taken := _taken(out)):
        text = f"{taken} exists. Name another file, or replace it with --force."
        raise Stopped(text, Exit.MISUSED)
    return out


def _taken(target: Path) -> Path | None:
    """The first file that lies where the film or its captions would."""
    return next((file for file in map(target.with_suffix, SUFFIXES) if file.exists()), None)


def check_target(target: Path, seconds: int) -> None:
    """Refuses a place where no file can be written, or none of the size of this film."""
    folder = target.parent
    if not folder.is_dir():
        made = f"Make it with `mkdir -p {folder}`, or name" if not folder.exists() else "It is no folder; name"
        text = f"The folder {folder} is not there. {made} another place with --out."
        raise Stopped(text, Exit.MISUSED)
    if not os.access(folder, os.W_OK | os.X_OK):
        text = f"The folder {folder} cannot be written. Name another place with --out."
        raise Stopped(text, Exit.MISUSED)
    free_bytes = shutil.disk_usage(folder).free
    needed_bytes = seconds * BYTES_PER_SECOND + BYTES_BESIDE
    if free_bytes < needed_bytes:
        text = (
            f"The disk of {folder.resolve()} has {free_bytes // BYTES_PER_MEGABYTE} MB free, and this film may take "
            f"{needed_bytes // BYTES_PER_MEGABYTE} MB. Free some space, or name another place with --out."
        )
        raise Stopped(text, Exit.UNAVAILABLE)


async def check_service(api: Api) -> None:
    """Refuses a service that is older than this command, that stops, or that cannot work now, and says why."""
    version = str((await api.get("/version"))["version"])
    if _is_older(version, product_version()):
        text = (
            f"{api.address} runs version {version}, which is older than this command ({product_version()}). "
            "Stop it, start it again with `make run`, and repeat the command."
        )
        raise Stopped(text, Exit.UNAVAILABLE)
    ready: Json = await api.whatever("/readyz")
    checks: Json = ready.get("checks", {})
    if ready.get("status") == "draining":
        text = f"{api.address} is stopping and takes no new work. Start it again, then repeat the command."
        raise Stopped(text, Exit.UNAVAILABLE)
    faults = [f"{name}: {check['detail']}" for name, check in checks.items() if check["status"] != "ok"]
    if faults:
        text = (
            f"{api.address} cannot make films now. {'; '.join(faults)}. Nothing was begun; `avc doctor` looks closer."
        )
        raise Stopped(text, Exit.UNAVAILABLE)


class Options:
    """What films may be like at this service."""

    def __init__(self, options: Json, own_voices: Sequence[Json]) -> None:
        self._options = options
        self._own_voices = own_voices

    @classmethod
    async def of(cls, api: Api) -> "Options":
        """The options of the service, and the voices that the caller has saved."""
        return cls(await api.get(f"{API}/options"), (await api.get(f"{API}/voices"))["voices"])

    @property
    def speaks_offline(self) -> bool:
        """Whether the built-in engine narrates unless a voice of another one is named."""
        return any(each["value"] == "local" for each in self._options["engines"] if _is_at_work(each, "speech"))

    def check_engines(self) -> None:
        """Refuses to begin while an engine that would work on the film is missing."""
        missing = dict(self._missing())
        if missing:
            why = "; ".join(f"{role} ({reason})" for role, reason in missing.items())
            settings = " ".join(f"PROVIDER_{role.upper()}=local" for role in missing)
            text = f"Engines are missing: {why}. Set what is missing, or use the built-in engines with {settings}."
            raise Stopped(text, Exit.NOT_ALLOWED)

    @property
    def longest_seconds(self) -> int:
        """How long a film may be here."""
        return int(self._options["project"]["target_duration_sec"]["maximum"])

    def check_length(self, seconds: int) -> None:
        """Refuses a length that no film has here."""
        if seconds > self.longest_seconds:
            text = f"A film lasts at most {self.longest_seconds} seconds here, not {seconds}. Say less with --length."
            raise Stopped(text, Exit.MISUSED)

    def chosen(self, choices: str, value: str, option: str) -> str:
        """One of the values of a closed choice, however it is spelled."""
        offered: list[Json] = self._options[choices]
        for choice in offered:
            if value.casefold() in {str(choice["value"]).casefold(), str(choice["label"]).casefold()}:
                return str(choice["value"])
        named = ", ".join(_named(choice) for choice in offered)
        text = f"{option} {value} is not known here. Choose one of: {named}."
        raise Stopped(text, Exit.MISUSED)

    def voice(self, name: str, language: str) -> str:
        """A voice by its name: one of the caller's, else one of the engine that speaks."""
        wanted = name.casefold()
        for own in self._own_voices:
            if wanted in {str(own[key]).casefold() for key in ("id", "voice_id", "name")}:
                return str(own["voice_id"])
        offered = self._options["voices"]
        for voice in offered:
            if wanted in {str(voice["value"]).casefold(), str(voice["label"]).casefold()}:
                return str(voice["value"])
        if not self.speaks_offline:
            # The list of a vendor is not fetched for a command; the vendor itself says what it does not know.
            return name
        named = ", ".join(str(voice["value"]) for voice in offered if voice["language"] in {language, None})
        text = f"There is no voice {name}. Choose one of: {named}; or name a file with a sample of a voice."
        raise Stopped(text, Exit.MISUSED)

    def _missing(self) -> Iterator[tuple[str, str]]:
        for role in ROLES:
            chosen = [each for each in self._options["engines"] if each["role"] == role and each["is_default"]]
            if not any(engine["available"] for engine in chosen):
                why = "; ".join(f"{engine['label']}: {engine['absent_reason']}" for engine in chosen)
                yield role, why.rstrip(".") or "none is set up"


def _is_at_work(engine: Json, role: str) -> bool:
    return bool(engine["role"] == role and engine["is_default"])


def _named(choice: Json) -> str:
    value, label = str(choice["value"]), str(choice["label"])
    return value if value.casefold() in label.casefold().split() else f"{value} ({label})"


def _is_older(version: str, own: str) -> bool:
    """Whether the first is an earlier release; versions of an uninstalled checkout are not compared."""
    if "+source" in version or "+source" in own:
        return False
    return _release(version) < _release(own)


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in NUMBER.findall(version)[:3])
