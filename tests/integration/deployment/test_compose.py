"""The compose file: one proxy, two copies, Postgres, a migration step, health, kept volumes and no secret."""

import re
import tomllib
from typing import Any

import yaml

from app.core.settings import Settings
from tests.docs.documents import ROOT
from tests.integration.deployment.dockerfile import read

TEXT = (ROOT / "compose.yaml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES = COMPOSE["services"]


def test_two_copies_of_the_service_run_on_one_postgres() -> None:
    assert SERVICES["app"]["deploy"]["replicas"] == 2
    assert SERVICES["database"]["image"].startswith("postgres:18")


def test_one_port_is_published_and_it_is_the_proxys() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {"proxy": ["${HTTPS_PORT:-443}:8443"]}
    assert re.fullmatch(r"nginx:\d+\.\d+", SERVICES["proxy"]["image"])
    assert SERVICES["proxy"]["depends_on"]["app"]["condition"] == "service_healthy"
    assert f"{SERVICES['proxy']['environment']['DOOR']}/livez" in SERVICES["proxy"]["healthcheck"]["test"][1]


def test_what_the_proxy_reads_is_there_and_cannot_be_written() -> None:
    mounts = [mount.split(":") for mount in SERVICES["proxy"]["volumes"]]
    assert all(how == "ro" for _, _, how in mounts)
    assert (ROOT / "deploy" / "nginx.conf.template").is_file()
    assert {place for _, place, _ in mounts} >= {SERVICES["proxy"]["environment"]["CERTIFICATES"]}


def test_settings_come_from_one_file_and_extras_from_a_build_argument() -> None:
    assert SERVICES["app"]["env_file"] == SERVICES["migrate"]["env_file"] == ".env"
    assert SERVICES["app"]["build"]["args"] == {"EXTRAS": "${EXTRAS:-}"}
    locks = {path.stem for path in (ROOT / "locks").iterdir()}
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert locks == set(extras) - {"build", "dev"}


def test_the_service_waits_for_the_migration_and_that_for_the_database() -> None:
    assert SERVICES["app"]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    assert SERVICES["migrate"]["depends_on"]["database"]["condition"] == "service_healthy"
    assert SERVICES["migrate"]["command"] == ["avc", "db", "upgrade"]
    assert "pg_isready" in SERVICES["database"]["healthcheck"]["test"]


def test_rows_and_media_are_kept_in_volumes() -> None:
    mounts = [mount.partition(":")[0] for service in SERVICES.values() for mount in service.get("volumes", [])]
    mounted = {mount for mount in mounts if not mount.startswith(".")}
    assert mounted == set(COMPOSE["volumes"]) == {"database", "storage"}
    (image,) = [stage for stage in read(ROOT / "Dockerfile") if stage.name is None]
    assert SERVICES["app"]["volumes"] == [f"storage:{image.environment()['STORAGE_PATH']}"]


def test_secrets_come_from_outside_and_have_no_default() -> None:
    assert SERVICES["app"]["environment"]["SECRET_KEY"].startswith("${SECRET_KEY:?")
    assert SERVICES["database"]["environment"]["POSTGRES_PASSWORD"].startswith("${POSTGRES_PASSWORD:?")
    assert "${POSTGRES_PASSWORD:?" in SERVICES["app"]["environment"]["DATABASE_URL"]


def test_every_variable_is_a_setting() -> None:
    known = {name for group in Settings.groups().values() for names in group.variables().values() for name in names}
    assert set(SERVICES["app"]["environment"]) <= known
    assert set(read(ROOT / "Dockerfile")[-1].environment()) - {"PATH", "PYTHONUNBUFFERED"} <= known


def test_the_service_has_longer_to_stop_than_it_takes() -> None:
    from app.cli.serve import GRACE_SECONDS

    assert int(SERVICES["app"]["stop_grace_period"].removesuffix("s")) > GRACE_SECONDS
