"""What bandit would look for, looked for by ruff's rules of the same name: all of them, over the whole application."""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
RUFF = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]
# The one module that starts processes, from lists of arguments that it is given.
EXCUSED = {"app/core/children.py": ["S603"]}


def ruff(*words: str) -> subprocess.CompletedProcess[str]:
    command = [
        str(Path(sys.executable).with_name("ruff")),
        "check",
        "--no-cache",
        "--isolated",
        "--select",
        "S",
        *words,
    ]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


def test_the_rules_are_on_and_nothing_but_starting_processes_is_excused() -> None:
    assert "S" in RUFF["select"]
    assert not [rule for rule in RUFF["ignore"] if rule.startswith("S")]
    excused = {
        path: [rule for rule in rules if rule.startswith("S")] for path, rules in RUFF["per-file-ignores"].items()
    }
    assert {path: rules for path, rules in excused.items() if rules and path.startswith("app")} == EXCUSED


def test_the_application_passes_them() -> None:
    ignored = ["--per-file-ignores", ",".join(f"{path}:{rule}" for path, rules in EXCUSED.items() for rule in rules)]
    found = ruff(*ignored, "--extend-exclude", "app/web", "app")
    assert found.returncode == 0, found.stdout


def test_they_find_what_they_are_for(tmp_path: Path) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text(
        "import pickle, subprocess\npickle.loads(b'')\nsubprocess.run('ls', shell=True)\nkey_password = 'x'\n"
    )
    found = ruff(str(bad)).stdout
    assert all(rule in found for rule in ("S301", "S602", "S105"))
