"""What the code knows stands in the documents as the code says it."""

import re
import subprocess
import sys

from app.core.settings import Settings
from docs import generated
from tests.docs.documents import DOCUMENTS, ROOT


def test_generated_parts_are_up_to_date() -> None:
    written = [path for path in DOCUMENTS if "[[[cog" in path.read_text()]
    ran = subprocess.run(
        [sys.executable, "-m", "cogapp", "--check", "-I", str(ROOT), *written],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, f"run `make docs`: {ran.stdout}{ran.stderr}"
    assert len(written) >= 4


def example_lines() -> list[tuple[str, str]]:
    text = (ROOT / ".env.example").read_text()
    return [(name, value) for name, value in re.findall(r"^#([A-Z0-9_]+)=(.*)$", text, re.MULTILINE)]


def test_the_example_names_every_setting_and_no_other() -> None:
    known = [names[0] for group in Settings.groups().values() for names in group.variables().values()]
    assert [name for name, _ in example_lines()] == known
    assert len(set(known)) == len(known)


def test_the_example_as_it_stands_changes_nothing(tmp_path) -> None:
    turned_on = tmp_path / "example.env"
    turned_on.write_text("\n".join(f"{name}={value}" for name, value in example_lines()))
    for group in Settings.groups().values():
        assert group(_env_file=turned_on) == group(_env_file=None), group.title


def test_the_example_is_what_the_settings_say() -> None:
    assert (ROOT / ".env.example").read_text() == generated.env_example(), "run `make docs`"


def test_the_page_of_errors_is_what_the_code_refuses() -> None:
    assert generated.PAGE.read_text() == generated.errors_page(), "run `make docs`"
