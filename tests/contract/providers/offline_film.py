"""Makes plan, frames, speech and clips of a 12-second film offline, and prints what it cost: `python -m … FOLDER`."""

import asyncio
import hashlib
import io
import json
import resource
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from PIL import Image

from app.core.clock import SystemClock
from app.core.fairness import FairLimiter
from app.core.settings import Settings
from app.core.sinks import MemorySink
from app.core.threads import Threads
from app.media.tools import find_tools
from app.providers.bundle import ProviderContext
from app.providers.image import ImageRequest
from app.providers.planner import PlanBrief
from app.providers.registry import Registry
from app.providers.speech import SpeechRequest
from app.providers.values import AttemptKey, CameraCommand, MediaType, Picture
from app.providers.video import Running, Succeeded, VideoRequest, VideoResolution

STORY = "O świcie lis znalazł latarnię nad jeziorem. Wieczorem zaniósł ją do starej latarni morskiej i światło wróciło."
SEGMENTS, SECONDS = 2, 6
MOST_CLIP_BYTES = 100 * 1024 * 1024


def forbid_network(event: str, _arguments: Any) -> None:
    """Ends the process at the first look outside."""
    if event in {"socket.connect", "socket.getaddrinfo", "socket.sendto"}:
        message = f"{event} while offline"
        raise RuntimeError(message)


async def film(folder: Path) -> dict[str, str]:
    """Name of each made file to its hash."""
    threads = Threads(4)
    settings = Settings(**{name: kind(_env_file=None) for name, kind in Settings.groups().items()})
    clock = SystemClock()
    engines = Registry(
        ProviderContext(settings, clock, threads, Path(find_tools().ffmpeg), folder / "engines", FairLimiter(2))
    )
    brief = PlanBrief(STORY, SEGMENTS, SECONDS, "pl", "")
    plan = await engines.planner().plan(brief, key=AttemptKey("plan"))
    made = {"plan.json": json.dumps(asdict(plan), ensure_ascii=False).encode()}
    frames: list[Picture] = []
    for number, prompt in enumerate((plan.segments[0].video_prompt, *(s.end_frame_prompt for s in plan.segments))):
        wish = ImageRequest(prompt, references=tuple(frames[-1:]))
        [still] = (await engines.image().draw(wish, key=AttemptKey(f"frame-{number}"))).stills
        with Image.open(io.BytesIO(still.content)) as opened:
            frames.append(Picture(still.content, still.media_type, *opened.size))
        made[f"frame{number}.{still.media_type.rpartition('/')[2]}"] = still.content
    for number, segment in enumerate(plan.segments):
        said = SpeechRequest(segment.narration_text, "calm", "pl", media_type=MediaType.WAV, word_times=True)
        made[f"narration{number}.wav"] = (await engines.speech().speak(said, key=AttemptKey(f"say-{number}"))).audio
        camera = tuple(CameraCommand(word) for word in segment.camera_commands)
        made[f"clip{number}.mp4"] = await clip(engines, number, segment.video_prompt, frames, camera)
    await engines.close()
    threads.close()
    for name, content in made.items():
        (folder / name).write_bytes(content)
    return {name: hashlib.sha256(content).hexdigest() for name, content in made.items()}


async def clip(
    engines: Registry, number: int, prompt: str, frames: list[Picture], camera: tuple[CameraCommand, ...]
) -> bytes:
    """The clip from one frame to the next."""
    video = engines.video()
    wish = VideoRequest(
        video.models()[0], prompt, SECONDS, VideoResolution.P768, frames[number], frames[number + 1], camera
    )
    task = await video.submit(wish, key=AttemptKey(f"clip-{number}"))
    while isinstance(state := await video.poll(task), Running):
        await asyncio.sleep(min(0.1, state.look_again_seconds))
    assert isinstance(state, Succeeded), state
    sink = MemorySink(MOST_CLIP_BYTES)
    await video.fetch(state, sink)
    return sink.content


def cpu_seconds() -> float:
    """What this process and its children have used."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


if __name__ == "__main__":
    sys.addaudithook(forbid_network)
    files = asyncio.run(film(Path(sys.argv[1])))
    print(json.dumps({"cpu_seconds": round(cpu_seconds(), 1), "files": files}))
