"""The blocks of docs/operate.md as one session, from an empty folder to a restored service behind TLS."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.docs.documents import OPERATE, ROOT, block, clean_environment

PATH = ("settings", "administrator", "start", "tls", "invite", "join", "backup", "destroy", "restore", "rotate")
TOOLS = ("nginx", "openssl", "curl")
SEARCHED = f"{os.environ['PATH']}:/usr/sbin"
ABSENT = [name for name in TOOLS if shutil.which(name, path=SEARCHED) is None]
INSIDE = ("/etc/", "/var/", "/opt/")

NGINX_MAIN = """{user}pid {root}/nginx.pid; error_log {root}/nginx.log warn; worker_processes 1;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path {root}/body; proxy_temp_path {root}/proxy; fastcgi_temp_path {root}/fastcgi;
  uwsgi_temp_path {root}/uwsgi; scgi_temp_path {root}/scgi;
  include {root}/etc/nginx/sites-enabled/*;
}}
"""
# What needs a machine of its own: users are not changed, and the unit's command is started in its folder.
RUNUSER = """#!/usr/bin/env bash
shift 3
exec "$@"
"""
NGINX = """#!/usr/bin/env bash
exec {nginx} -c {root}/nginx.conf "$@"
"""
SYSTEMCTL = """#!/usr/bin/env bash
set -euo pipefail
unit={root}/etc/systemd/system/avc.service
start() {{
  cd "$(sed -n 's/^WorkingDirectory=//p' "$unit")"
  setsid $(sed -n 's/^ExecStart=//p' "$unit") >>{root}/avc.log 2>&1 </dev/null &
  echo $! >{root}/avc.pid
}}
stop() {{
  pid=$(cat {root}/avc.pid)
  kill -TERM "$pid"
  timeout "$(sed -n 's/^TimeoutStopSec=//p' "$unit")" tail --pid="$pid" -f /dev/null
  rm {root}/avc.pid
}}
case "$*" in
  daemon-reload) ;;
  "enable --now avc" | "start avc") start ;;
  "stop avc") stop ;;
  "restart avc") stop && start ;;
  "reload nginx") if [ -s {root}/nginx.pid ]; then nginx -s reload; else nginx; fi ;;
  *) echo "no such command here: $*" >&2; exit 1 ;;
esac
"""


@dataclass(frozen=True)
class Machine:
    """A folder in the place of a machine, and ports in the place of those that only root may open."""

    root: Path
    ports: dict[str, int]

    def inside(self, text: str) -> str:
        """The same text about this folder and these ports."""
        for place in INSIDE:
            text = text.replace(place, f"{self.root}{place}")
        text = text.replace("8000", str(self.ports["service"])).replace("listen 80;", f"listen {self.ports['plain']};")
        text = text.replace("listen 443 ", f"listen {self.ports['tls']} ").replace(":443:", f":{self.ports['tls']}:")
        return text.replace("https://films.example.com", f"https://films.example.com:{self.ports['tls']}")

    def run(self, script: str) -> subprocess.CompletedProcess[str]:
        """A session of the operator's shell."""
        environment = clean_environment(PYTHONPATH=str(ROOT), PATH=f"{self.root}/bin:{SEARCHED}")
        command = ["bash", "-euo", "pipefail", "-c", script]
        return subprocess.run(
            command, cwd=self.root, env=environment, capture_output=True, text=True, timeout=600, check=False
        )


def free_ports(*names: str) -> dict[str, int]:
    """Ports that nobody else has at this moment."""
    opened = [socket.create_server(("127.0.0.1", 0)) for _ in names]
    ports = {name: int(each.getsockname()[1]) for name, each in zip(names, opened, strict=True)}
    for each in opened:
        each.close()
    return ports


def program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """A machine after the block `install`; whatever was started on it is stopped."""
    made = Machine(tmp_path, free_ports("service", "plain", "tls"))
    for folder in ("etc/avc", "etc/systemd/system", "etc/nginx/sites-enabled", "var/lib/avc", "var/backups/avc"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "opt/avc/deploy").mkdir(parents=True)
    for name in ("avc.service", "nginx-site.conf"):
        (tmp_path / "opt/avc/deploy" / name).write_text(made.inside((ROOT / "deploy" / name).read_text()))
    user = "user root; " if os.geteuid() == 0 else ""
    (tmp_path / "nginx.conf").write_text(NGINX_MAIN.format(root=tmp_path, user=user))
    program(tmp_path / "opt/avc/.venv/bin/avc", f'#!/bin/sh\nexec {sys.executable} -m app.cli "$@"\n')
    program(tmp_path / "bin/runuser", RUNUSER)
    program(tmp_path / "bin/nginx", NGINX.format(root=tmp_path, nginx=shutil.which("nginx", path=SEARCHED)))
    program(tmp_path / "bin/systemctl", SYSTEMCTL.format(root=tmp_path))
    try:
        yield made
    finally:
        made.run(
            "if [ -e avc.pid ]; then systemctl stop avc; fi; if [ -s nginx.pid ]; then nginx -s stop; fi"
        ).check_returncode()


def step(name: str) -> str:
    return block(f"test: operator {name}", OPERATE)


@pytest.mark.skipif(bool(ABSENT), reason=f"not on this machine: {', '.join(ABSENT)}")
@pytest.mark.timeout(700)
def test_from_nothing_to_a_restored_service_behind_tls(machine: Machine) -> None:
    probes = {
        "join": 'TRIED=$(curl --silent --output refused.json --write-out "%{http_code}" '
        "--cacert /etc/nginx/certificates/fullchain.pem --resolve films.example.com:443:127.0.0.1 "
        '"$SITE/api/v1/auth/register" -H "$JSON" '
        '-d \'{"email": "eve@example.com", "password": "nine wrens under the eaves"}\'); echo "uninvited: $TRIED"\n',
        "destroy": 'ls -A /var/lib/avc | wc -l | sed "s/^/left: /"\n',
        "rotate": "avc users list\n",
    }
    script = "".join(f"echo '== {name}'\n{step(name)}{probes.get(name, '')}" for name in PATH)
    ran = machine.run(machine.inside(script))
    log = machine.root / "avc.log"
    assert ran.returncode == 0, f"{ran.stdout}\n{ran.stderr}\n{log.read_text()[-3000:] if log.exists() else ''}"
    said = parts(ran.stdout)
    assert "#invitation=" in said["invite"][-1]
    assert said["join"] == ["grace@example.com", "grace@example.com", "uninvited: 403"]
    assert said["destroy"] == ["left: 0"]
    assert said["restore"][-1] == "grace@example.com"
    assert said["rotate"][0] == "grace@example.com"
    _, *rows = said["rotate"][1:]
    assert {row.split()[1] for row in rows} == {"ada@example.com", "grace@example.com"}
    assert "Restored as of" in ran.stderr


def parts(output: str) -> dict[str, list[str]]:
    """What each block printed; replies of /readyz stand on a line with what follows."""
    found: dict[str, list[str]] = {}
    for text in output.split("== ")[1:]:
        name, _, rest = text.partition("\n")
        found[name] = [line.rpartition("}")[2] if line.startswith("{") else line for line in rest.splitlines()]
    return found
