"""Pure: what a Prefer header asks for."""

import re
from dataclasses import dataclass

__all__ = ["LONGEST_WAIT_SECONDS", "Preference", "read_preference"]

LONGEST_WAIT_SECONDS = 60
WAIT = re.compile(r"^wait(?:\s*=\s*\"?(\d{1,6})\"?)?$")


@dataclass(frozen=True)
class Preference:
    """How long the caller wants to be kept waiting; None leaves it to the path."""

    wait_seconds: int | None = None
    applied: str | None = None

    def seconds(self, default: int) -> int:
        """The seconds to wait on a path with this default."""
        return default if self.wait_seconds is None else self.wait_seconds

    def header(self) -> dict[str, str]:
        """What of the preference was applied, for the reply."""
        return {} if self.applied is None else {"Preference-Applied": self.applied}


def read_preference(header: str | None) -> Preference:
    """The preference in a header; what is not understood is ignored, as RFC 7240 wants."""
    for word in (header or "")[:500].split(","):
        name = word.partition(";")[0].strip().lower()
        if name == "respond-async":
            return Preference(0, "respond-async")
        if found := WAIT.match(name):
            seconds = min(int(found[1] or LONGEST_WAIT_SECONDS), LONGEST_WAIT_SECONDS)
            return Preference(seconds, f"wait={seconds}")
    return Preference()
