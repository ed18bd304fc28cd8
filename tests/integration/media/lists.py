"""Files that name other files or addresses, whatever they are called, and a listener that counts who follows them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Listener:
    """Counts who connects to an address that hostile files name."""

    port: int
    connections: list[str]


@asynccontextmanager
async def listening() -> AsyncIterator[Listener]:
    """A listener while the block lasts."""
    connections: list[str] = []

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append("connected")
        writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    yield Listener(server.sockets[0].getsockname()[1], connections)
    server.close()
    await server.wait_closed()


def hostile(victim: Path, port: int) -> dict[str, bytes]:
    """What players follow when nobody guards them."""
    address = f"http://127.0.0.1:{port}/canary.ts"
    playlist = f"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:10,\nfile://{victim}\n#EXT-X-ENDLIST\n".encode()
    remote = f"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{address}\n#EXT-X-ENDLIST\n".encode()
    dash = (
        "<MPD><Period><AdaptationSet><Representation><BaseURL>"
        f"{address}</BaseURL></Representation></AdaptationSet></Period></MPD>"
    )
    return {
        "playlist of a file": playlist,
        "playlist of an address": remote,
        "list of an absolute file": f"ffconcat version 1.0\nfile {victim}\n".encode(),
        "list of a relative file": f"ffconcat version 1.0\nfile {victim.name}\n".encode(),
        "list of an address": f"ffconcat version 1.0\nfile {address}\n".encode(),
        "dash": f'<?xml version="1.0"?>{dash}'.encode(),
        "session description": f"v=0\nc=IN IP4 127.0.0.1\nm=audio {port} RTP/AVP 0\n".encode(),
        "subtitle script": b"[Script Info]\n; " + str(victim).encode(),
        "playlist behind the head of sound": b"ID3" + playlist,
    }
