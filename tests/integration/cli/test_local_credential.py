"""Commands beside a running service act without a key, by the secret that it leaves for its own user."""

import json
import os
import signal
import stat
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from app.cli.client import credentials_for
from app.cli.local_credential import CredentialUnusable, LocalAuth, LocalCredential, credential_file, listening_address
from tests.docs.documents import started
from tests.integration.cli.test_commands import AVC, Avc, avc, environment
from tests.integration.cli.test_service import posted

__all__ = ["avc", "environment"]

PERSON = {"email": "ada@example.com", "password": "seven herons over the weir"}


@contextmanager
def running(folder: Path, environment: Mapping[str, str], **more: str) -> Iterator[str]:
    """A service as `make run` begins it; its address."""
    with started([*AVC, "serve"], folder, {**environment, **more}, seconds=120) as (address,):
        yield address


def left(environment: Mapping[str, str]) -> list[Path]:
    """The credentials that lie in the home folder."""
    return sorted(Path(environment["HOME"]).glob(".cache/ai-video-creator/*.json"))


def port_of(address: str) -> str:
    return address.rpartition(":")[2]


def test_commands_beside_a_service_with_accounts_need_no_key(
    tmp_path: Path, environment: dict[str, str], avc: Avc
) -> None:
    with running(tmp_path, environment) as address:
        posted(address, "/auth/register", PERSON)
        (file,) = left(environment)
        assert (stat.S_IMODE(file.stat().st_mode), stat.S_IMODE(file.parent.stat().st_mode)) == (0o600, 0o700)
        secret = json.loads(file.read_text())["secret"]
        for found in ({"PORT": port_of(address)}, {"AVC_URL": address}):
            listed = avc("projects", "ls", "--json", **found)
            assert (listed.returncode, json.loads(listed.stdout)["projects"]) == (0, []), listed.stderr
        made = avc("keys", "make", "farm", PORT=port_of(address))
        assert (made.returncode, made.stdout.startswith("avc_")) == (0, True), made.stderr
        spoken = subprocess.run(
            [*AVC, "mcp"],
            cwd=tmp_path,
            env=environment | {"PORT": port_of(address)},
            input=f"{json.dumps({'jsonrpc': '2.0', 'id': 1, 'method': 'ping'})}\n",
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        assert spoken.returncode == 0, spoken.stderr
    assert left(environment) == []
    assert secret not in (tmp_path / "started.log").read_text()


def test_a_credential_that_others_can_read_or_that_is_a_link_is_refused_and_said(
    tmp_path: Path, environment: dict[str, str], avc: Avc
) -> None:
    with running(tmp_path, environment) as address:
        (file,) = left(environment)
        file.chmod(0o644)
        shown = avc("projects", "ls", PORT=port_of(address))
        assert (shown.returncode, "other users can read it" in shown.stderr) == (3, True), shown.stderr
        assert "avc keys make NAME --as" in shown.stderr
        file.chmod(0o600)
        aside = file.with_name("aside")
        file.rename(aside)
        file.symlink_to(aside)
        linked = avc("projects", "ls", PORT=port_of(address))
        assert (linked.returncode, "cannot be used" in linked.stderr) == (3, True), linked.stderr
        file.unlink()
        missing = avc("projects", "ls", PORT=port_of(address))
        assert (missing.returncode, "has left no local credential" in missing.stderr) == (3, True), missing.stderr


def test_several_processes_accept_the_same_and_a_restart_changes_it(
    tmp_path: Path, environment: dict[str, str], avc: Avc, postgres_database_url: str
) -> None:
    secrets = set()
    for _ in range(2):
        with running(tmp_path, environment, WEB_CONCURRENCY="2", DATABASE_URL=postgres_database_url):
            (file,) = left(environment)
            credential = LocalCredential(**json.loads(file.read_text()))
            secrets.add(credential.secret)
            with httpx.Client(auth=LocalAuth(credential), base_url=credential.address, timeout=60) as http:
                for _ in range(6):
                    assert http.get("/api/v1/auth/me", headers={"Connection": "close"}).status_code == 200
        assert left(environment) == []
    assert len(secrets) == 2


def test_production_and_an_address_of_the_network_leave_none(
    tmp_path: Path, environment: dict[str, str], avc: Avc
) -> None:
    production = {"APP_ENV": "production", "SECRET_KEY": "seven-herons-over-the-weir-at-dawn-0123456789"}
    assert avc("db", "upgrade", **production).returncode == 0
    with running(tmp_path, environment, **production) as address:
        assert left(environment) == []
        ended = avc("projects", "ls", PORT=port_of(address))
        assert (ended.returncode, "it runs in production" in ended.stderr) == (3, True), ended.stderr
    assert listening_address("192.0.2.1", 8000) is None
    assert listening_address("0.0.0.0", 8000) == "http://127.0.0.1:8000"
    assert listening_address("::", 8000) == "http://[::1]:8000"


def test_what_a_killed_service_left_opens_nothing_and_goes_at_the_next_start(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    child = subprocess.Popen([*AVC, "serve"], cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    with child.stdout as said:
        assert any("answers at" in line for line in said)
        (old,) = left(environment)
        child.send_signal(signal.SIGKILL)
        child.wait(timeout=60)
    assert left(environment) == [old]
    secret = json.loads(old.read_text())["secret"]
    with running(tmp_path, environment) as address:
        assert old not in left(environment) or json.loads(old.read_text())["secret"] != secret
        reply = httpx.get(f"{address}/api/v1/auth/me", headers={"Authorization": f"Bearer {secret}"}, timeout=60)
        assert reply.status_code == 401


class TestFile:
    """The file itself."""

    CREDENTIAL = LocalCredential("http://127.0.0.1:8123", "avcl_one", os.getpid())

    @pytest.fixture(autouse=True)
    def home(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setenv("HOME", str(tmp_path))
        return credential_file(8123).parent

    def test_writing_takes_the_place_of_a_link_and_removing_leaves_what_is_of_others(
        self, home: Path, tmp_path: Path
    ) -> None:
        victim = tmp_path / "victim"
        victim.write_text("kept")
        home.mkdir(parents=True, mode=0o700)
        credential_file(8123).symlink_to(victim)
        self.CREDENTIAL.write()
        assert (victim.read_text(), credential_file(8123).is_symlink()) == ("kept", False)
        later = LocalCredential("http://127.0.0.1:8123", "avcl_two", os.getpid())
        later.write()
        self.CREDENTIAL.remove()
        assert LocalCredential.read(8123) == later
        later.remove()
        assert not credential_file(8123).exists()

    def test_a_folder_that_others_may_write_in_holds_none(self, home: Path) -> None:
        home.mkdir(parents=True)
        home.chmod(0o777)
        with pytest.raises(CredentialUnusable, match="others may write in it"):
            self.CREDENTIAL.write()
        assert list(home.iterdir()) == []

    def test_what_is_no_credential_is_said(self, home: Path) -> None:
        self.CREDENTIAL.write()
        credential_file(8123).write_text("[]")
        with pytest.raises(CredentialUnusable, match="cannot be read"):
            LocalCredential.read(8123)

    def test_it_is_sent_to_the_number_it_names_and_to_nobody_elsewhere(self) -> None:
        self.CREDENTIAL.write()
        assert credentials_for("http://localhost:8123", "").address == "http://127.0.0.1:8123"
        assert credentials_for("http://films.example:8123", "").auth is None
        assert credentials_for("http://localhost:8123", "avc_key").auth is None

    def test_a_restarted_service_is_asked_again_with_its_new_secret(self) -> None:
        self.CREDENTIAL.write()
        newer = LocalCredential("http://127.0.0.1:8123", "avcl_two", os.getpid())
        sent = []

        def answer(request: httpx.Request) -> httpx.Response:
            sent.append(request.headers["Authorization"])
            newer.write()
            return httpx.Response(200 if sent[-1] == "Bearer avcl_two" else 401)

        with httpx.Client(transport=httpx.MockTransport(answer), auth=LocalAuth(self.CREDENTIAL)) as http:
            assert http.get("http://127.0.0.1:8123/").status_code == 200
            assert http.get("http://127.0.0.1:8123/", headers={"Authorization": "Bearer own"}).status_code == 401
        assert sent == ["Bearer avcl_one", "Bearer avcl_two", "Bearer own"]
