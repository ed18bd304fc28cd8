"""Settings: grouped, frozen, forgiving where the contract says so, and refused when unsafe."""

import stat
from pathlib import Path

import pytest
from pydantic import ValidationError

from app.core.settings import (
    DatabaseSettings,
    GoogleSettings,
    MiniMaxSettings,
    ServerSettings,
    Settings,
    WorkSettings,
)
from app.core.startup import UnsafeSettings, check, with_secret
from tests.conftest import SECRET, MakeSettings


def names() -> list[str]:
    return [name for group in Settings.groups().values() for found in group.variables().values() for name in found]


def test_no_environment_name_sets_two_things() -> None:
    assert len(names()) == len(set(names()))


@pytest.mark.parametrize("group", Settings.groups().values(), ids=lambda group: group.title)
def test_every_setting_is_described_and_every_group_has_a_title(group) -> None:
    assert group.title
    assert [name for name, field in group.model_fields.items() if not field.description] == []


@pytest.mark.parametrize("group", Settings.groups().values(), ids=lambda group: group.title)
def test_settings_are_frozen(group) -> None:
    made = group(_env_file=None)
    with pytest.raises(ValidationError):
        setattr(made, next(iter(group.model_fields)), "changed")


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("sqlite:///./a.db", "sqlite+aiosqlite:///./a.db"),
        ("postgres://u@h/d", "postgresql+asyncpg://u@h/d"),
        ("postgresql://u@h/d", "postgresql+asyncpg://u@h/d"),
        ("postgresql+asyncpg://u@h/d", "postgresql+asyncpg://u@h/d"),
    ],
)
def test_database_urls_name_an_async_driver(given: str, meant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", given)
    assert DatabaseSettings(_env_file=None).database_url == meant


@pytest.mark.parametrize(
    "base", ["http://127.0.0.1:9", "http://127.0.0.1:9/", "http://127.0.0.1:9/v1", "http://127.0.0.1:9/v1/"]
)
def test_the_minimax_host_is_taken_with_and_without_its_version(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINIMAX_API_BASE", base)
    assert MiniMaxSettings(_env_file=None).api_base == "http://127.0.0.1:9"


@pytest.mark.parametrize("name", ["CORS_ORIGINS", "FRONTEND_URL"])
def test_origins_are_split_at_commas(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "https://a.example/, https://b.example")
    assert ServerSettings(_env_file=None).cors_origins == ("https://a.example", "https://b.example")


def test_the_google_key_has_its_other_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "key")
    assert GoogleSettings(_env_file=None).google_api_key.get_secret_value() == "key"


def test_an_empty_variable_is_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUDGET_DAY", "")
    monkeypatch.setenv("PORT", "")
    assert WorkSettings(_env_file=None).budget_day is None
    assert ServerSettings(_env_file=None).port == 8000


def test_settings_come_from_a_dot_env_file_and_the_environment_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("PORT=9001\nAPP_NAME=Ours\n")
    monkeypatch.setenv("PORT", "9002")
    loaded = Settings.load()
    assert (loaded.server.port, loaded.server.app_name) == (9002, "Ours")


def test_no_secret_is_shown(make_settings: MakeSettings) -> None:
    made = make_settings(openai={"api_key": "sk-visible"}, minimax={"api_key": "mm-visible"})
    assert "visible" not in f"{made!r}{made}"
    assert SECRET not in repr(made)


UNSAFE = [
    ("SECRET_KEY", {"server": {"app_env": "production"}, "security": {"secret_key": ""}}),
    ("SECRET_KEY", {"server": {"app_env": "production"}, "security": {"secret_key": "x" * 40}}),
    ("SECRET_KEY", {"server": {"app_env": "production"}, "security": {"secret_key": "abcdefgh12345678"}}),
    (
        "SECRET_KEY",
        {"server": {"app_env": "production"}, "security": {"secret_key": "changeme-0123456789-abcdefghijklmnop"}},
    ),
    ("CORS_ORIGINS", {"server": {"cors_origins": "*"}}),
    ("CORS_ORIGINS", {"server": {"app_env": "production", "cors_origins": "https://a.example,*"}}),
    ("DATABASE_URL", {"server": {"app_env": "production", "web_concurrency": 2}}),
    ("AZURE_ALLOWED_TENANTS", {"security": {"azure_tenant_id": "common", "azure_client_id": "c"}}),
    ("AZURE_CLIENT_ID", {"security": {"azure_tenant_id": "t"}}),
    ("LOCAL_USER", {"server": {"host": "0.0.0.0"}, "security": {"local_user": True}}),
    ("LOCAL_USER", {"server": {"app_env": "production"}, "security": {"local_user": True}}),
    ("SCRIPT_SERVICE_URL", {"outside": {"script_service_url": "scripts.example"}}),
    ("AUDIO_SERVICE_URL", {"outside": {"audio_service_url": "ftp://sound.example"}}),
    ("IMAGE_SERVICE_URL", {"outside": {"image_service_url": "https://me:secret@pictures.example"}}),
    ("PUBLIC_BASE_URL", {"outside": {"video_service_url": "https://films.example"}}),
]


@pytest.mark.parametrize(("name", "overrides"), UNSAFE)
def test_unsafe_settings_are_refused_by_name(name: str, overrides, make_settings: MakeSettings) -> None:
    with pytest.raises(UnsafeSettings, match=name):
        check(make_settings(**overrides))


def test_safe_settings_pass(make_settings: MakeSettings) -> None:
    check(make_settings())
    check(make_settings(server={"app_env": "production", "cors_origins": "https://a.example"}))
    postgres = {"database_url": "postgresql://u@h/d"}
    check(make_settings(server={"app_env": "production", "web_concurrency": 4}, database=postgres))
    check(make_settings(security={"local_user": True}))


def test_development_makes_a_secret_once_and_keeps_it_private(make_settings: MakeSettings) -> None:
    bare = make_settings(security={"secret_key": ""})
    first, second = with_secret(bare), with_secret(bare)
    secret = first.security.secret_key.get_secret_value()
    assert len(secret) >= 32
    assert secret == second.security.secret_key.get_secret_value()
    (kept,) = bare.storage.storage_path.iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_a_given_secret_is_used_and_nothing_is_kept(make_settings: MakeSettings) -> None:
    given = make_settings()
    assert with_secret(given).security.secret_key.get_secret_value() == SECRET
    assert not given.storage.storage_path.exists()


def test_production_never_makes_a_secret(make_settings: MakeSettings) -> None:
    bare = make_settings(server={"app_env": "production"}, security={"secret_key": ""})
    assert with_secret(bare) is bare
    assert not bare.storage.storage_path.exists()
