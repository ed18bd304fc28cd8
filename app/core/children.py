"""Child processes that start without a copy of the service, with their pipes and their end as the loop sees them.

The loop's own way to start one copies the page tables of the whole service first, while no request is answered.
"""

import asyncio
import os
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Self

from typing_extensions import override

__all__ = ["ChildProcess"]


class _Pipe(asyncio.StreamReaderProtocol):
    """One end of a pipe, whose transport closes when the other end does."""

    @override
    def eof_received(self) -> bool:
        super().eof_received()
        return False


class ChildProcess:
    """A running process; it is reaped by itself, and whoever started it closes its pipes."""

    def __init__(self, process: "subprocess.Popen[bytes]", *, has_handles: bool | None) -> None:
        self._process = process
        self._loop = asyncio.get_running_loop()
        # Whoever connects a pipe's file hands it over to its transport.
        self._files = [file for file in (process.stdin, process.stdout, process.stderr) if file is not None]
        self._transports: list[asyncio.ReadTransport | asyncio.WriteTransport] = []
        self._end: asyncio.Future[int] = self._loop.create_future()
        self.pid = process.pid
        self.stdin: asyncio.StreamWriter | None = None
        self.stdout: asyncio.StreamReader | None = None
        self.stderr: asyncio.StreamReader | None = None
        # Only Linux has handles of processes that a loop can watch; elsewhere a thread waits for each child.
        if hasattr(os, "pidfd_open") if has_handles is None else has_handles:
            handle = os.pidfd_open(process.pid)
            self._loop.add_reader(handle, self._reap, handle)
        else:
            threading.Thread(target=self._await_end, name=f"child-{process.pid}", daemon=True).start()

    @classmethod
    async def started(
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
            child = cls(process, has_handles=has_handles)
        except OSError:
            process.kill()
            raise
        # It goes on when its caller is cancelled, because a pipe that is half connected cannot be closed.
        connecting = asyncio.ensure_future(child._connect())
        try:
            await asyncio.shield(connecting)
        except BaseException:
            process.kill()
            connecting.add_done_callback(lambda _: child.close())
            raise
        return child

    async def wait(self) -> int:
        """The exit code, once there is one."""
        return await asyncio.shield(self._end)

    def close(self) -> None:
        """Closes what is still open of its pipes."""
        for transport in self._transports:
            transport.close()
        for file in self._files:
            file.close()

    async def _connect(self) -> None:
        process = self._process
        if process.stdin is not None:
            reader, pipe = self._ends()
            transport, _ = await self._loop.connect_write_pipe(lambda: pipe, process.stdin)
            self._handed_over(process.stdin, transport)
            self.stdin = asyncio.StreamWriter(transport, pipe, reader, self._loop)
        self.stdout = await self._read_from(process.stdout)
        self.stderr = await self._read_from(process.stderr)

    async def _read_from(self, file: IO[bytes] | None) -> asyncio.StreamReader | None:
        if file is None:
            return None
        reader, pipe = self._ends()
        transport, _ = await self._loop.connect_read_pipe(lambda: pipe, file)
        self._handed_over(file, transport)
        return reader

    def _handed_over(self, file: IO[bytes], transport: asyncio.ReadTransport | asyncio.WriteTransport) -> None:
        self._files.remove(file)
        self._transports.append(transport)

    def _ends(self) -> tuple[asyncio.StreamReader, _Pipe]:
        reader = asyncio.StreamReader(loop=self._loop)
        return reader, _Pipe(reader, loop=self._loop)

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
