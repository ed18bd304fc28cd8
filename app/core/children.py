"""Child processes that start without a copy of the service, with their pipes and their end as the loop sees them.

The loop's own way to start one copies the page tables of the whole service first, while no request is answered.
"""

import asyncio
import os
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Self


class Pipe:
    """One end of a pipe, read or written when it is ready; whoever has it closes it.

    The loop's own transports are not used: the one of uvloop closes the descriptor of a file and then the file, so that
    a descriptor which another thread was given in between is closed under its hands.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._loop = asyncio.get_running_loop()
        os.set_blocking(file.fileno(), False)

    async def read(self, most_bytes: int) -> bytes:
        """What is there, at least one byte; nothing at the end."""
        while True:
            with suppress(BlockingIOError):
                return os.read(self._file.fileno(), most_bytes)
            await self._ready(self._loop.add_reader, self._loop.remove_reader)

    async def write(self, content: bytes) -> None:
        """Writes everything; BrokenPipeError where nobody reads any more."""
        rest = memoryview(content)
        while rest:
            try:
                rest = rest[os.write(self._file.fileno(), rest) :]
            except BlockingIOError:
                await self._ready(self._loop.add_writer, self._loop.remove_writer)

    def close(self) -> None:
        """Closes it, once."""
        self._file.close()

    async def _ready(self, watch: Callable[..., None], forget: Callable[[int], bool]) -> None:
        ready, number = asyncio.Event(), self._file.fileno()
        watch(number, ready.set)
        try:
            await ready.wait()
        finally:
            forget(number)


class ChildProcess:
    """A running process; it is reaped by itself, and whoever started it closes its pipes."""

    def __init__(self, process: "subprocess.Popen[bytes]", *, has_handles: bool | None) -> None:
        self._process = process
        self._loop = asyncio.get_running_loop()
        self._end: asyncio.Future[int] = self._loop.create_future()
        self.pid = process.pid
        self.stdin = _pipe(process.stdin)
        self.stdout = _pipe(process.stdout)
        self.stderr = _pipe(process.stderr)
        # Only Linux has handles of processes that a loop can watch; elsewhere a thread waits for each child.
        if hasattr(os, "pidfd_open") if has_handles is None else has_handles:
            handle = os.pidfd_open(process.pid)
            self._loop.add_reader(handle, self._reap, handle)
        else:
            threading.Thread(target=self._await_end, name=f"child-{process.pid}", daemon=True).start()

    @classmethod
    def started(
        cls,
        command: Sequence[str],
        *,
        cwd: Path | None,
        env: Mapping[str, str],
        takes_input: bool,
        has_handles: bool | None = None,
    ) -> Self:
        """The process, in a session of its own; started by this thread, because it may be bound to die with it."""
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE if takes_input else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            cwd=cwd,
            env=env,
            start_new_session=True,
        )
        try:
            return cls(process, has_handles=has_handles)
        except OSError:
            process.kill()
            raise

    async def wait(self) -> int:
        """The exit code, once there is one."""
        return await asyncio.shield(self._end)

    def close(self) -> None:
        """Closes what is still open of its pipes."""
        for pipe in (self.stdin, self.stdout, self.stderr):
            if pipe is not None:
                pipe.close()

    def _reap(self, handle: int) -> None:
        self._loop.remove_reader(handle)
        os.close(handle)
        self._ended(self._process.wait())

    def _await_end(self) -> None:
        code = self._process.wait()
        # The loop may have been closed before its last child ended.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._ended, code)

    def _ended(self, code: int) -> None:
        with suppress(asyncio.InvalidStateError):
            self._end.set_result(code)


def _pipe(file: IO[bytes] | None) -> Pipe | None:
    return None if file is None else Pipe(file)
