"""What somebody should look at again because time has passed; a reminder, because no test fails by the calendar."""

from collections.abc import Iterator
from datetime import date, timedelta

from app.providers.minimax.models import FACTS_DATE
from app.usage.domain import PRICES

OLDEST = timedelta(days=365)


def reminders(today: date) -> Iterator[str]:
    """One line for each source that was read more than a year ago."""
    if today - date.fromisoformat(FACTS_DATE) > OLDEST:
        yield "the facts about MiniMax are older than a year: read its pages again and set FACTS_DATE"
    old = sorted({price.provider for price in PRICES if today - price.as_of > OLDEST})
    if old:
        yield f"prices are older than a year: read the pages of {', '.join(old)} again and set their dates"
