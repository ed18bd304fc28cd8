"""Child processes: bound in what they use, told only what they may know, and gone when they must be."""

import asyncio
import json
import os
import resource
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psutil
import pytest
from sqlalchemy import text

from app.core.database import Database
from app.core.errors import StorageFull
from app.core.process import STDERR_TAIL_BYTES, Finished, Limits, ProcessFailed, ProcessTimedOut, WarmProgram, run
from app.media.tools import find_tools

MEBIBYTE = 1024 * 1024
# The child marks its own child, ignores every polite signal and goes on for a minute.
STUBBORN_SECONDS = 60
STUBBORN = """
import pathlib, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen(["sleep", "60"])
pathlib.Path(sys.argv[1]).write_text(str(child.pid))
time.sleep(60)
"""
PARENT = """
import asyncio, sys
from app.core.process import run
asyncio.run(run([sys.executable, "-c", sys.argv[1], sys.argv[2]], timeout_seconds=60))
"""
BECOME_SLEEP = """
import os, pathlib, sys
pathlib.Path(sys.argv[1]).write_text(str(os.getpid()))
os.execvp("sleep", ["sleep", "60"])
"""
BOUNDS = """
import json, os, resource as r
print(json.dumps([os.nice(0), *(r.getrlimit(kind)[0] for kind in (r.RLIMIT_AS, r.RLIMIT_CPU, r.RLIMIT_CORE))]))
"""


async def python(code: str, *arguments: str, timeout_seconds: float = 20, **options: object) -> Finished:
    return await run([sys.executable, "-I", "-c", code, *arguments], timeout_seconds=timeout_seconds, **options)


async def until(seen: Callable[[], bool], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not seen():
            await asyncio.sleep(0.01)


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def written(note: Path) -> int:
    return int(note.read_text() or 0) if note.exists() else 0


async def test_the_end_of_a_program_is_told_whole() -> None:
    done = await python("import sys; print('out'); print('why', file=sys.stderr); sys.exit(7)")
    assert (done.exit_code, done.stdout, done.stderr_tail, done.succeeded) == (7, b"out\n", "why\n", False)


async def test_arguments_are_never_read_by_a_shell(tmp_path: Path) -> None:
    touched = tmp_path / "hit"
    odd = ["$(touch hit)", "`touch hit`", "; touch hit", "a\nb", "-n", "*", "' \""]
    done = await python("import json, sys; print(json.dumps(sys.argv[1:]))", *odd, cwd=tmp_path)
    assert json.loads(done.stdout) == odd
    assert not touched.exists()


async def test_input_is_what_was_given_or_nothing() -> None:
    echo = "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read())"
    assert (await python(echo, stdin=b"x" * MEBIBYTE)).stdout == b"x" * MEBIBYTE
    assert (await python(echo)).stdout == b""


async def test_a_program_that_reads_no_input_still_ends() -> None:
    assert (await run(["true"], timeout_seconds=5, stdin=b"x" * MEBIBYTE)).succeeded


async def test_only_the_end_of_long_complaints_is_kept() -> None:
    done = await python("import sys; sys.stderr.write('a' * 3_000_000 + 'the end')")
    assert len(done.stderr_tail) == STDERR_TAIL_BYTES
    assert done.stderr_tail.endswith("the end")


async def test_a_program_that_finds_the_disk_full_says_nothing_of_its_work() -> None:
    """Linux: every write to this device finds it full."""
    with pytest.raises(StorageFull):
        await run(["sh", "-c", "echo words | cat > /dev/full"], timeout_seconds=20)
    encoding = ("-f", "lavfi", "-i", "testsrc2=s=64x64:r=8:d=1", "-f", "mpegts", "-y", "/dev/full")
    with pytest.raises(StorageFull):
        await run([str(find_tools().ffmpeg), "-nostdin", "-v", "error", *encoding], timeout_seconds=20)


async def test_progress_arrives_line_by_line() -> None:
    lines: list[str] = []
    await python("import sys; sys.stderr.write('one\\rtwo\\nthree\\n')", on_line=lines.append)
    assert lines == ["one", "two", "three"]


async def test_a_failing_listener_ends_the_program() -> None:
    def fail(line: str) -> None:
        raise LookupError(line)

    begun = time.monotonic()
    with pytest.raises(LookupError):
        await python(
            "import sys, time; print('x', file=sys.stderr, flush=True); time.sleep(300)",
            on_line=fail,
            timeout_seconds=120,
        )
    assert time.monotonic() - begun < 60


async def test_endless_output_is_cut_off() -> None:
    with pytest.raises(ProcessFailed):
        await run(["cat", "/dev/zero"], timeout_seconds=20)


async def test_what_cannot_be_started_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProcessFailed, match="no-such-program"):
        await run([str(tmp_path / "no-such-program")], timeout_seconds=5)


async def test_secrets_of_the_service_stay_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "canary")
    monkeypatch.setenv("MINIMAX_API_KEY", "canary")
    done = await python("import json, os; print(json.dumps(dict(os.environ)))")
    assert "PATH" in json.loads(done.stdout)
    assert b"canary" not in done.stdout


