"""ffmpeg that goes wrong at a chosen command: refused by itself, killed by its deadline, or with junk for a result."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from typing_extensions import override

from app.core.process import Finished
from app.media.tools import Tools, find_tools

AT_ONCE_SECONDS = 0.001


@dataclass(frozen=True)
class BrokenTools(Tools):
    """The tools of this machine; the next commands with a given word among their arguments go wrong."""

    faults: list[tuple[str, str]] = field(default_factory=list)
    struck: list[str] = field(default_factory=list)

    @classmethod
    def found(cls) -> "BrokenTools":
        return cls(find_tools().ffmpeg)

    def spoil(self, word: str, how: str) -> None:
        self.faults.append((word, how))

    @override
    async def run(
        self,
        arguments: Sequence[str],
        *,
        timeout_seconds: float,
        cwd: Path | None = None,
        on_line: Callable[[str], None] | None = None,
    ) -> Finished:
        how = self._due(" ".join(arguments))
        if how == "killed":
            await asyncio.get_running_loop().create_future()
        if how == "refused":
            arguments = ["-there_is_no_such_option", *arguments]
        if how == "timed_out":
            timeout_seconds = AT_ONCE_SECONDS
        done = await super().run(arguments, timeout_seconds=timeout_seconds, cwd=cwd, on_line=on_line)
        if how == "garbage":
            path = Path(unquote(arguments[-1].removeprefix("file:")))
            await asyncio.to_thread(path.write_bytes, b"this is no film")
        return done

    def _due(self, command: str) -> str | None:
        for fault in self.faults:
            if fault[0] in command:
                self.faults.remove(fault)
                self.struck.append(fault[1])
                return fault[1]
        return None
