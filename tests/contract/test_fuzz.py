"""Every API document against a real server: schemathesis with all its checks finds nothing."""

import asyncio
import os
import sys
from pathlib import Path

import httpx2
import pytest

from app.api.documents import DOCUMENTS
from tests.integration.api.test_process import answers, environment, free_port, until

# Which operations may refuse what their schema allows stands in this file, by name.
CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
ROOT = Path(__file__).parents[2]
# A full run takes 30; the everyday run takes fewer, because each example costs a round trip.
EXAMPLES = os.environ.get("FUZZ_EXAMPLES", "6")
LIMIT_SECONDS = 900
# These end the caller's own session or account; their own tests hold them.
ENDING = ("auth_logout", "users_me_close", "auth_change_password", "sessions_end")
# What the OpenAI wire knows and this service does not offer is answered with 501; a test of their own holds them.
NOT_OFFERED = ("openai_characters_create", "openai_characters_read")
PASSWORD = "correct horse battery staple"
# The recorded requests of the other faces hold them.
FUZZED = ("native", "openai", "wizard")


async def fuzz(document: str, folder: Path, token: str, *selection: str) -> tuple[int, str]:
    """Runs schemathesis over one document with this proof of identity; gives its exit code and what it said."""
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIGURATION), "--no-color"),
        *("run", document),
        *("-H", f"Authorization: Bearer {token}", "--checks", "all", "-n", EXAMPLES, "--seed", "1", "--workers", "1"),
        *("--continue-on-failure", "--suppress-health-check", "all", "--warnings", "off", *selection),
    ]
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env=os.environ | {"SCHEMATHESIS_HOOKS": "tests.contract.fuzz_hooks", "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(LIMIT_SECONDS):
        said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


@pytest.mark.timeout(LIMIT_SECONDS)
async def test_no_request_makes_the_service_break_its_document(tmp_path: Path) -> None:
    port = free_port()
    limits = dict.fromkeys(("RATE_LIMIT_READS", "RATE_LIMIT_JOBS", "RATE_LIMIT_LOGIN"), "1000000")
    more = {
        "EMBEDDED_WORKER": "false",
        "STORAGE_RESERVE_MB": "0",
        "MAX_JOBS_PER_USER": "100000",
        "MAX_QUEUE_SIZE": "100000",
        **limits,
    }
    with (tmp_path / "server.log").open("wb") as log:
        server = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "uvicorn", "app.main:app", "--port", str(port), "--no-access-log"),
            cwd=tmp_path,
            env=environment(tmp_path, **more),
            stdout=log,
            stderr=log,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        async with httpx2.AsyncClient(base_url=address) as client:
            await until(lambda: answers(client, "/readyz"))
            person = {"email": "fuzz@example.com", "password": PASSWORD}
            assert (await client.post("/api/v1/auth/register", json=person)).status_code == 201
            token = (await client.post("/api/v1/auth/login", json=person)).json()["access_token"]
        excluded = [part for name in ENDING + NOT_OFFERED for part in ("--exclude-operation-id", name)]
        found = [
            await fuzz(f"{address}{document.paths[0]}", tmp_path, token, *excluded)
            for document in DOCUMENTS
            if document.name in FUZZED
        ]
    finally:
        server.terminate()
        await server.wait()
    for code, said in found:
        assert code == 0, said[-20_000:] + (tmp_path / "server.log").read_text()[-5_000:]
