"""Moments without a zone."""

import datetime as clock
from datetime import UTC, date, datetime


def moments():
    return [
        datetime.utcnow(),  # caught
        datetime.now(),  # caught
        clock.datetime.now(),  # caught
        datetime.fromtimestamp(0),  # caught
        datetime(2026, 11, 21),  # caught
        date.today(),  # caught
        datetime.now(UTC),
        datetime.fromtimestamp(0, tz=UTC),
        datetime(2026, 11, 21, tzinfo=UTC),
    ]
