"""A face that reaches for rows, adapters and every library with a home."""

import PIL
import aiofiles
import alembic
import dbos
import fastapi
import httpx
import imageio_ffmpeg
import jose
import limits
import obstore
import pwdlib
import pydantic_settings
import rich
import sqlalchemy
import standardwebhooks
import starlette
import typer
import uuid_utils
import uvicorn

import app.engine.dbos
import app.providers.minimax
import app.storage.local
import app.storage.objects

__all__ = ["PIL", "aiofiles", "alembic", "dbos", "fastapi", "httpx", "imageio_ffmpeg", "jose", "limits", "obstore", "pwdlib", "pydantic_settings", "rich", "sqlalchemy", "standardwebhooks", "starlette", "typer", "uuid_utils", "uvicorn"]
