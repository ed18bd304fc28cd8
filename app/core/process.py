"""The only place that starts a subprocess: limits, a deadline, its own group, and death with its parent."""

import asyncio
import contextvars
import os
import resource
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from app.core.children import ChildProcess, Pipe
from app.core.database import outside_transaction
from app.core.errors import StorageFull

STDERR_TAIL_BYTES = 64 * 1024
STDOUT_CAP_BYTES = 64 * 1024 * 1024
CHUNK_BYTES = 64 * 1024
NICENESS = 10
REAP_SECONDS = 2.0
# How a program says that what it wrote found no room; then its work has not failed, it waits.
DISK_FULL = "No space left on device"
# Keys and passwords of the service stay with the service.
INHERITED = ("PATH", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "FONTCONFIG_PATH", "HOME")
ROOT = Path(__file__).parents[2]
START = "import importlib, sys; sys.path.insert(0, sys.argv[1]); sys.exit(importlib.import_module(sys.argv[2]).main())"


class ProcessTimedOut(Exception):
    """The process did not end in time and was killed with its group."""


class ProcessFailed(Exception):
    """The process could not be started or said more than allowed."""


@dataclass(frozen=True)
class Limits:
    """What a child may use; None leaves a limit as it is.

    `variables` are names of the environment that it sees beside those that every child sees, `added` are more of them
    with their values.
    """

    memory_bytes: int | None = 4 * 1024**3
    cpu_seconds: int | None = 600
    file_bytes: int | None = 4 * 1024**3
    open_files: int | None = 256
    variables: tuple[str, ...] = ()
    added: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Finished:
    """How a process ended."""

    exit_code: int
    stdout: bytes
    stderr_tail: str

    @property
    def succeeded(self) -> bool:
        """Whether it said so itself."""
        return self.exit_code == 0


@dataclass
class _Tail:
    """The last bytes of a stream."""

    kept: bytearray = field(default_factory=bytearray)

    def add(self, chunk: bytes) -> None:
        self.kept += chunk
        if len(self.kept) > STDERR_TAIL_BYTES:
            del self.kept[:-STDERR_TAIL_BYTES]

    def text(self) -> str:
        return bytes(self.kept).decode("utf-8", "replace")


async def run(
    command: Sequence[str],
    *,
    timeout_seconds: float,
    limits: Limits | None = None,
    cwd: Path | None = None,
    stdin: bytes | None = None,
    on_line: Callable[[str], None] | None = None,
) -> Finished:
    """Runs a program to its end; a timeout or a cancel kills its whole group, and nothing survives us."""
    outside_transaction()
    process = _start(command, limits or Limits(), cwd, takes_input=stdin is not None)
    return await _finished(process, Path(command[0]).name, timeout_seconds, stdin, on_line)


def module_command(module: str) -> list[str]:
    """The program that is `main()` of a module of ours, in an interpreter that looks nowhere else for modules."""
    return [sys.executable, "-I", "-c", START, str(ROOT), module]


class WarmProgram:
    """A program of which one is started ahead, so that who needs it next does not wait for its start.

    It waits for its input; whoever gives it one uses it up, and the next is started when the work is done.
    """

    def __init__(self, command: Sequence[str], limits: Limits) -> None:
        self._command = command
        self._limits = limits
        self._next: asyncio.Future[ChildProcess] | None = None
        self._closed = False

    @property
    def is_ready(self) -> bool:
        """Whether one waits."""
        return self._next is not None and self._next.done()

    async def run(self, stdin: bytes, *, timeout_seconds: float) -> Finished:
        """As `run` does, by the program that is ready, or by a new one."""
        outside_transaction()
        process = await self._taken()
        try:
            return await _finished(process, Path(self._command[0]).name, timeout_seconds, stdin, None)
        finally:
            if self._next is None and not self._closed:
                # In a context of its own, because the one of this call would be kept alive until the next.
                self._next = contextvars.Context().run(asyncio.ensure_future, self._started())

    async def close(self) -> None:
        """Ends the one that waits."""
        self._closed = True
        started, self._next = self._next, None
        if started is not None:
            with suppress(ProcessFailed):
                await _kill(await started)

    async def _taken(self) -> ChildProcess:
        started = self._next
        if started is None or not started.done():
            return await self._started()
        self._next = None
        if started.exception() is not None:
            return await self._started()
        process = started.result()
        if _lives(process):
            return process
        process.close()
        return await self._started()

    async def _started(self) -> ChildProcess:
        return _start(self._command, self._limits, None, takes_input=True)


def _lives(process: ChildProcess) -> bool:
    """Whether it runs; asked of the kernel, which knows of a death before the loop does."""
    try:
        return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None
    except ChildProcessError:
        return False


