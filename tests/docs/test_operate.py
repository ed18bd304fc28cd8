"""docs/operate.md and the example files in deploy/: parsed, and true of the settings, routes, commands and metrics."""

import configparser
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml

from app.api.application import ARCHIVE_PATH
from app.cli import load_all_commands
from app.cli.serve import GRACE_SECONDS
from app.core.settings import ServerSettings, Settings, StorageSettings, WorkSettings
from app.core.telemetry import CallUnit
from app.main import create_app
from app.resources import Resources
from tests import factories
from tests.conftest import MakeSettings
from tests.docs.documents import OPERATE, ROOT, block, blocks

DEPLOY = ROOT / "deploy"
PAGE = OPERATE.read_text()
NGINX = (DEPLOY / "nginx-site.conf").read_text()
CADDY = (DEPLOY / "Caddyfile").read_text()
TRAEFIK: dict[str, Any] = yaml.safe_load((DEPLOY / "traefik.yaml").read_text())
TRAEFIK_SERVICE: dict[str, Any] = yaml.safe_load((DEPLOY / "traefik-service.yaml").read_text())["http"]
DASHBOARD: dict[str, Any] = json.loads((DEPLOY / "grafana.json").read_text())
ALERTS: dict[str, Any] = yaml.safe_load((DEPLOY / "alerts.yaml").read_text())
RULES: list[dict[str, Any]] = [rule for group in ALERTS["groups"] for rule in group["rules"]]
API = "/api/v1"
JOB_ID = "6f9619ff-8b86-d011-b42d-00c04fc964ff"

HELD_SECONDS = 620
ARCHIVE_MB, UPLOAD_MB = 2048, 64
REUSED_SECONDS = 10
CADDY_DIRECTIVES = {
    *("servers", "max_header_size", "timeouts", "read_header", "read_body", "idle", "films.example.com", "respond"),
    *("@archives", "@others", "request_body", "max_size", "reverse_proxy", "header_up", "transport", "dial_timeout"),
    *("response_header_timeout", "keepalive", "log", "output"),
}
FUNCTIONS = {"sum", "rate", "increase", "max", "topk", "histogram_quantile", "up"}


