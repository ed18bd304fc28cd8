"""Which API key the present request acts with, for work that is begun by it."""

import contextvars

_KEY: contextvars.ContextVar[str | None] = contextvars.ContextVar("acting_key", default=None)


def acting_key() -> str | None:
    """The id of the key that this task acts with; None for people who signed in, and for the service itself."""
    return _KEY.get()


def act_with(key_id: str | None) -> None:
    """Jobs that this task starts from now on count for this key: for a request, whose task ends with it."""
    _KEY.set(key_id)
