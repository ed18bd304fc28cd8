"""A face that reaches for rows, adapters and every library with a home."""

import PIL
import agents
import aiofiles
import aiosqlite
import alembic
import cryptography
import dbos
import fastapi
import google.genai
import httpx
import httpx2
import imageio_ffmpeg
import jose
import limits
import mcp
import numpy
import obstore
import openai
import pwdlib
import pydantic_settings
import python_multipart
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

__all__ = ["PIL", "agents", "aiofiles", "aiosqlite", "alembic", "cryptography", "dbos", "fastapi", "google", "httpx", "httpx2", "imageio_ffmpeg", "jose", "limits", "numpy", "obstore", "openai", "pwdlib", "pydantic_settings", "python_multipart", "rich", "sqlalchemy", "standardwebhooks", "starlette", "typer", "uuid_utils", "uvicorn"]
