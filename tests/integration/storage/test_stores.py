"""Every store keeps the same promises: whole or not at all, ranges, keys of ours only, a link that cannot be forged."""

import asyncio
import hashlib
import resource
import secrets
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from obstore.store import MemoryStore

from app.core.clock import SystemClock
from app.core.errors import StorageFull
from app.core.settings import StorageSettings
from app.core.threads import Threads
from app.storage.base import AnswerHeaders, FileMissing, FileStore, FileTooLarge, StoreUnreachable
from app.storage.local import LocalStore
from app.storage.objects import ObjectFiles
from tests.doubles.clock import FrozenClock
from tests.standins.s3.moto_server import moto_served, new_bucket

ELSEWHERE = "/dev/shm" if Path("/dev/shm").is_dir() else None
CONTENT = bytes(range(256)) * 5000


async def pieces(content: bytes = CONTENT, size: int = 70_000) -> AsyncIterator[bytes]:
    for begin in range(0, len(content), size):
        yield content[begin : begin + size]


@pytest.fixture(scope="module")
def s3_address() -> Iterator[str]:
    """A real S3-compatible server."""
    with moto_served() as address:
        yield address


@pytest.fixture(params=["local", "memory", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> FileStore:
    if request.param == "local":
        return LocalStore(tmp_path / "store", Threads(2))
    if request.param == "memory":
        return ObjectFiles(MemoryStore(), SystemClock(), Threads(2))
    bucket = new_bucket(request.getfixturevalue("s3_address"), f"contract-{secrets.token_hex(8)}")
    settings_of_bucket = StorageSettings(_env_file=None, **bucket | {"storage_url": f"{bucket['storage_url']}/films"})
    return ObjectFiles.from_settings(settings_of_bucket, SystemClock(), Threads(2))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


async def read(store: FileStore, key: str, begin: int = 0, end: int | None = None) -> bytes:
    return b"".join([chunk async for chunk in store.open(key, begin, end)])


async def listed(store: FileStore, prefix: str = "") -> list[str]:
    return sorted([stat.key async for stat in store.walk(prefix)])


async def test_what_is_put_comes_back_with_its_hash(store: FileStore) -> None:
    stored = await store.put("assets/a.bin", pieces())
    assert (stored.size_bytes, stored.sha256) == (len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
    assert await read(store, "assets/a.bin") == CONTENT
    found = await store.stat("assets/a.bin")
    assert found is not None
    assert found.size_bytes == len(CONTENT)


@pytest.mark.parametrize(("begin", "end"), [(0, 1), (100, 70_000), (len(CONTENT) - 1, None), (5, 5), (1, None)])
async def test_a_range_is_exact(store: FileStore, begin: int, end: int | None) -> None:
    await store.put("a", pieces())
    assert await read(store, "a", begin, end) == CONTENT[begin:end]


async def test_past_the_limit_nothing_is_left(store: FileStore) -> None:
    with pytest.raises(FileTooLarge):
        await store.put("a", pieces(), limit_bytes=1000)
    assert await store.stat("a") is None
    assert await listed(store) == []


async def test_a_broken_stream_leaves_nothing(store: FileStore) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"x" * 1000
        raise LookupError

    with pytest.raises(LookupError):
        await store.put("a", broken())
    assert await store.stat("a") is None
    assert await listed(store) == []


async def test_a_missing_file_is_missing(store: FileStore) -> None:
    assert await store.stat("none") is None
    with pytest.raises(FileMissing):
        await read(store, "none")
    await store.delete("none")


async def test_files_are_listed_and_deleted(store: FileStore) -> None:
    for key in ("assets/1", "assets/2", "uploads/3"):
        await store.put(key, pieces(b"x"))
    assert await listed(store, "assets/") == ["assets/1", "assets/2"]
    assert await listed(store, "up") == ["uploads/3"]
    assert await listed(store, "set") == []
    await store.delete("assets/1")
    assert await listed(store, "assets/") == ["assets/2"]


async def test_a_finished_file_is_taken_in(store: FileStore, tmp_path: Path) -> None:
    made = tmp_path / "made.bin"
    made.write_bytes(CONTENT)
    stored = await store.put_file("films/a.mp4", made)
    assert stored.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert await read(store, "films/a.mp4") == CONTENT


async def test_the_check_leaves_nothing(store: FileStore) -> None:
    await store.check()
    assert await listed(store, "checks") == []


HOSTILE = st.one_of(
    st.text(min_size=0, max_size=300),
    st.lists(st.sampled_from(["..", ".", "%2e%2e", "a", "", "\0", "\\", "~", "CON", "x" * 300]), max_size=8).map(
        "/".join
    ),
    st.sampled_from(
        ["/etc/passwd", "../outside", "a/../../outside", "a\nb", "\u202eb", "C:\\x", "//x", ".parts/x", "-"]
    ),
)


async def every_way(store: FileStore, key: str, made: Path) -> bool:
    """Tries all that may be done with a key; says whether it was taken for one of ours."""
    try:
        await store.put(key, pieces(b"x"))
        await store.put_file(key, made)
        assert await read(store, key) == b"y"
    except FileMissing:
        for call in (read(store, key), store.put_file(key, made)):
            with pytest.raises(FileMissing):
                await call
        return False
    await store.delete(key)
    return True


def test_two_thousand_names_touch_nothing_outside_the_folder(tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("secret")
    made = tmp_path / "made"
    store = LocalStore(tmp_path / "deep" / "root", Threads(1))
    taken: list[str] = []
    with asyncio.Runner() as runner:

        @settings(max_examples=2000, deadline=None, database=None)
        @given(key=HOSTILE)
        def attempt(key: str) -> None:
            made.write_bytes(b"y")
            if runner.run(every_way(store, key, made)):
                taken.append(key)

        attempt()
    assert taken
    assert names(tmp_path) in (["made", "outside"], ["outside"])
    assert (tmp_path / "outside").read_text() == "secret"


async def test_a_folder_of_keys_is_no_file(tmp_path: Path) -> None:
    store = LocalStore(tmp_path, Threads(1))
    await store.put("assets/a", pieces(b"x"))
    assert await store.stat("assets") is None
    with pytest.raises(FileMissing):
        await read(store, "assets")
    await store.delete("assets")
    assert await read(store, "assets/a") == b"x"


async def test_a_link_inside_the_folder_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    store = LocalStore(tmp_path / "root", Threads(1))
    (tmp_path / "root" / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(FileMissing):
        await read(store, "link")


async def test_a_full_disk_is_said_before_anything_is_written(tmp_path: Path) -> None:
    store = LocalStore(tmp_path, Threads(1), reserve_bytes=2**60)
    with pytest.raises(StorageFull):
        await store.put("a", pieces())
    assert await listed(store) == []


async def test_a_finished_file_stays_where_it_is_when_the_disk_is_nearly_full(tmp_path: Path) -> None:
    made = tmp_path / "made.bin"
    made.write_bytes(CONTENT)
    store = LocalStore(tmp_path / "store", Threads(1), reserve_bytes=2**60)
    with pytest.raises(StorageFull):
        await store.put_file("a", made)
    assert made.read_bytes() == CONTENT
    assert await listed(store) == []


@contextmanager
def largest_file(size_bytes: int) -> Iterator[None]:
    """A disk that takes no longer file, as near to a full one as a test without a disk of its own comes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_disk_that_fills_up_on_the_way_keeps_no_part(tmp_path: Path) -> None:
    store = LocalStore(tmp_path, Threads(1))
    with largest_file(200_000), pytest.raises(StorageFull):
        await store.put("assets/a", pieces())
    assert names(tmp_path) == []


async def test_a_file_of_another_disk_is_copied_and_then_gone(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(dir=ELSEWHERE) as elsewhere:
        made = Path(elsewhere) / "made.bin"
        made.write_bytes(CONTENT)
        store = LocalStore(tmp_path, Threads(1))
        assert (await store.put_file("films/a", made)).size_bytes == len(CONTENT)
        assert await read(store, "films/a") == CONTENT
        assert not made.exists()
    assert names(tmp_path) == ["a"]


async def test_a_walk_sees_neither_parts_nor_desks_nor_strangers(tmp_path: Path) -> None:
    store = LocalStore(tmp_path, Threads(1))
    await store.put("assets/a", pieces(b"x"))
    for path in (".parts/p", ".work/desk/raw", "assets/not a key", ".secret_key"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(b"x")
    assert await listed(store) == ["assets/a"]


async def test_parts_of_a_crash_are_swept(tmp_path: Path) -> None:
    store = LocalStore(tmp_path, Threads(1))
    (tmp_path / ".parts" / "left").write_bytes(b"x")
    clock = FrozenClock(SystemClock().now() + timedelta(hours=2))
    assert await store.sweep_parts(timedelta(hours=1), clock.now()) == 1


async def test_a_store_that_does_not_answer_says_so() -> None:
    wanted = {"storage_url": "s3://bucket/films", "aws_endpoint_url": "http://127.0.0.1:9", "aws_region": "eu-west-1"}
    keys = {"aws_access_key_id": "id", "aws_secret_access_key": "secret"}
    far = ObjectFiles.from_settings(StorageSettings(_env_file=None, **wanted, **keys), SystemClock(), Threads(1))
    for call in (far.check(), far.stat("a"), far.delete("a"), far.put("a", pieces(b"x")), read(far, "a"), listed(far)):
        with pytest.raises(StoreUnreachable):
            await call


FILM = AnswerHeaders("video/mp4", "attachment; filename=\"Lis.mp4\"; filename*=UTF-8''Lis.mp4", "private, max-age=90")


def bucket_files(address: str, clock: FrozenClock | SystemClock, **changed: str) -> ObjectFiles:
    """The files of a new bucket under a prefix."""
    found = new_bucket(address, f"signed-{secrets.token_hex(8)}")
    wanted = StorageSettings(_env_file=None, **found | {"storage_url": f"{found['storage_url']}/a folder"} | changed)
    return ObjectFiles.from_settings(wanted, clock, Threads(1))


async def test_an_address_of_a_bucket_answers_as_we_would_and_is_one_for_one_end(s3_address: str) -> None:
    clock = FrozenClock(SystemClock().now())
    store = bucket_files(s3_address, clock)
    await store.put("films/a.mp4", pieces())
    until = clock.now() + timedelta(hours=30)
    address = await store.presign_get("films/a.mp4", until, FILM)
    assert address is not None
    clock.move(3600)
    assert await store.presign_get("films/a.mp4", until, FILM) == address
    async with httpx2.AsyncClient() as http:
        whole = await http.get(address)
        assert (whole.status_code, whole.content) == (200, CONTENT)
        said = [whole.headers[name] for name in ("content-type", "content-disposition", "cache-control")]
        assert said == [FILM.content_type, FILM.disposition, FILM.cache_control]
        part = await http.get(address, headers={"Range": "bytes=100-199"})
        assert (part.status_code, part.content) == (206, CONTENT[100:200])
        for forged in (address.replace("a.mp4", "b.mp4", 1), address.replace("attachment", "inline"), address[:-1]):
            assert (await http.get(forged)).status_code == 403
        over = await store.presign_get("films/a.mp4", SystemClock().now() - timedelta(seconds=2), FILM)
        assert (await http.get(str(over))).status_code == 403


async def test_a_link_that_lives_longer_than_any_store_allows_leads_to_an_address_that_works(s3_address: str) -> None:
    store = bucket_files(s3_address, SystemClock())
    await store.put("a.mp4", pieces(b"x"))
    address = await store.presign_get("a.mp4", SystemClock().now() + timedelta(days=30), FILM)
    async with httpx2.AsyncClient() as http:
        assert (await http.get(str(address))).content == b"x"


async def test_an_object_says_what_it_is(s3_address: str) -> None:
    store = bucket_files(s3_address, SystemClock())
    await store.put("a.webp", pieces(b"x"))
    address = await store.presign_get("a.webp", SystemClock().now() + timedelta(hours=1), FILM)
    async with httpx2.AsyncClient() as http:
        bare = str(address).partition("?")[0]
        assert (await http.get(bare)).headers["content-type"] == "image/webp"


async def test_a_store_whose_keys_we_do_not_hold_is_read_through_us(s3_address: str) -> None:
    store = bucket_files(s3_address, SystemClock(), aws_access_key_id="", aws_secret_access_key="")
    assert await store.presign_get("a", SystemClock().now() + timedelta(hours=1), FILM) is None
    assert await store.presign_put("a", timedelta(hours=1), {}) is None
