"""Unfinished and silenced."""

import os  # noqa  # caught

LIMIT = 3  # TODO make it a setting  # caught
NAME: int = "x"  # type: ignore  # caught
OTHER: int = "x"  # type: ignore[assignment]  # caught
KNOWN: int = "x"  # type: ignore[assignment]  # The vendor's stub says int where text arrives.
