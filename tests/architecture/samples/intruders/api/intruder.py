"""A face that reaches for rows, adapters and every library with a home."""

import alembic
import fastapi
import httpx
import jose
import limits
import pydantic_settings
import rich
import sqlalchemy
import standardwebhooks
import starlette
import typer
import uuid_utils
import uvicorn

__all__ = ["alembic", "fastapi", "httpx", "jose", "limits", "pydantic_settings", "rich", "sqlalchemy", "standardwebhooks", "starlette", "typer", "uuid_utils", "uvicorn"]
