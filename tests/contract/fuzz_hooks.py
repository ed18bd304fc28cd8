"""What schemathesis cannot know of a valid request: a key that was used for another request is refused."""

import re
import uuid
from typing import Any

import schemathesis

from app.jobs.dependencies import KEY_PATTERN

HEADER = "Idempotency-Key"


@schemathesis.hook
def before_call(_context: Any, case: Any, _options: Any) -> None:
    """Gives each request a key of its own where the generated one fits."""
    headers = case.headers or {}
    key = headers.get(HEADER)
    if isinstance(key, str) and re.match(KEY_PATTERN, key):
        headers[HEADER] = str(uuid.uuid4())
