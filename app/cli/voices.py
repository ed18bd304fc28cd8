"""`avc voices`: lists, fetches, tries, installs and removes natural voices."""

import asyncio
import hashlib
import json
import re
import shutil
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Annotated, Self

import typer

from app.cli.installation import configure_logging
from app.cli.service import OK, PARTIAL_CONTENT
from app.cli.terminal import AsJson, CommandError, ExitCode, gc_paused, print_json, print_message, print_table

if TYPE_CHECKING:
    import httpx

    from app.core.settings import Settings
    from app.providers.voices.catalogue import Catalogue, CatalogueVoice, VoiceArchive, VoiceFile
    from app.providers.voices.installed import InstalledVoice, VoiceFolder

MEGABYTE = 1_000_000
# What else is written while a voice is fetched: the archives in which its files are.
ROOM_FACTOR = 2
EXTRA_HINT = "pip install 'ai-video-creator[voices]', or `make voices` in a checkout"
# How far the pace of a voice may be from that of the narrator whom it replaces.
SLOWEST, QUICKEST = 0.75, 1.15
CHUNK_BYTES = 1024 * 1024
ATTEMPTS = 5
TIMEOUT_SECONDS, CONNECT_SECONDS = 30, 10
PACKAGE_SECONDS = 900.0
# Where package clients find their registries and the way there.
PACKAGE_VARIABLES = (
    *("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX", "PIP_CERT", "PIP_CONFIG_FILE"),
    *("PIP_TRUSTED_HOST", "PIP_PROXY", "XDG_CONFIG_HOME", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"),
    *("NPM_CONFIG_REGISTRY", "npm_config_registry", "NPM_CONFIG_USERCONFIG", "npm_config_userconfig"),
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
)
PACKAGES = "packages"

commands = typer.Typer(no_args_is_help=True, add_completion=False)


@commands.command("list", hidden=True)
@commands.command("ls")
def list_voices(*, as_json: AsJson = False) -> None:
    """Lists the voices that can be installed and those that are."""
    from app.core.settings import Settings
    from app.providers.voices.installed import can_speak, voice_folder

    rows = list(_rows(voice_folder(Settings.load())))
    if as_json:
        print_json(rows)
        return
    columns = {"voice": "voice", "language": "language", "engine": "engine", "licence": "licence"}
    columns |= {"size_mb": "MB", "state": "state"}
    print_table(tuple(columns.values()), (tuple(row[key] for key in columns) for row in rows))
    if not can_speak():
        print_message(f"Natural voices need an extra: {EXTRA_HINT}.")


@commands.command("install")
def install(
    *,
    voice: Annotated[str, typer.Argument(help="A language such as en, or the name of a voice.")],
    source: Annotated[
        Path | None,
        typer.Option(
            "--from", exists=True, dir_okay=False, help="A Piper voice of your own: FILE.onnx, with FILE.onnx.json."
        ),
    ] = None,
) -> None:
    """Fetches a voice, checks it and installs it; a download that was cut goes on where it ended."""
    from app.core.settings import Settings
    from app.providers.voices.installed import can_speak, voice_folder

    configure_logging()
    if not can_speak():
        text = f"Natural voices need an extra: {EXTRA_HINT}. Then run this again."
        raise CommandError(text, ExitCode.MISUSED)
    settings = Settings.load()
    folder = voice_folder(settings)
    added = _add_own(folder, voice, source) if source is not None else _add_listed(settings, folder, voice)
    asyncio.run(_set_pace(settings, folder, added))
    print_message(f"{added.id} is installed: the offline narrator speaks {added.language} with it.")


@commands.command("remove")
def remove(voice: Annotated[str, typer.Argument(help="The name of an installed voice, or a language.")]) -> None:
    """Deletes an installed voice, or all of a language."""
    from app.core.settings import Settings
    from app.providers.voices.installed import voice_folder

    folder = voice_folder(Settings.load())
    gone = [each for each in folder.voices() if voice in {each.id, each.language}]
    if not gone:
        text = f"No voice {voice} is installed. See `avc voices list`."
        raise CommandError(text, ExitCode.MISUSED)
    for each in gone:
        folder.remove(each)
        print_message(f"{each.id} is removed.")


def natural_voice_hint(language: str) -> str | None:
    """How to get a natural voice for this language; nothing where one speaks already, or where there is none."""
    from app.core.settings import Settings
    from app.providers.voices.catalogue import natural_catalogue
    from app.providers.voices.installed import can_speak, voice_folder

    if natural_catalogue().find(language) is None:
        return None
    is_installed = voice_folder(Settings.load()).first(language) is not None
    if is_installed and can_speak():
        return None
    steps = [] if can_speak() else [EXTRA_HINT]
    if not is_installed:
        steps.append(f"`avc voices install {language}`")
    return f"The voice is a synthetic one. For a natural one: {', then '.join(steps)}."


def _rows(folder: "VoiceFolder") -> Iterator[dict[str, str | int]]:
    from app.providers.voices.catalogue import natural_catalogue

    installed = {voice.id: voice for voice in folder.voices()}
    known = natural_catalogue()
    for voice in known.voices:
        state = "installed" if installed.pop(voice.id, None) else ""
        yield _row(voice, known.size_bytes(voice), state)
    for own in installed.values():
        yield _row(own, sum(own.sizes.values()), "installed, your own")


def _row(voice: "CatalogueVoice | InstalledVoice", size_bytes: int, state: str) -> dict[str, str | int]:
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


def _add_listed(settings: "Settings", folder: "VoiceFolder", name: str) -> "InstalledVoice":
    from app.providers.voices.catalogue import natural_catalogue
    from app.providers.voices.installed import InstalledVoice

    known = natural_catalogue()
    voice = known.find(name)
    if voice is None:
        text = f"There is no voice or language {name}. See `avc voices list`."
        raise CommandError(text, ExitCode.MISUSED)
    _check_space(folder, ROOM_FACTOR * known.size_bytes(voice))
    print_message(f"Fetching {voice.id} ({known.size_bytes(voice) / MEGABYTE:.0f} MB, licence {voice.licence}).")
    with VoiceFetcher(known, folder, settings.voices.voices_mirror) as fetcher:
        for file in voice.files.values():
            fetcher.fetch(file)
    files = {role: known.files[file] for role, file in voice.files.items()}
    made = InstalledVoice(
        **voice.model_dump(exclude={"files"}),
        files={role: file.sha256 for role, file in files.items()},
        sizes={role: file.size for role, file in files.items()},
    )
    folder.keep(made)
    return made


def _add_own(folder: "VoiceFolder", language: str, model: Path) -> "InstalledVoice":
    """A Piper voice from two files on this machine."""
    from app.projects.options import Language
    from app.providers.voices.catalogue import NaturalEngine
    from app.providers.voices.installed import InstalledVoice

    if language not in {each.value for each in Language}:
        text = f"Name the language of {model.name}: one of {', '.join(Language)}."
        raise CommandError(text, ExitCode.MISUSED)
    config = model.with_name(f"{model.name}.json")
    _check_piper(config)
    _check_space(folder, model.stat().st_size)
    given = {"model": model, "config": config}
    files = {role: _copy(folder, file) for role, file in given.items()}
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
        raise CommandError(text, ExitCode.MISUSED) from fault
    if not is_piper:
        text = f"{config} does not describe a Piper voice that eSpeak reads for."
        raise CommandError(text, ExitCode.MISUSED)


def _copy(folder: "VoiceFolder", file: Path) -> str:
    sha256 = sha256_of(file)
    folder.files.mkdir(parents=True, exist_ok=True)
    part = folder.files / f"{sha256}.part"
    shutil.copyfile(file, part)
    part.replace(folder.file(sha256))
    return sha256


def _check_space(folder: "VoiceFolder", wanted_bytes: int) -> None:
    from app.storage.disk import space_of

    free_bytes = space_of(folder.path).free_bytes
    if free_bytes < wanted_bytes:
        text = (
            f"{folder.path} has {free_bytes / MEGABYTE:.0f} MB free and needs {wanted_bytes / MEGABYTE:.0f}. "
            "Free space, or name another folder in VOICES_PATH."
        )
        raise CommandError(text, ExitCode.UNAVAILABLE)


async def _set_pace(settings: "Settings", folder: "VoiceFolder", voice: "InstalledVoice") -> None:
    """Gives the voice the pace of the narrator whom it replaces; one that cannot speak is removed."""
    with gc_paused():
        from app.core.clock import SystemClock
        from app.core.threads import Threads
        from app.media.tools import find_tools
        from app.narration.domain import INTRODUCTIONS
        from app.projects.options import Language
        from app.providers.bundle import LOCAL
        from app.providers.errors import ProviderError
        from app.providers.speech import SpeechRequest
        from app.providers.values import AttemptKey
        from app.resources import engines_of
    threads, tools = Threads(2), find_tools(settings.media.ffmpeg_path, settings.media.ffprobe_path)
    engines = engines_of(settings, SystemClock(), threads, tools)
    speech = engines.speech(LOCAL)
    text = INTRODUCTIONS[Language(voice.language)]
    try:
        seconds = [
            (await speech.speak(SpeechRequest(text, name, voice.language), key=AttemptKey(name))).duration_seconds
            for name in (voice.id, f"{voice.language}-{speech.capabilities().default_voice}")
        ]
    except ProviderError as fault:
        folder.remove(voice)
        text = f"{voice.id} cannot speak here, so it was removed: {fault.text} ({fault.provider_code or fault.hint})"
        raise CommandError(text, ExitCode.JOB_FAILED) from fault
    finally:
        await engines.close()
        threads.close()
    pace = min(max(seconds[0] / seconds[1], SLOWEST), QUICKEST)
    folder.keep(voice.model_copy(update={"pace": round(pace, 2)}))


class SourceFailed(Exception):
    """A source does not give the file; the text says why."""


class VoiceFetcher:
    """Brings files to the folder, each whole and checked; archives live as long as the fetcher."""

    def __init__(self, catalogue: "Catalogue", folder: "VoiceFolder", mirror: str) -> None:
        import httpx

        self._catalogue = catalogue
        self._folder = folder
        self._mirror = mirror.rstrip("/")
        self._archives: dict[str, Path] = {}
        self._work: Path = folder.path
        timeout = httpx.Timeout(TIMEOUT_SECONDS, connect=CONNECT_SECONDS)
        self._client = httpx.Client(follow_redirects=True, timeout=timeout, headers={"Accept-Encoding": "identity"})

    def __enter__(self) -> Self:
        self._folder.files.mkdir(parents=True, exist_ok=True)
        self._work = Path(tempfile.mkdtemp(prefix="fetching-", dir=self._folder.path))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()
        shutil.rmtree(self._work, ignore_errors=True)

    def fetch(self, name: str) -> None:
        """One file, from the first source that gives it."""
        file = self._catalogue.files[name]
        if self._folder.file(file.sha256).is_file():
            return
        reasons = []
        for fetch in self._sources(file):
            try:
                fetch()
            except SourceFailed as failed:
                reasons.append(str(failed))
            else:
                return
        text = (
            f"{file.path} could not be fetched, and nothing was installed. {' '.join(reasons)} "
            "Check the network, or name a mirror in VOICES_MIRROR."
        )
        raise CommandError(text, ExitCode.UNAVAILABLE)

    def _sources(self, file: "VoiceFile") -> Iterator[Callable[[], None]]:
        if self._mirror:
            yield lambda: self._download(f"{self._mirror}/{file.hub}/{file.path}", file)
        if file.parts:
            yield lambda: self._unpack(file)
        if not self._mirror:
            yield lambda: self._download(f"{self._catalogue.hubs[file.hub]}/{file.path}", file)

    def _download(self, address: str, file: "VoiceFile") -> None:
        part = self._folder.files / f"{file.sha256}.part"
        download(self._client, address, part, file.size)
        self._accept(part, file)

    def _unpack(self, file: "VoiceFile") -> None:
        part = self._work / file.sha256
        with part.open("wb") as target:
            for piece in file.parts:
                with _member(self._archive(piece.archive), piece.member) as source:
                    shutil.copyfileobj(source, target, CHUNK_BYTES)
        self._accept(part, file)

    def _accept(self, part: Path, file: "VoiceFile") -> None:
        if sha256_of(part) != file.sha256:
            part.unlink()
            text = f"What came as {file.path} is not the file of the catalogue: its SHA-256 differs, so it was deleted."
            raise SourceFailed(text)
        part.replace(self._folder.file(file.sha256))

    def _archive(self, name: str) -> Path:
        if name not in self._archives:
            self._archives[name] = self._fetch_archive(self._catalogue.archives[name])
        return self._archives[name]

    def _fetch_archive(self, archive: "VoiceArchive") -> Path:
        print_message(f"Fetching {archive.file} ({archive.size / 1_000_000:.0f} MB).")
        path = self._work / archive.file
        if self._mirror:
            download(self._client, f"{self._mirror}/{PACKAGES}/{archive.file}", path, archive.size)
        else:
            _run_client(_client_command(archive, self._work), archive)
        if not path.is_file() or sha256_of(path) != archive.sha256:
            text = f"{archive.file} is not the archive of the catalogue: its SHA-256 differs."
            raise SourceFailed(text)
        return path


def download(client: "httpx.Client", address: str, part: Path, size: int) -> None:
    """The file of this size at this address; what is there already is not fetched again, and a cut is resumed."""
    import httpx

    for attempt in range(ATTEMPTS):
        try:
            _download_once(client, address, part, size)
        except httpx.HTTPError as fault:
            if attempt == ATTEMPTS - 1 or not _length(part):
                text = f"{address} cannot be read: {str(fault) or type(fault).__name__}."
                raise SourceFailed(text) from fault
        if _length(part) >= size:
            return
    text = f"{address} ended after {_length(part)} of {size} bytes; run the command again to go on."
    raise SourceFailed(text)


def sha256_of(path: Path) -> str:
    """The hash of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _download_once(client: "httpx.Client", address: str, part: Path, size: int) -> None:
    begun = _length(part)
    if begun >= size:
        return
    with client.stream("GET", address, headers={"Range": f"bytes={begun}-"} if begun else {}) as response:
        if response.status_code not in {OK, PARTIAL_CONTENT}:
            text = f"{address} answered {response.status_code}."
            raise SourceFailed(text)
        goes_on = response.status_code == PARTIAL_CONTENT
        with part.open("ab" if goes_on else "wb") as target:
            for chunk in response.iter_raw():
                target.write(chunk)
                if target.tell() > size:
                    break


def _length(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


@contextmanager
def _member(archive: Path, member: str) -> Iterator[IO[bytes]]:
    """One file of a wheel or of an npm package."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel, wheel.open(member) as source:
            yield source
        return
    with tarfile.open(archive) as package:
        found = package.extractfile(member)
        if found is None:
            text = f"{archive.name} has no {member}."
            raise SourceFailed(text)
        with found:
            yield found


def _client_command(archive: "VoiceArchive", folder: Path) -> list[str]:
    """What fetches an archive with the registries that are set up on this machine."""
    from app.providers.voices.catalogue import ArchiveKind

    if archive.kind is ArchiveKind.NPM:
        return ["npm", "pack", f"{archive.package}@{archive.version}", "--silent", "--pack-destination", str(folder)]
    wanted = folder / f"{archive.package}.txt"
    wanted.write_text(f"{archive.package}=={archive.version} --hash=sha256:{archive.sha256}\n", encoding="utf-8")
    quiet = ("--quiet", "--disable-pip-version-check", "--no-input", "--retries", "1", "--timeout", "20")
    exactly = ("--no-deps", "--require-hashes", "--only-binary", ":all:")
    return [sys.executable, "-m", "pip", "download", *quiet, *exactly, "--dest", str(folder), "-r", str(wanted)]


def _run_client(command: list[str], archive: "VoiceArchive") -> None:
    from app.core import process
    from app.core.process import Limits, ProcessFailed, ProcessTimedOut

    limits = Limits(memory_bytes=None, variables=PACKAGE_VARIABLES)
    try:
        done = asyncio.run(process.run(command, timeout_seconds=PACKAGE_SECONDS, limits=limits))
    except (ProcessFailed, ProcessTimedOut) as fault:
        text = f"{archive.file}: {fault}."
        raise SourceFailed(text) from fault
    if not done.succeeded:
        lines = [line for line in done.stderr_tail.splitlines() if "ERROR" in line or "ERR!" in line]
        text = f"{archive.file} cannot be had from the package registry{': ' + lines[-1].strip() if lines else ''}."
        raise SourceFailed(text)
