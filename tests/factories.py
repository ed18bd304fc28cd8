"""Builders of rows and tiny real media, for tests that need them ready."""

import io
import math
import wave
from collections.abc import AsyncIterator
from typing import Any

from PIL import Image

from app.accounts.domain import AccountRole
from app.accounts.models import User
from app.core.database import Database
from app.core.repository import Repository
from app.jobs.domain import JobView, Lane
from app.jobs.queue import JobQueue, Order
from app.library.domain import AssetKind
from app.library.intake import Intake, MadeFile
from app.narration.models import Voice
from app.narration.repository import VoiceRepository
from app.providers.speech import VoiceOrigin
from app.resources import Resources
from app.shows.domain import Door, ShowEdit
from app.shows.service import ShowService


class _Users(Repository[User]):
    table = User


async def user(resources: Resources, name: str = "alice") -> str:
    """The id of a new user without a password."""
    async with resources.database.unit_of_work() as session:
        row = User(
            email=f"{name}@example.com", login_email=f"{name}@example.com", role=AccountRole.USER, is_active=True
        )
        return (await _Users(session, resources.clock).add(row)).id


async def job(resources: Resources, owner_id: str, kind: str = "test.work", **facts: Any) -> JobView:
    """A job in line."""
    order = Order(owner_id=owner_id, kind=kind, lane=Lane.LIGHT, params={}, **facts)
    async with resources.database.unit_of_work() as session:
        queued, _ = await JobQueue(session, resources).enqueue(order)
    return queued


async def children(resources: Resources, parent: JobView, count: int, **facts: Any) -> list[str]:
    """The ids of so many jobs below another one, which may be more than a user may start."""
    order = Order(owner_id=parent.owner_id, kind="test.work", lane=Lane.LIGHT, params={}, parent_id=parent.id, **facts)
    async with resources.database.unit_of_work() as session:
        return [(await JobQueue(session, resources).enqueue(order))[0].id for _ in range(count)]


def picture(width: int = 640, height: int = 400, form: str = "PNG", **options: object) -> bytes:
    """A small real picture."""
    made = io.BytesIO()
    Image.new("RGB", (width, height), (30, 90, 160)).save(made, form, **options)
    return made.getvalue()


async def stream(content: bytes, piece: int = 65_536) -> AsyncIterator[bytes]:
    """Bytes as they come in."""
    for begin in range(0, len(content), piece):
        yield content[begin : begin + piece]


async def asset(resources: Resources, owner_id: str) -> str:
    """The id of a picture in the library."""
    kept = await Intake(resources).receive(owner_id, AssetKind.FIRST_FRAME, "frame.png", stream(picture()))
    return kept.id


def sound(seconds: float) -> bytes:
    """A steady tone as a WAV file."""
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        count = round(8000 * seconds)
        file.writeframes(
            b"".join(round(9000 * math.sin(n / 6)).to_bytes(2, "little", signed=True) for n in range(count))
        )
    return made.getvalue()


async def recording(resources: Resources, owner_id: str) -> str:
    """The id of a voice sample in the library."""
    kept = await Intake(resources).receive(owner_id, AssetKind.AUDIO_SAMPLE, "sample.wav", stream(sound(11)))
    return kept.id


async def track(resources: Resources, owner_id: str) -> str:
    """The id of a piece of music in the library."""
    kept = await Intake(resources).receive(owner_id, AssetKind.MUSIC, "track.wav", stream(sound(2)))
    return kept.id


async def voice(resources: Resources, owner_id: str) -> str:
    """The id of a voice that was cloned."""
    row = Voice(owner_id=owner_id, voice_id=resources.clock.new_id(), provider="local", origin=VoiceOrigin.CLONED)
    row.name, row.description, row.note = "Velvet", "", ""
    async with resources.database.unit_of_work() as session:
        return (await VoiceRepository(session, resources.clock).keep(row)).id


async def show(resources: Resources, owner_id: str) -> str:
    """The id of a show of the slideshow studio."""
    async with resources.database.unit_of_work() as session:
        edit = ShowEdit(title="Bob's slides")
        return (await ShowService.over(session, resources).create(owner_id, Door.STUDIO, edit)).id


async def rows(database: Database, table: type) -> int:
    """How many rows a table has."""
    from sqlalchemy import func, select

    async with database.reading() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def film(resources: Resources, owner_id: str, title: str) -> str:
    """The id of a finished film whose bytes nobody plays."""
    store = resources.settings.storage.storage_path
    path = store / f"{resources.clock.new_id()}.mp4"
    await resources.threads.run(path.write_bytes, b"film")
    made = MadeFile(path, "mp4", {"duration_seconds": 1.0})
    return (await Intake(resources).keep(owner_id, AssetKind.FILM, title, made)).id
