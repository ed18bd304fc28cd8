"""openapi-python-client makes a client of each document without a warning, and one makes a film in five calls."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.api.documents import DOCUMENTS, NATIVE, ApiDocument, PackedDocument
from app.core.settings import Settings
from tests.docs.documents import ROOT, clean_environment, started

# Its requirements are older than ours, so that it has an environment of its own; `make clients` makes it.
GENERATOR = ROOT / ".venv" / "clients" / "bin" / "openapi-python-client"
FILM = Path(__file__).with_name("five_calls.py")
LIMIT_SECONDS = 300

pytestmark = [
    pytest.mark.skipif(not GENERATOR.exists(), reason="there is no openapi-python-client here: run `make clients`"),
    pytest.mark.timeout(LIMIT_SECONDS),
]


def generated(document: ApiDocument, folder: Path) -> Path:
    """The package that the generator makes of a document; it says nothing against any part of it."""
    file, target = folder / "openapi.json", folder / "video_client"
    settings = Settings(**{name: kind(_env_file=None) for name, kind in Settings.groups().items()})
    file.write_bytes(PackedDocument.of(document, settings).whole())
    ran = subprocess.run(
        [GENERATOR, "generate", "--path", file, "--output-path", target, "--meta", "none", "--fail-on-warning"],
        cwd=folder,
        env=os.environ | {"PATH": f"{GENERATOR.parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-8000:] + ran.stderr[-8000:]
    assert "warning" not in (ran.stdout + ran.stderr).lower(), ran.stdout[-8000:]
    return target


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_a_client_is_made_without_a_warning_and_loads(document: ApiDocument, tmp_path: Path) -> None:
    package = generated(document, tmp_path)
    load = "import importlib, sys; [importlib.import_module(name) for name in sys.argv[1:]]"
    modules = [
        path.relative_to(tmp_path).with_suffix("").as_posix().replace("/", ".") for path in package.rglob("*.py")
    ]
    ran = subprocess.run(
        [GENERATOR.with_name("python"), "-c", load, *modules],
        env=clean_environment(PYTHONPATH=str(tmp_path)),
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr


def test_from_nothing_to_a_film_in_five_calls_of_the_generated_client(tmp_path: Path) -> None:
    generated(NATIVE, tmp_path)
    film = tmp_path / "film.mp4"
    environment = clean_environment(PORT="0", PYTHONPATH=str(ROOT), STORAGE_PATH=str(tmp_path / "storage"))
    serve = [sys.executable, "-m", "app.cli", "serve"]
    with started(serve, tmp_path, environment, seconds=60) as (address,):
        ran = subprocess.run(
            [GENERATOR.with_name("python"), FILM, address, film],
            env=clean_environment(PYTHONPATH=str(tmp_path)),
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS - 60,
            check=False,
        )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.split() == ["auth_register", "auth_login", "projects_create", "projects_produce", "film_read"]
    assert film.read_bytes()[4:8] == b"ftyp"
