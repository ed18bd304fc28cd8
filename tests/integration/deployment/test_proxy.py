"""The proxy of compose.yaml: its configuration, and nginx with it in front of the real service."""

import asyncio
import datetime
import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.core.settings import ServerSettings
from tests.docs.documents import ROOT
from tests.e2e.conftest import Person, service
from tests.integration.deployment.test_compose import SERVICES
from tests.replicas.processes import free_port

TEMPLATE = (ROOT / "deploy" / "nginx.conf.template").read_text()
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
HOST = "films.example.com"
SIGN_INS = 6
MAIN = """daemon off; user root; pid {folder}/nginx.pid; error_log /dev/stderr warn; worker_processes 1;
events {{ worker_connections 512; }}
http {{
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  include {folder}/default.conf;
}}
"""

needs_nginx = pytest.mark.skipif(NGINX is None, reason="there is no `nginx` on this machine, so the proxy is only read")


def test_every_variable_of_the_template_is_given_by_compose() -> None:
    wanted = set(re.findall(r"\$\{(\w+)\}", TEMPLATE))
    assert wanted == set(SERVICES["proxy"]["environment"])


def test_what_a_caller_claims_about_itself_is_not_passed_on() -> None:
    sent = dict(re.findall(r'proxy_set_header (\S+) ("[^"]*"|\S+);', TEMPLATE))
    assert sent["X-Forwarded-For"] == "$remote_addr"
    assert {sent[name] for name in ("Forwarded", "X-Real-IP", "X-Forwarded-Host")} == {'""'}
    assert "proxy_add_x_forwarded_for" not in TEMPLATE
    assert "non_idempotent" not in re.sub(r"#.*", "", TEMPLATE)


def test_every_deadline_and_limit_is_set() -> None:
    deadlines = ("client_header_timeout", "client_body_timeout", "send_timeout", "keepalive_timeout", "limit_conn ")
    for name in (*deadlines, "client_max_body_size", "proxy_read_timeout", "proxy_connect_timeout"):
        assert name in TEMPLATE, name
    events = TEMPLATE[TEMPLATE.index("/events") :].partition("}")[0]
    assert "proxy_buffering off" in events


def test_the_service_believes_exactly_the_proxy() -> None:
    (named,) = [SERVICES["proxy"]["networks"]["inside"]["ipv4_address"]]
    assert SERVICES["app"]["environment"]["FORWARDED_ALLOW_IPS"] == named
    assert ServerSettings.model_fields["forwarded_allow_ips"].default == "127.0.0.1"


def certificate(folder: Path) -> None:
    """A certificate of our own for one day."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    (folder / "fullchain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    (folder / "privkey.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, form, plain))


@dataclass
class House:
    """The service behind its proxy."""

    person: Person
    outside: httpx2.AsyncClient
    door: int


def rendered(folder: Path, door: int, behind: str) -> None:
    certificate(folder)
    given = {"CERTIFICATES": str(folder), "DOOR": str(door), "PUBLIC_HOST": HOST, "RESOLVER": "127.0.0.1"}
    given |= {"SERVICE": behind, "BODY_MB": "64", "CONNECTIONS": "100"}
    (folder / "default.conf").write_text(re.sub(r"\$\{(\w+)\}", lambda found: given[found[1]], TEMPLATE))
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder))


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    folder = tmp_path / "nginx"
    folder.mkdir()
    door = free_port()
    environment = {"PUBLIC_BASE_URL": f"https://{HOST}", "RATE_LIMIT_LOGIN": str(SIGN_INS), "LOG_LEVEL": "WARNING"}
    async with service(tmp_path, **environment) as person:
        rendered(folder, door, person.http.base_url.netloc.decode())
        command = (str(NGINX), "-p", str(folder), "-c", str(folder / "nginx.conf"))
        proxy = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL)
        try:
            base = f"https://127.0.0.1:{door}"
            async with httpx2.AsyncClient(base_url=base, verify=False, headers={"Host": HOST}, timeout=30) as outside:
                await until_answered(outside)
                yield House(person, outside, door)
        finally:
            proxy.terminate()
            await proxy.wait()


async def until_answered(outside: httpx2.AsyncClient) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                if (await outside.get("/livez")).status_code == 200:
                    return
            except httpx2.ConnectError:
                pass
            await asyncio.sleep(0.1)


@needs_nginx
@pytest.mark.timeout(180)
async def test_the_service_stands_behind_it_as_if_it_were_the_door(house: House) -> None:
    front = await house.outside.get("/")
    assert front.status_code == 200
    assert "max-age" in front.headers["strict-transport-security"]
    assert (await house.outside.get("/metrics")).status_code == 404
    with pytest.raises(httpx2.RemoteProtocolError):
        await house.outside.get("/livez", headers={"Host": "evil.example"})
