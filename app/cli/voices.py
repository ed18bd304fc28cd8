"""Natural voices on this machine: what there is, what is installed, and how one comes and goes."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from app.cli.display import say, table, tell_json
from app.cli.exits import Exit, Stopped
from app.cli.loading import part
from app.cli.voice_files import VoiceFetcher, sha256_of
from app.core.settings import Settings
from app.projects.options import Language
from app.providers.voices.catalogue import CatalogueVoice, NaturalEngine, natural_catalogue
from app.providers.voices.installed import InstalledVoice, VoiceFolder, can_speak, voice_folder
from app.storage.disk import space_of

MEGABYTE = 1_000_000
# What else is written while a voice is fetched: the archives in which its files are.
ROOM = 2
EXTRA_HINT = "pip install 'ai-video-creator[voices]', or `make voices` in a checkout"


def show_all(*, as_json: bool) -> None:
    """Every voice of the catalogue and every other one that is installed."""
    rows = list(_rows(voice_folder(Settings.load())))
    if as_json:
        tell_json(rows)
        return
    columns = {"voice": "voice", "language": "language", "engine": "engine", "licence": "licence"}
    columns |= {"size_mb": "MB", "state": "state"}
    table(tuple(columns.values()), (tuple(row[key] for key in columns) for row in rows))
    if not can_speak():
        say(f"Natural voices need an extra: {EXTRA_HINT}.")


def install(name: str, source: Path | None) -> None:
    """Installs a voice of the catalogue, or one of the user's own."""
    if not can_speak():
        text = f"Natural voices need an extra: {EXTRA_HINT}. Then run this again."
        raise Stopped(text, Exit.MISUSED)
    settings = Settings.load()
    folder = voice_folder(settings)
    voice = _own(folder, name, source) if source is not None else _listed(settings, folder, name)
    part("voice_trial").try_out(settings, folder, voice)
    say(f"{voice.id} is installed: the offline narrator speaks {voice.language} with it.")


def remove(name: str) -> None:
    """Deletes the voice of this name, or all of this language."""
    folder = voice_folder(Settings.load())
    gone = [voice for voice in folder.voices() if name in {voice.id, voice.language}]
    if not gone:
        text = f"No voice {name} is installed. See `avc voices list`."
        raise Stopped(text, Exit.MISUSED)
    for voice in gone:
        folder.remove(voice)
        say(f"{voice.id} is removed.")


def installed_voices(settings: Settings) -> tuple[str, ...]:
    """The names of the voices that are installed."""
    return tuple(voice.id for voice in voice_folder(settings).voices())


def natural_voice_hint(language: str) -> str | None:
    """How to get a natural voice for this language; nothing where one speaks already, or where there is none."""
    if natural_catalogue().find(language) is None:
        return None
    is_installed = voice_folder(Settings.load()).first(language) is not None
    if is_installed and can_speak():
        return None
    steps = [] if can_speak() else [EXTRA_HINT]
    if not is_installed:
        steps.append(f"`avc voices install {language}`")
    return f"The voice is a synthetic one. For a natural one: {', then '.join(steps)}."


def _rows(folder: VoiceFolder) -> Iterator[dict[str, str | int]]:
    installed = {voice.id: voice for voice in folder.voices()}
    known = natural_catalogue()
    for voice in known.voices:
        state = "installed" if installed.pop(voice.id, None) else ""
        yield _row(voice, known.size_bytes(voice), state)
    for own in installed.values():
        yield _row(own, sum(own.sizes.values()), "installed, your own")


def _row(voice: CatalogueVoice | InstalledVoice, size_bytes: int, state: str) -> dict[str, str | int]:
    return {
        "voice": voice.id,
        "language": voice.language,
        "engine": voice.engine.value,
        "licence": voice.licence,
        "size_mb": round(size_bytes / MEGABYTE),
        "state": state,
        "title": voice.title,
        "description": voice.description,
    }


def _listed(settings: Settings, folder: VoiceFolder, name: str) -> InstalledVoice:
    known = natural_catalogue()
    voice = known.find(name)
    if voice is None:
        text = f"There is no voice or language {name}. See `avc voices list`."
        raise Stopped(text, Exit.MISUSED)
    _check_room(folder, ROOM * known.size_bytes(voice))
    say(f"Fetching {voice.id} ({known.size_bytes(voice) / MEGABYTE:.0f} MB, licence {voice.licence}).")
    with VoiceFetcher(known, folder, settings.voices.voices_mirror) as fetcher:
        for file in voice.files.values():
            fetcher.bring(file)
    files = {role: known.files[file] for role, file in voice.files.items()}
    made = InstalledVoice(
        **voice.model_dump(exclude={"files"}),
        files={role: file.sha256 for role, file in files.items()},
        sizes={role: file.size for role, file in files.items()},
    )
    folder.keep(made)
    return made


def _own(folder: VoiceFolder, language: str, model: Path) -> InstalledVoice:
    """A Piper voice from two files on this machine."""
    if language not in {each.value for each in Language}:
        text = f"Name the language of {model.name}: one of {', '.join(Language)}."
        raise Stopped(text, Exit.MISUSED)
    config = model.with_name(f"{model.name}.json")
    _check_piper(config)
    _check_room(folder, model.stat().st_size)
    given = {"model": model, "config": config}
    files = {role: _copied(folder, file) for role, file in given.items()}
    voice = InstalledVoice(
        id=_own_name(language, model.stem),
        engine=NaturalEngine.PIPER,
        language=language,
        title=model.stem,
        description="A voice of your own.",
        licence="unknown",
        files=files,
        sizes={role: file.stat().st_size for role, file in given.items()},
    )
    folder.keep(voice)
    return voice


def _own_name(language: str, stem: str) -> str:
    plain = re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")
    return plain if plain.startswith(f"{language}-") else f"{language}-{plain}"


def _check_piper(config: Path) -> None:
    try:
        facts = json.loads(config.read_bytes())
        is_piper = facts["phoneme_id_map"] and facts["audio"]["sample_rate"] and facts["espeak"]["voice"]
    except (OSError, ValueError, KeyError, TypeError) as fault:
        text = f"{config}: {fault}. A Piper voice is two files, NAME.onnx and NAME.onnx.json, side by side."
        raise Stopped(text, Exit.MISUSED) from fault
    if not is_piper:
        text = f"{config} does not describe a Piper voice that eSpeak reads for."
        raise Stopped(text, Exit.MISUSED)


def _copied(folder: VoiceFolder, file: Path) -> str:
    sha256 = sha256_of(file)
    folder.files.mkdir(parents=True, exist_ok=True)
    part = folder.files / f"{sha256}.part"
    shutil.copyfile(file, part)
    part.replace(folder.file(sha256))
    return sha256


def _check_room(folder: VoiceFolder, wanted_bytes: int) -> None:
    free_bytes = space_of(folder.path).free_bytes
    if free_bytes < wanted_bytes:
        text = (
            f"{folder.path} has {free_bytes / MEGABYTE:.0f} MB free and needs {wanted_bytes / MEGABYTE:.0f}. "
            "Free space, or name another folder in VOICES_PATH."
        )
        raise Stopped(text, Exit.UNAVAILABLE)