async def test_a_hanging_program_goes_with_its_children_when_its_time_is_over(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    begun = time.monotonic()
    with pytest.raises(ProcessTimedOut):
        await python(STUBBORN, str(note), timeout_seconds=0.7)
    assert time.monotonic() - begun < STUBBORN_SECONDS / 2
    await until(lambda: not alive(written(note)))


async def test_a_cancelled_program_goes_with_its_children(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(python(STUBBORN, str(note)))
        await until(lambda: written(note) > 0)
        task.cancel()
    assert task.cancelled()
    await until(lambda: not alive(written(note)))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
async def test_nothing_outlives_a_service_that_is_killed(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    service = await asyncio.create_subprocess_exec(sys.executable, "-c", PARENT, BECOME_SLEEP, str(note))
    try:
        await until(lambda: written(note) > 0)
        assert alive(written(note))
        service.send_signal(signal.SIGKILL)
        assert await service.wait() == -signal.SIGKILL
        await until(lambda: not alive(written(note)), seconds=2)
    finally:
        if service.returncode is None:
            service.kill()
            await service.wait()


async def test_two_hundred_programs_leave_no_zombie_and_no_open_file() -> None:
    own = psutil.Process()
    await run(["true"], timeout_seconds=10)
    before = own.num_fds()
    lane = asyncio.Semaphore(8)

    async def one(number: int) -> None:
        async with lane:
            assert (await run(["true"] if number % 4 else ["false"], timeout_seconds=10)).exit_code in {0, 1}

    await asyncio.gather(*(one(number) for number in range(200)))
    assert [child for child in own.children(recursive=True) if child.status() == psutil.STATUS_ZOMBIE] == []
    assert own.num_fds() <= before + 2


@pytest.mark.skipif(sys.platform != "linux", reason="limits are set by programs of Linux")
async def test_a_program_cannot_use_more_than_its_limits(tmp_path: Path) -> None:
    memory = await python("bytearray(600 * 1024 ** 2)", limits=Limits(memory_bytes=300 * MEBIBYTE))
    assert "MemoryError" in memory.stderr_tail
    time_used = await python("while True: pass", limits=Limits(cpu_seconds=1))
    assert time_used.exit_code in {-signal.SIGXCPU, -signal.SIGKILL}
    writing = "open('big', 'wb').write(b'x' * 3_000_000)"
    await python(writing, limits=Limits(file_bytes=MEBIBYTE), cwd=tmp_path)
    assert (tmp_path / "big").stat().st_size <= MEBIBYTE
    files = "held = [open('/dev/null') for _ in range(50)]"
    assert "Too many open files" in (await python(files, limits=Limits(open_files=20))).stderr_tail


@pytest.mark.skipif(sys.platform != "linux", reason="limits are set by programs of Linux")
async def test_limits_hold_from_the_first_moment_and_leave_no_core() -> None:
    done = await python(BOUNDS, limits=Limits(memory_bytes=512 * MEBIBYTE, cpu_seconds=9))
    niceness = min(19, os.nice(0) + 10)
    assert json.loads(done.stdout) == [niceness, 512 * MEBIBYTE, 9, 0]


async def test_a_limit_above_what_the_service_itself_has_is_lowered_to_it() -> None:
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    assert (await run(["true"], timeout_seconds=5, limits=Limits(open_files=most * 2))).succeeded


async def test_no_program_runs_inside_a_transaction(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    try:
        async with database.unit_of_work() as session:
            await session.execute(text("SELECT 1"))
            with pytest.raises(RuntimeError, match="transaction"):
                await run(["true"], timeout_seconds=5)
    finally:
        await database.close()


ECHO = "import os, sys; print(os.getpid(), sys.stdin.read())"


@pytest.fixture
async def ready() -> AsyncIterator[WarmProgram]:
    made = WarmProgram([sys.executable, "-I", "-c", ECHO], Limits())
    yield made
    await made.close()


@pytest.fixture
def others() -> set[int]:
    """Children that earlier tests of this process have left running, such as a database."""
    return children()


def children() -> set[int]:
    return {child.pid for child in psutil.Process().children() if alive(child.pid)}


async def waiting_child(ready: WarmProgram, others: set[int]) -> int:
    """The pid of the one new child that waits."""
    await until(lambda: ready.is_ready and len(children() - others) == 1)
    return (children() - others).pop()


async def test_the_next_child_is_there_before_it_is_needed_and_is_used_up_by_one_call(
    others: set[int], ready: WarmProgram
) -> None:
    await ready.run(b"first", timeout_seconds=20)
    for word in (b"second", b"third"):
        pid = await waiting_child(ready, others)
        done = await ready.run(word, timeout_seconds=20)
        assert done.stdout.split() == [str(pid).encode(), word]


async def test_a_child_that_died_while_it_waited_is_replaced(others: set[int], ready: WarmProgram) -> None:
    await ready.run(b"first", timeout_seconds=20)
    pid = await waiting_child(ready, others)
    os.kill(pid, signal.SIGKILL)
    await until(lambda: not alive(pid))
    done = await ready.run(b"second", timeout_seconds=20)
    assert done.succeeded
    assert done.stdout.endswith(b"second\n")


async def test_the_child_that_waits_goes_with_its_owner(others: set[int]) -> None:
    ready = WarmProgram([sys.executable, "-I", "-c", ECHO], Limits())
    await ready.run(b"first", timeout_seconds=20)
    pid = await waiting_child(ready, others)
    await ready.close()
    assert not alive(pid)
