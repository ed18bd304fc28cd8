"""openapi-typescript makes types of each document without a warning."""

import shutil
import subprocess
from pathlib import Path

import pytest

from app.api.documents import DOCUMENTS, ApiDocument, PackedDocument
from app.core.settings import Settings
from tests.docs.documents import ROOT

NODE = shutil.which("node")
# `make clients` installs it from the lock beside this file, where there is Node.
GENERATOR = ROOT / ".venv" / "clients" / "node_modules" / "openapi-typescript" / "bin" / "cli.js"

pytestmark = [
    pytest.mark.skipif(NODE is None, reason="there is no `node` on this machine, so no TypeScript is made"),
    pytest.mark.skipif(not GENERATOR.exists(), reason="there is no openapi-typescript here: run `make clients`"),
]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_types_are_made_without_a_warning(document: ApiDocument, tmp_path: Path) -> None:
    settings = Settings(**{name: kind(_env_file=None) for name, kind in Settings.groups().items()})
    file, target = tmp_path / "openapi.json", tmp_path / "api.ts"
    file.write_bytes(PackedDocument.of(document, settings).whole())
    ran = subprocess.run(
        [str(NODE), GENERATOR, file, "--output", target],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    told = ran.stdout + ran.stderr
    assert ran.returncode == 0, told
    assert not any(word in told.lower() for word in ("warn", "error", "unable", "⚠")), told
    assert "export interface operations" in target.read_text()
