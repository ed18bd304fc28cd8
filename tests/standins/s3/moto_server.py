"""An S3-compatible server of others' making (moto's), which here also proves signed addresses, as S3 itself does.

Run it with `python -m tests.standins.s3.moto_server PORT`; it serves until it is stopped.
"""

import hmac
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import httpx2

from tests.replicas.processes import free_port

KEY_ID, SECRET, REGION = "a-key-id", "a-secret-key", "eu-west-1"
START_SECONDS = 60.0
REFUSED = b"<Error><Code>SignatureDoesNotMatch</Code><Message>This address was not signed for that.</Message></Error>"

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@contextmanager
def moto_served() -> Iterator[str]:
    """The address of a running server in a process of its own."""
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.standins.s3.moto_server", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_until_started(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(START_SECONDS)


def new_bucket(address: str, name: str) -> dict[str, str]:
    """The settings of a bucket that has just been made."""
    httpx2.put(f"{address}/{name}").raise_for_status()
    return {
        "storage_url": f"s3://{name}",
        "aws_endpoint_url": address,
        "aws_access_key_id": KEY_ID,
        "aws_secret_access_key": SECRET,
        "aws_region": REGION,
    }


def proving(application: Application) -> Application:
    """Refuses addresses that were not signed with our keys, for this request, or whose time is over."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if "X-Amz-Signature=" in environ["QUERY_STRING"] and not _is_signed(environ):
            start_response("403 Forbidden", [("Content-Type", "application/xml")])
            return [REFUSED]
        return application(environ, start_response)

    return answer


def _is_signed(environ: dict[str, Any]) -> bool:
    from botocore.auth import S3SigV4QueryAuth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    query, _, _ = environ["QUERY_STRING"].partition("&X-Amz-Signature=")
    said = {name: values[0] for name, values in parse_qs(environ["QUERY_STRING"]).items()}
    began = datetime.strptime(said["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    now = datetime.now(UTC)
    if not began <= now < began + timedelta(seconds=int(said["X-Amz-Expires"])):
        return False
    headers = {name: _header(environ, name) for name in said["X-Amz-SignedHeaders"].split(";")}
    url = f"http://{environ['HTTP_HOST']}{environ['RAW_URI'].partition('?')[0]}?{query}"
    request = AWSRequest(environ["REQUEST_METHOD"], url, headers=headers)
    request.context["timestamp"] = said["X-Amz-Date"]
    proof = S3SigV4QueryAuth(Credentials(KEY_ID, SECRET), "s3", REGION)
    signature = proof.signature(proof.string_to_sign(request, proof.canonical_request(request)), request)
    return hmac.compare_digest(signature, said["X-Amz-Signature"])


def _header(environ: dict[str, Any], name: str) -> str:
    bare = name.upper().replace("-", "_")
    return str(environ.get(bare) or environ.get(f"HTTP_{bare}", ""))


def _wait_until_started(port: int) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    message = "the store did not start"
    raise RuntimeError(message)


def main() -> None:
    """Serves on the port that the command names."""
    from moto.server import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import run_simple

    application = proving(DomainDispatcherApplication(create_backend_app))
    run_simple("127.0.0.1", int(sys.argv[1]), application, threaded=True)


if __name__ == "__main__":
    main()
