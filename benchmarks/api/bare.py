"""The same two replies as a bare FastAPI service gives them: one session, the ORM, python-jose, nothing around it."""

import base64
import hashlib
import hmac
import os
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from jose import JWTError, jwt
from sqlalchemy import make_url, select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from app.accounts.models import RefreshFamily, User
from app.core.sqlite import connector
from app.library.models import Asset
from app.projects.domain import ProjectStatus
from app.projects.models import KeyFrame, Project, ProjectCount, Segment
from app.projects.replies import ProjectList, ProjectReply, SegmentBrief

__all__ = ["ALGORITHM", "AUDIENCE", "ISSUER", "SECRET", "application"]

ALGORITHM, ISSUER, AUDIENCE = "HS256", "bare", "bare-api"
SECRET = "benchmark-secret-0123456789-abcdefghijklmn"
COLUMNS = ("name", "story_prompt", "target_duration_sec", "segment_len_sec", "language", "style", "aspect_ratio")
COLUMNS += ("resolution", "visuals", "providers", "narration", "music", "captions", "transitions", "clip_sound")
COLUMNS += ("id", "status", "continuity_notes", "voice_id", "version", "created_at", "updated_at")


bearer = HTTPBearer()


async def opened(request: Request) -> AsyncIterator[AsyncSession]:
    """The one session of a request."""
    async with AsyncSession(request.app.state.engine) as session:
        yield session


Opened = Annotated[AsyncSession, Depends(opened)]


async def user(proof: Annotated[HTTPAuthorizationCredentials, Depends(bearer)], session: Opened) -> User:
    """Who calls, by a token whose session still stands."""
    try:
        claims = jwt.decode(proof.credentials, SECRET, algorithms=[ALGORITHM], issuer=ISSUER, audience=AUDIENCE)
    except JWTError as fault:
        raise HTTPException(401) from fault
    query = (
        select(RefreshFamily, User)
        .join(User, User.id == RefreshFamily.user_id)
        .where(RefreshFamily.id == claims["sid"], User.id == claims["sub"])
        .where(RefreshFamily.revoked_at.is_(None), RefreshFamily.expires_at > datetime.now(UTC))
    )
    found = (await session.execute(query)).first()
    if found is None:
        raise HTTPException(401)
    known: User = found[1]
    return known


Known = Annotated[User, Depends(user)]


async def get_project(project_id: str, known: Known, session: Opened) -> ProjectReply:
    """One project."""
    row = await session.scalar(select(Project).where(Project.id == project_id, Project.deleted_at.is_(None)))
    if row is None or row.owner_id != known.id:
        raise HTTPException(404)
    return (await _replies(session, [row]))[0]


async def list_projects(known: Known, session: Opened, limit: int = 20) -> ProjectList:
    """One page of projects."""
    query = select(Project).where(Project.owner_id == known.id, Project.deleted_at.is_(None))
    query = query.order_by(Project.created_at.desc(), Project.id.desc()).limit(limit + 1)
    rows = (await session.scalars(query)).all()
    counts = await session.get(ProjectCount, known.id)
    total = sum(getattr(counts, status.value) for status in ProjectStatus)
    return ProjectList(projects=await _replies(session, rows[:limit]), total=total)


def application() -> FastAPI:
    """The bare service over the database that the environment names."""
    url = make_url(os.environ["DATABASE_URL"])
    # The driver of SQLite is ours here too: what is measured is what stands around the statements.
    ours = {"async_creator": connector(Path(url.database or ""))} if url.get_backend_name() == "sqlite" else {}
    app = FastAPI()
    app.state.engine = create_async_engine(url, pool_size=10, **ours)
    app.get("/projects/{project_id}")(get_project)
    app.get("/projects")(list_projects)
    return app


async def _replies(session: AsyncSession, rows: Sequence[Project]) -> list[ProjectReply]:
    ids = [row.id for row in rows]
    query = select(Segment.project_id, Segment.id, Segment.position, Segment.status, Segment.clip_asset_id)
    query = query.add_columns(Segment.narration_asset_id, Segment.duration_sec)
    segments: dict[str, list[Any]] = {each: [] for each in ids}
    for found in await session.execute(
        query.where(Segment.project_id.in_(ids)).order_by(Segment.project_id, Segment.position)
    ):
        segments[found.project_id].append(found)
    frames = select(KeyFrame.project_id, KeyFrame.asset_id).where(KeyFrame.project_id.in_(ids), KeyFrame.position == 0)
    first = dict((await session.execute(frames)).tuples().all())
    wanted = {each for row in rows for each in (first[row.id], row.audio_sample_asset_id, row.film_asset_id) if each}
    assets = {asset.id: asset for asset in await session.scalars(select(Asset).where(Asset.id.in_(wanted)))}
    links = {asset_id: _link(asset) for asset_id, asset in assets.items()}
    return [_reply(row, segments[row.id], first[row.id], links) for row in rows]


def _reply(row: Project, segments: Sequence[Any], first: str | None, links: dict[str, str]) -> ProjectReply:
    return ProjectReply(
        **{name: getattr(row, name) for name in COLUMNS},
        user_id=row.owner_id,
        title=row.plan_title,
        budget=None,
        segment_count=len(segments),
        segments=[
            SegmentBrief(id=each.id, index=each.position, status=each.status, approved=False) for each in segments
        ],
        first_frame_url=links.get(first or ""),
        audio_sample_url=links.get(row.audio_sample_asset_id or ""),
        final_video_url=links.get(row.film_asset_id or ""),
        stale=False,
        error=None,
    )


def _link(asset: Asset) -> str:
    words = "|".join(("0000", "r", asset.id, asset.sha256[:8], "1900000000", asset.owner_id, "i")).encode()
    mac = hmac.new(SECRET.encode(), words, hashlib.sha256).digest()[:16]
    return f"/media/{base64.urlsafe_b64encode(words + mac).decode().rstrip('=')}/{quote(asset.name, safe='')}"
