"""Pure: addresses of an S3-compatible store that carry their own proof (AWS Signature Version 4 in the query)."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote, urlsplit

# No store lets such an address live longer.
LONGEST_LIFE = timedelta(days=7)
ALGORITHM = "AWS4-HMAC-SHA256"
UNRESERVED = "-_.~"


@dataclass(frozen=True)
class S3Keys:
    """Whose proof it is."""

    key_id: str
    secret: str
    session_token: str = ""


@dataclass(frozen=True)
class S3Bucket:
    """A bucket, and who may sign for it."""

    endpoint: str
    bucket: str
    region: str
    keys: S3Keys

    def presigned(
        self, method: str, key: str, moment: datetime, query: Mapping[str, str], headers: Mapping[str, str]
    ) -> str:
        """An address for one method on one object from `moment` on; the headers must be sent exactly so.

        `query` names X-Amz-Expires, and what the store shall say of the object.
        """
        place = urlsplit(self.endpoint)
        stamp = f"{moment:%Y%m%dT%H%M%SZ}"
        scope = f"{moment:%Y%m%d}/{self.region}/s3/aws4_request"
        signed = {"host": place.netloc, **{name.lower(): value for name, value in headers.items()}}
        names = ";".join(sorted(signed))
        asked = dict(query) | {
            "X-Amz-Algorithm": ALGORITHM,
            "X-Amz-Credential": f"{self.keys.key_id}/{scope}",
            "X-Amz-Date": stamp,
            "X-Amz-SignedHeaders": names,
        }
        if self.keys.session_token:
            asked["X-Amz-Security-Token"] = self.keys.session_token
        path = quote(f"{place.path.rstrip('/')}/{self.bucket}/{key}", safe=f"/{UNRESERVED}")
        text = "&".join(f"{_encoded(name)}={_encoded(asked[name])}" for name in sorted(asked))
        lines = [f"{name}:{' '.join(signed[name].split())}" for name in sorted(signed)]
        request = "\n".join((method, path, text, *lines, "", names, "UNSIGNED-PAYLOAD"))
        digest = hashlib.sha256(request.encode()).hexdigest()
        signature = self._signature(scope, "\n".join((ALGORITHM, stamp, scope, digest)))
        return f"{place.scheme}://{place.netloc}{path}?{text}&X-Amz-Signature={signature}"

    def _signature(self, scope: str, text: str) -> str:
        key = f"AWS4{self.keys.secret}".encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        return hmac.digest(key, text.encode(), "sha256").hex()


def _encoded(text: str) -> str:
    return quote(text, safe=UNRESERVED)
