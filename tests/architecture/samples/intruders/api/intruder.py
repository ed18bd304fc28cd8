"""A face that reaches for rows and for every library with a home."""

import alembic
import pydantic_settings
import sqlalchemy
import uuid_utils

__all__ = ["alembic", "pydantic_settings", "sqlalchemy", "uuid_utils"]
