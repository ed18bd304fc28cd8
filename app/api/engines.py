"""Pure: which engine does which part of the work under these settings, and why."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from pydantic import BaseModel

from app.core.settings import Settings

AUTO = "auto"
LOCAL = "local"
Role = Literal["planner", "image", "video", "speech", "moderation"]
WORK: Mapping[Role, str] = {
    "planner": "Writes the plan",
    "image": "Draws key frames",
    "video": "Makes clips",
    "speech": "Speaks the narration",
    "moderation": "Judges text and pictures",
}
# For each role the online engines in the order in which `auto` prefers them.
CHOICES: Mapping[Role, tuple[str, ...]] = {
    "planner": ("openai",),
    "image": ("openai", "minimax"),
    "video": ("minimax", "google"),
    "speech": ("minimax", "openai"),
    "moderation": ("openai",),
}
HAS_KEY: Mapping[str, tuple[str, Callable[[Settings], bool]]] = {
    "openai": ("OPENAI_API_KEY", lambda s: bool(s.openai.api_key.get_secret_value())),
    "minimax": ("MINIMAX_API_KEY", lambda s: bool(s.minimax.api_key.get_secret_value())),
    "google": (
        "GOOGLE_API_KEY or GOOGLE_CLOUD_PROJECT",
        lambda s: bool(s.google.google_api_key.get_secret_value() or s.google.google_cloud_project),
    ),
}
NAMES: Mapping[str, str] = {"openai": "OpenAI", "minimax": "MiniMax", "google": "Google Veo", LOCAL: "Built in"}


class Engine(BaseModel):
    """One part of the work and who does it."""

    role: Role
    work: str
    engine: str
    name: str
    online: bool
    ready: bool
    why: str


def engines(settings: Settings) -> list[Engine]:
    """The engine of each role."""
    return [_engine(role, settings) for role in WORK]


def _engine(role: Role, settings: Settings) -> Engine:
    wanted = str(getattr(settings.providers, role)).strip().lower() or AUTO
    keyed = [name for name in CHOICES[role] if HAS_KEY[name][1](settings)]
    if wanted != AUTO:
        fault = _fault(role, wanted, keyed)
        why = f"PROVIDER_{role.upper()} {fault or 'says so'}"
        return _made(role, wanted, ready=fault is None, why=why)
    if keyed:
        return _made(role, keyed[0], ready=True, why=f"{HAS_KEY[keyed[0]][0]} is set")
    keys = " or ".join(HAS_KEY[name][0] for name in CHOICES[role])
    return _made(role, LOCAL, ready=True, why=f"no key is set; {keys} chooses an online engine")


def _fault(role: Role, wanted: str, keyed: Sequence[str]) -> str | None:
    if wanted != LOCAL and wanted not in CHOICES[role]:
        return f"names an engine that cannot do this; use {', '.join((AUTO, *CHOICES[role], LOCAL))}"
    if wanted != LOCAL and wanted not in keyed:
        return f"says so, but {HAS_KEY[wanted][0]} is missing"
    return None


def _made(role: Role, engine: str, *, ready: bool, why: str) -> Engine:
    name = NAMES.get(engine, engine)
    return Engine(role=role, work=WORK[role], engine=engine, name=name, online=engine != LOCAL, ready=ready, why=why)
