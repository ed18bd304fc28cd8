"""The reviewed API document: `python -m tests.contract.api.snapshot` writes down what the application says now."""

import json
from pathlib import Path
from typing import Any

from app.core.settings import Settings
from app.main import create_app

SNAPSHOT = Path(__file__).with_name("openapi.json")


def document() -> dict[str, Any]:
    """The document of an installation without any setting."""
    bare = {name: kind(_env_file=None) for name, kind in Settings.groups().items()}
    api: dict[str, Any] = json.loads(json.dumps(create_app(Settings(**bare)).openapi()))
    api["info"]["version"] = "reviewed"
    return api


def rendered(api: dict[str, Any]) -> str:
    """The text that is kept."""
    return json.dumps(api, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    SNAPSHOT.write_text(rendered(document()))