def tool(name: str) -> str:
    """Where a program is; without it the test says so and is not run."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if found is None:
        pytest.skip(f"there is no `{name}` on this machine, so its file is only read")
    return found


def succeeds(*command: str) -> None:
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def without_comments(config: str) -> str:
    return re.sub(r"^\s*#.*$", "", config, flags=re.MULTILINE)


def seconds(value: str) -> int:
    number, unit = re.fullmatch(r"(\d+)([smh])", value).groups()
    return int(number) * {"s": 1, "m": 60, "h": 3600}[unit]


def test_every_shell_block_can_be_read_by_the_shell() -> None:
    scripts = [found.text for found in blocks(OPERATE) if found.language == "bash"]
    assert len(scripts) == 13
    for script in scripts:
        succeeds("bash", "-n", "-c", script)


def test_installing_uses_what_the_makefile_has() -> None:
    assert "make -C /opt/avc .venv/.installed" in block("test: operator install", OPERATE)
    assert "$(VENV)/.installed:" in (ROOT / "Makefile").read_text()


def test_what_the_page_names_exists() -> None:
    ticked = set(re.findall(r"`([A-Z]+_[A-Z_]+)\b", PAGE))
    assert ticked - Settings.variables() == set()
    listed = (ROOT / "docs" / "reference" / "commands.md").read_text()
    for command, rest in re.findall(r"`avc ((?:jobs|users|keys|db) [a-z]+|[a-z]+)([^`]*)`", PAGE):
        assert f"`avc {command}`" in listed, command
        options = {name for given in parameters(command) for name in given.opts}
        assert set(re.findall(r"--[a-z-]+", rest)) - options == set(), command


def parameters(command: str) -> list[Any]:
    """What a command of `avc` takes."""
    found: Any = load_all_commands()
    for name in command.split():
        found = found.commands[name]
    return list(found.params)


def test_the_addresses_that_the_page_names_exist(app_routes: set[str]) -> None:
    named = {path.replace("{id}", "{}") for path in re.findall(rf"{API}/[\w/{{}}-]*[\w}}]", PAGE)}
    assert named - {f"{API}/admin"} - app_routes == set()


@pytest.fixture
def app_routes(make_settings: MakeSettings) -> set[str]:
    paths = create_app(make_settings()).openapi()["paths"]
    return {re.sub(r"\{\w+\}", "{}", path) for path in paths}


@pytest.mark.parametrize("name", ["nginx-site.conf", "Caddyfile"])
def test_blocks_of_a_proxy_are_balanced(name: str) -> None:
    depth = 0
    for character in without_comments((DEPLOY / name).read_text()):
        depth += {"{": 1, "}": -1}.get(character, 0)
        assert depth >= 0
    assert depth == 0


def test_every_line_of_nginx_ends_as_it_must() -> None:
    lines = [line.strip() for line in without_comments(NGINX).splitlines()]
    assert [line for line in lines if line and line[-1] not in ";{}"] == []


def test_nginx_holds_replies_and_passes_addresses_on() -> None:
    read = [seconds(value) for value in re.findall(r"proxy_read_timeout (\w+);", NGINX)]
    assert read[0] == HELD_SECONDS
    assert min(read) == HELD_SECONDS
    sent = dict(re.findall(r'proxy_set_header (\S+) ("[^"]*"|\S+);', NGINX))
    assert (sent["Host"], sent["X-Forwarded-For"], sent["X-Forwarded-Proto"]) == ("$http_host", "$remote_addr", "https")
    assert {sent[name] for name in ("Forwarded", "X-Real-IP", "X-Forwarded-Host")} == {'""'}
    assert "non_idempotent" not in without_comments(NGINX)
    events = NGINX[NGINX.index("(/events") :].partition("}")[0]
    assert "proxy_buffering off" in events
    assert f"client_max_body_size {UPLOAD_MB}m;" in NGINX
    archives = NGINX[NGINX.index(f"({ARCHIVE_PATH}") :].partition("}")[0]
    assert f"client_max_body_size {ARCHIVE_MB}m;" in archives
    assert f"keepalive_timeout {REUSED_SECONDS}s;" in NGINX[NGINX.index("upstream") :].partition("}")[0]


def test_caddy_has_the_same_properties() -> None:
    assert re.search(rf"response_header_timeout {HELD_SECONDS}s", CADDY)
    assert f"@archives path {ARCHIVE_PATH}" in CADDY
    assert re.findall(r"max_size (\d+)MB", CADDY) == [str(ARCHIVE_MB), str(UPLOAD_MB)]
    assert f"keepalive {REUSED_SECONDS}s" in CADDY
    assert "flush_interval" not in without_comments(CADDY)
    assert "respond /metrics 404" in CADDY
    used = {line.split()[0] for line in without_comments(CADDY).splitlines() if line.strip()} - {"{", "}"}
    assert used == CADDY_DIRECTIVES


def test_caddy_reads_its_file() -> None:
    succeeds(tool("caddy"), "adapt", "--config", str(DEPLOY / "Caddyfile"), "--adapter", "caddyfile")


def test_traefik_has_the_same_properties() -> None:
    https = TRAEFIK["entryPoints"]["https"]
    assert https["forwardedHeaders"] == {"insecure": False}
    assert https["transport"]["respondingTimeouts"]["writeTimeout"] == "0s"
    assert TRAEFIK["entryPoints"]["http"]["http"]["redirections"]["entryPoint"]["to"] == "https"
    assert TRAEFIK["providers"]["file"]["filename"].endswith("/traefik-service.yaml")
    router = TRAEFIK_SERVICE["routers"]["avc"]
    assert router["entryPoints"] == ["https"]
    assert "!Path(`/metrics`)" in router["rule"]
    assert router["tls"]["certResolver"] in TRAEFIK["certificatesResolvers"]
    assert set(router["middlewares"]) == set(TRAEFIK_SERVICE["middlewares"])
    assert not [each for each in TRAEFIK_SERVICE["middlewares"].values() if "buffering" in each]
    balancer = TRAEFIK_SERVICE["services"][router["service"]]["loadBalancer"]
    assert balancer["passHostHeader"]
    timeouts = TRAEFIK_SERVICE["serversTransports"][balancer["serversTransport"]]["forwardingTimeouts"]
    assert timeouts["responseHeaderTimeout"] == f"{HELD_SECONDS}s"
    assert timeouts["idleConnTimeout"] == f"{REUSED_SECONDS}s"


def test_the_figures_of_the_proxies_fit_the_settings() -> None:
    assert WorkSettings.model_fields["client_wait_seconds"].default < HELD_SECONDS
    assert StorageSettings.model_fields["archive_max_size_mb"].default < ARCHIVE_MB
    assert StorageSettings.model_fields["upload_max_size_mb"].default < UPLOAD_MB
    assert ServerSettings.model_fields["first_byte_seconds"].default > REUSED_SECONDS
    assert ServerSettings.model_fields["forwarded_allow_ips"].default == "127.0.0.1"


def unit() -> configparser.ConfigParser:
    read = configparser.ConfigParser(strict=True, interpolation=None)
    read.read(DEPLOY / "avc.service")
    return read


def test_the_unit_gives_the_service_time_to_end_and_a_place_to_write() -> None:
    service = unit()["Service"]
    assert int(service["TimeoutStopSec"]) > GRACE_SECONDS
    assert service["ExecStart"].endswith("/avc serve")
    settings = block("test: operator settings", OPERATE)
    assert f"/var/lib/{service['StateDirectory']}/" in settings
    assert f"{service['WorkingDirectory']}/.env" in settings
    assert int(service["LimitNOFILE"]) > ServerSettings.model_fields["max_connections"].default


def test_systemd_reads_the_unit(tmp_path: Path) -> None:
    program = tool("systemd-analyze")
    there = tmp_path / "avc.service"
    there.write_text((DEPLOY / "avc.service").read_text().replace("/opt/avc/.venv/bin/avc", shutil.which("true") or ""))
    succeeds(program, "verify", str(there))


def names_of(expression: str) -> tuple[set[str], set[str]]:
    """The metrics and the labels of an expression of Prometheus."""
    labels = set(re.findall(r"(\w+)=~?\"", expression))
    labels |= {name.strip() for listed in re.findall(r"by \(([^)]*)\)", expression) for name in listed.split(",")}
    bare = re.sub(r"\"[^\"]*\"|\{[^}]*\}|\[[^\]]*\]|by \([^)]*\)", "", expression)
    return set(re.findall(r"[a-z]\w*", bare)) - FUNCTIONS, labels - {"le", "job"}


def expressions() -> list[str]:
    asked = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    return [*asked, *(rule["expr"] for rule in RULES)]


async def exported(resources: Resources, http: httpx2.AsyncClient) -> tuple[set[str], set[str]]:
    """Names and labels at /metrics once everything that is recorded was recorded."""
    telemetry = resources.telemetry
    telemetry.job_ended("test.work", "completed", waited_seconds=1.0, ran_seconds=2.0)
    telemetry.spent("vendor", 1_000_000)
    telemetry.used("vendor", "video", {CallUnit.CHARACTERS: 4})
    with pytest.raises(TimeoutError), telemetry.provider_call("vendor", "video", JOB_ID):
        raise TimeoutError
    await factories.job(resources, await factories.user(resources))
    await http.get(f"{API}/projects")
    lines = [line for line in (await http.get("/metrics")).text.splitlines() if not line.startswith("#")]
    labels = {label for line in lines for label in re.findall(r"(\w+)=\"", line)}
    return {re.split(r"[{ ]", line)[0] for line in lines}, labels


async def test_dashboard_and_alerts_ask_only_for_what_is_exported(make_settings: MakeSettings, sqlite_url: str) -> None:
    app = create_app(make_settings(database={"database_url": sqlite_url}, server={"telemetry": True}))
    transport = httpx2.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://testserver") as http,
    ):
        names, labels = await exported(app.state.resources, http)
    asked = [names_of(expression) for expression in expressions()]
    assert set.union(*(metrics for metrics, _ in asked)) - names == set()
    assert set.union(*(used for _, used in asked)) - labels == set()
    ours = {re.sub(r"_(bucket|sum|count|created)$", "", name) for name in names if name.startswith("avc_")}
    shown = {re.sub(r"_(bucket|sum|count)$", "", name) for metrics, _ in asked for name in metrics}
    assert ours - shown == set(), "figures that neither the dashboard nor an alert shows"


def test_a_name_that_is_not_exported_would_be_noticed() -> None:
    assert names_of('sum by (le, kind) (rate(avc_no_such_bucket{lane="a"}[5m])) > 5') == (
        {"avc_no_such_bucket"},
        {"kind", "lane"},
    )


def test_every_alert_says_what_to_do() -> None:
    for rule in RULES:
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert set(rule["annotations"]) == {"summary", "action"}


def test_prometheus_reads_the_rules() -> None:
    succeeds(tool("promtool"), "check", "rules", str(DEPLOY / "alerts.yaml"))


def test_the_scrape_is_that_of_the_alerts() -> None:
    (scrape,) = yaml.safe_load(block("test: operator scrape", OPERATE))["scrape_configs"]
    assert [rule["expr"] for rule in RULES if f'job="{scrape["job_name"]}"' in rule["expr"]]
