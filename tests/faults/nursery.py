"""Makes worker processes quickly: one process imports the service once and forks; it alone signals what it made."""

import asyncio
import ctypes
import json
import os
import selectors
import signal
import sys
import traceback
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.child import WorkOrder, quiet, work

PR_SET_PDEATHSIG = 1
ROOT = Path(__file__).resolve().parents[2]
BIRTH_SECONDS = 30.0


@dataclass
class Life:
    """One worker process as its parent sees it."""

    pid: int
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    stopped: asyncio.Event = field(default_factory=asyncio.Event)
    exit_code: int | None = None
    executor: str = ""


class Nursery:
    """The parent's end: births, signals, and what the children say."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._lives: dict[int, Life] = {}
        self._births: list[asyncio.Future[Life]] = []

    @classmethod
    @asynccontextmanager
    async def opened(cls) -> AsyncIterator["Nursery"]:
        """A nursery that leaves no child behind."""
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.faults.nursery", stdin=pipe, stdout=pipe, cwd=ROOT
        )
        nursery = cls(process)
        async with asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(nursery._listen())
            try:
                yield nursery
            finally:
                assert process.stdin is not None
                process.stdin.close()
                await asyncio.wait_for(process.wait(), BIRTH_SECONDS)
                await listening

    @property
    def alive(self) -> list[int]:
        return [pid for pid, life in self._lives.items() if not life.ended.is_set()]

    async def born(self, order: WorkOrder) -> Life:
        """A new worker process, which may not be ready yet."""
        birth: asyncio.Future[Life] = asyncio.get_running_loop().create_future()
        self._births.append(birth)
        await self._tell({"born": asdict(order)})
        return await asyncio.wait_for(birth, BIRTH_SECONDS)

    async def signal(self, life: Life, number: signal.Signals) -> None:
        await self._tell({"signal": number, "pid": life.pid})

    async def killed(self, life: Life) -> None:
        """SIGKILL; whoever is dead stays so."""
        await self.signal(life, signal.SIGKILL)
        await asyncio.wait_for(life.ended.wait(), BIRTH_SECONDS)

    async def _tell(self, order: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        await self._process.stdin.drain()

    async def _listen(self) -> None:
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            said = json.loads(line)
            self._hear(said["pid"], said["event"], said)

    def _hear(self, pid: int, event: str, said: Mapping[str, Any]) -> None:
        if event == "born":
            self._lives[pid] = Life(pid)
            self._births.pop(0).set_result(self._lives[pid])
            return
        life = self._lives[pid]
        if event == "ready":
            life.executor = said["executor"]
            life.ready.set()
        elif event == "stopped":
            life.stopped.set()
        elif event == "ended":
            life.exit_code = said["code"]
            life.ended.set()


class Mother:
    """The forking end: single-threaded, reads orders, reaps."""

    def __init__(self) -> None:
        self._children: set[int] = set()

    def serve(self) -> None:
        """Until its input ends; then nothing it made lives on."""
        wake, awake = os.pipe()
        os.set_blocking(wake, False)
        os.set_blocking(awake, False)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        signal.set_wakeup_fd(awake)
        selector = selectors.DefaultSelector()
        selector.register(sys.stdin.fileno(), selectors.EVENT_READ)
        selector.register(wake, selectors.EVENT_READ)
        rest, open_ = b"", True
        while open_:
            ready = {key.fd for key, _ in selector.select()}
            if wake in ready:
                os.read(wake, 4096)
                self._reap()
            if sys.stdin.fileno() in ready:
                heard = os.read(sys.stdin.fileno(), 65_536)
                open_ = bool(heard)
                *lines, rest = (rest + heard).split(b"\n")
                for line in lines:
                    self._obey(json.loads(line))
        for pid in tuple(self._children):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)

    def _obey(self, order: dict[str, Any]) -> None:
        if "signal" in order:
            if order["pid"] in self._children:
                os.kill(order["pid"], order["signal"])
            return
        pid = os.fork()
        if pid == 0:
            live(WorkOrder(**order["born"]))
        self._children.add(pid)
        say("born", pid)

    def _reap(self) -> None:
        for pid in tuple(self._children):
            ended, status = os.waitpid(pid, os.WNOHANG | os.WUNTRACED)
            if ended and os.WIFSTOPPED(status):
                say("stopped", pid)
            elif ended:
                self._children.discard(pid)
                say("ended", pid, code=os.waitstatus_to_exitcode(status))


def live(order: WorkOrder) -> None:
    """The whole life of a child; it dies with its mother."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    voice = os.dup(1)
    os.dup2(2, 1)
    code = 1
    try:
        quiet()
        asyncio.run(work(order, lambda event, **facts: say(event, os.getpid(), to=voice, **facts)))
        code = 0
    finally:
        if code:
            traceback.print_exc()
        os._exit(code)


def say(event: str, pid: int, *, to: int = 1, **facts: Any) -> None:
    """One line, written at once, because several processes share the pipe."""
    os.write(to, json.dumps({"pid": pid, "event": event, **facts}).encode() + b"\n")


if __name__ == "__main__":
    Mother().serve()
