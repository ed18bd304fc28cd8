"""The stand-in as an ASGI application: objects, parts of objects, lists; everything may be slow or answer 500."""

import asyncio
import hashlib
import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from xml.sax.saxutils import escape, unescape

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

RANGE = re.compile(r"bytes=(\d+)-(\d*)")
KEY = re.compile(r"<Key>(.*?)</Key>")
XML = "application/xml"


@dataclass
class Bucket:
    """What the store holds; `refuses` and `latency_seconds` say what goes wrong."""

    objects: dict[str, bytes] = field(default_factory=dict)
    uploads: dict[str, dict[int, bytes]] = field(default_factory=dict)
    refuses: bool = False
    latency_seconds: float = 0.0
    refused: int = 0
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def new_upload(self) -> str:
        upload = f"upload-{next(self._numbers)}"
        self.uploads[upload] = {}
        return upload


def s3_app(bucket: Bucket) -> Starlette:
    """The whole store over this bucket."""

    async def answer(request: Request) -> Response:
        if bucket.latency_seconds:
            await asyncio.sleep(bucket.latency_seconds)
        if bucket.refuses:
            bucket.refused += 1
            return _error(500, "InternalError")
        return _answered(bucket, request, await request.body())

    methods = ["GET", "HEAD", "PUT", "POST", "DELETE"]
    return Starlette(
        routes=[Route("/{bucket}/{key:path}", answer, methods=methods), Route("/{bucket}", answer, methods=methods)]
    )


def _answered(bucket: Bucket, request: Request, body: bytes) -> Response:
    key, query = request.path_params.get("key", ""), request.query_params
    match request.method:
        case "PUT":
            return _put(bucket, key, query, body)
        case "POST":
            return _delete_many(bucket, body) if "delete" in query else _post(bucket, key, query)
        case "DELETE":
            return _delete(bucket, key, query)
        case _:
            return _get(bucket, key, request) if key else _list(bucket, query.get("prefix", ""))


def _put(bucket: Bucket, key: str, query: Mapping[str, str], body: bytes) -> Response:
    if "uploadId" in query:
        if query["uploadId"] not in bucket.uploads:
            return _error(404, "NoSuchUpload")
        bucket.uploads[query["uploadId"]][int(query["partNumber"])] = body
    else:
        bucket.objects[key] = body
    return Response(headers={"etag": _etag(body)})


def _post(bucket: Bucket, key: str, query: Mapping[str, str]) -> Response:
    if "uploads" in query:
        upload = bucket.new_upload()
        body = f"<InitiateMultipartUploadResult><UploadId>{upload}</UploadId></InitiateMultipartUploadResult>"
        return Response(body, media_type=XML)
    parts = bucket.uploads.pop(query.get("uploadId", ""), None)
    if parts is None:
        return _error(404, "NoSuchUpload")
    bucket.objects[key] = b"".join(parts[number] for number in sorted(parts))
    etag = escape(_etag(bucket.objects[key]))
    body = f"<CompleteMultipartUploadResult><ETag>{etag}</ETag></CompleteMultipartUploadResult>"
    return Response(body, media_type=XML)


def _delete(bucket: Bucket, key: str, query: Mapping[str, str]) -> Response:
    if "uploadId" in query:
        bucket.uploads.pop(query["uploadId"], None)
    else:
        bucket.objects.pop(key, None)
    return Response(status_code=204)


def _delete_many(bucket: Bucket, body: bytes) -> Response:
    keys = KEY.findall(body.decode())
    for key in keys:
        bucket.objects.pop(unescape(key), None)
    gone = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
    return Response(f"<DeleteResult>{gone}</DeleteResult>", media_type=XML)


def _get(bucket: Bucket, key: str, request: Request) -> Response:
    content = bucket.objects.get(key)
    if content is None:
        return _error(404, "NoSuchKey")
    headers = {"etag": _etag(content), "last-modified": format_datetime(datetime.now(UTC), usegmt=True)}
    wanted = RANGE.fullmatch(request.headers.get("range", ""))
    if wanted is None:
        headers["content-length"] = str(len(content))
        return Response(b"" if request.method == "HEAD" else content, headers=headers)
    begin, end = int(wanted[1]), min(int(wanted[2] or len(content) - 1), len(content) - 1)
    headers["content-range"] = f"bytes {begin}-{end}/{len(content)}"
    return Response(content[begin : end + 1], status_code=206, headers=headers)


def _list(bucket: Bucket, prefix: str) -> Response:
    moment = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    found = "".join(
        f"<Contents><Key>{escape(key)}</Key><LastModified>{moment}</LastModified>"
        f"<ETag>{escape(_etag(content))}</ETag><Size>{len(content)}</Size></Contents>"
        for key, content in sorted(bucket.objects.items())
        if key.startswith(prefix)
    )
    head = "<Name>films</Name><IsTruncated>false</IsTruncated>"
    return Response(f"<ListBucketResult>{head}{found}</ListBucketResult>", media_type=XML)


def _error(status: int, code: str) -> Response:
    return Response(f"<Error><Code>{code}</Code><Message>{code}</Message></Error>", status_code=status, media_type=XML)


def _etag(content: bytes) -> str:
    return f'"{hashlib.md5(content).hexdigest()}"'