async def _finished(
    process: ChildProcess,
    name: str,
    timeout_seconds: float,
    stdin: bytes | None,
    on_line: Callable[[str], None] | None,
) -> Finished:
    tail = _Tail()
    try:
        async with asyncio.timeout(timeout_seconds):
            async with asyncio.TaskGroup() as streams:
                out = streams.create_task(_collect(process.stdout))
                streams.create_task(_follow(process.stderr, tail, on_line))
                streams.create_task(_feed(process, stdin))
            code = await process.wait()
    except TimeoutError as late:
        message = f"{name} did not end within {timeout_seconds:g} s"
        raise ProcessTimedOut(message) from late
    except ExceptionGroup as group:
        raise group.exceptions[0] from group
    finally:
        await _kill(process)
    done = Finished(code, out.result(), tail.text())
    if not done.succeeded and DISK_FULL in done.stderr_tail:
        raise StorageFull
    return done


def _start(
    command: Sequence[str],
    limits: Limits,
    cwd: Path | None,
    *,
    takes_input: bool,
) -> ChildProcess:
    program = shutil.which(command[0])
    if program is None:
        message = f"{Path(command[0]).name} could not be found"
        raise ProcessFailed(message)
    try:
        return ChildProcess.started(
            _restrained([program, *command[1:]], limits),
            cwd=cwd,
            env=_environment(limits),
            takes_input=takes_input,
        )
    except OSError as fault:
        message = f"{Path(command[0]).name} could not be started"
        raise ProcessFailed(message) from fault


def _environment(limits: Limits) -> dict[str, str]:
    names = (*INHERITED, *limits.variables)
    return {name: os.environ[name] for name in names if name in os.environ} | dict(limits.added)


def _restrained(command: Sequence[str], limits: Limits) -> list[str]:
    """The command behind the small programs that bind it and then become it; without them it runs unbound.

    A function run between fork and exec would copy the page tables of the whole service on its loop each time.
    """
    bound: list[str] = []
    if setpriv := shutil.which("setpriv"):
        # The kernel takes the thread that started the child for its parent: it must be one that lives on.
        bound += [setpriv, "--pdeathsig", "KILL", "--"]
    if nice := shutil.which("nice"):
        bound += [nice, "-n", str(NICENESS)]
    if prlimit := shutil.which("prlimit"):
        bound += [prlimit, "--core=0", *_bounds(limits), "--"]
    return [*bound, *command]


def _bounds(limits: Limits) -> Iterator[str]:
    wanted = (
        ("as", resource.RLIMIT_AS, limits.memory_bytes),
        ("cpu", resource.RLIMIT_CPU, limits.cpu_seconds),
        ("fsize", resource.RLIMIT_FSIZE, limits.file_bytes),
        ("nofile", resource.RLIMIT_NOFILE, limits.open_files),
    )
    for name, kind, most in wanted:
        if most is not None:
            _, hard = resource.getrlimit(kind)
            yield f"--{name}={most if hard == resource.RLIM_INFINITY else min(most, hard)}"


async def _collect(stream: Pipe | None) -> bytes:
    found = bytearray()
    while stream is not None and (chunk := await stream.read(CHUNK_BYTES)):
        found += chunk
        if len(found) > STDOUT_CAP_BYTES:
            message = "the process printed more than allowed"
            raise ProcessFailed(message)
    return bytes(found)


async def _follow(stream: Pipe | None, tail: _Tail, on_line: Callable[[str], None] | None) -> None:
    unfinished = b""
    while stream is not None and (chunk := await stream.read(CHUNK_BYTES)):
        tail.add(chunk)
        if on_line is not None:
            *lines, unfinished = (unfinished + chunk).replace(b"\r", b"\n").split(b"\n")
            unfinished = unfinished[-CHUNK_BYTES:]
            for line in lines:
                on_line(line.decode("utf-8", "replace"))


async def _feed(process: ChildProcess, stdin: bytes | None) -> None:
    if process.stdin is None or stdin is None:
        return
    with suppress(BrokenPipeError):
        await process.stdin.write(stdin)
    process.stdin.close()


async def _kill(process: ChildProcess) -> None:
    """Kills what is left of the group, empties its pipes so that they close, and takes its exit code."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with suppress(TimeoutError):
        async with asyncio.timeout(REAP_SECONDS):
            await _empty(process.stdout)
            await _empty(process.stderr)
            await process.wait()
    process.close()


async def _empty(stream: Pipe | None) -> None:
    while stream is not None and await stream.read(CHUNK_BYTES):
        continue
