"""A service that is killed for good takes its tools with it, whatever they were rendering."""

import asyncio
import signal
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from app.assembly.captions import BurnStyle, Screen, ass
from app.media.timeline import Caption
from app.media.tools import find_tools
from tests import factories
from tests.doubles.shared_clock import set_ahead
from tests.faults.films.boots import BootOrder, booted
from tests.faults.films.owner import Owner
from tests.faults.orphans import at_work, burned_film, rendering, slideshow, survivors
from tests.integration.media import reels

pytestmark = pytest.mark.timeout(170)

# What only the encoder of moving stills, of burned captions and of slideshows is told.
MOTION, CUT, SLIDESHOW = "rawvideo", "subtitles=", "slideshow-"
WISH = {
    "name": "Film",
    "story_prompt": "A fox walks into the forest at dawn.",
    "target_duration_sec": 6,
    "language": "en",
}


async def killed(process: BaseProcess) -> None:
    process.kill()
    await asyncio.to_thread(process.join)
    assert process.exitcode == -signal.SIGKILL


async def test_a_killed_service_leaves_no_renderer_of_clips_behind(tmp_path: Path) -> None:
    set_ahead(tmp_path / "clock", 0.0)
    order = BootOrder(
        {
            "database": {"database_url": f"sqlite+aiosqlite:///{tmp_path}/film.db"},
            "storage": {"storage_path": tmp_path / "storage", "storage_reserve_mb": 0},
            "work": {"embedded_worker": True},
        },
        tmp_path / "clock",
    )
    async with booted(order) as boot:
        owner = await Owner(boot.http).signed_in()
        await owner.produce(await owner.post("/projects", WISH))
        children = await rendering(boot.process, MOTION)
        await boot.kill()
        assert await survivors(children) == []


async def test_a_killed_process_leaves_nobody_who_encodes_a_film(tmp_path: Path) -> None:
    moving = ("-f", "lavfi", "-i", "testsrc2=s=1280x720:r=24:d=2", "-c:v", "libx264", "-preset", "ultrafast")
    once, clip = tmp_path / "once.mp4", tmp_path / "clip.mp4"
    await reels.ran(find_tools(), *moving, "-pix_fmt", "yuv420p", str(once))
    await reels.ran(find_tools(), "-stream_loop", "29", "-i", str(once), "-c", "copy", str(clip))
    script = ass([Caption(0, 60, "A fox walks.")], Screen(1280, 720), BurnStyle.PLAIN)
    async with at_work(burned_film, clip, script, tmp_path / "film.mp4") as process:
        children = await rendering(process, CUT)
        await killed(process)
        assert await survivors(children) == []


async def test_a_killed_process_leaves_nobody_who_draws_or_encodes_a_slideshow(tmp_path: Path) -> None:
    pictures = []
    for number in range(2):
        pictures.append(tmp_path / f"{number}.png")
        pictures[-1].write_bytes(factories.picture(1280, 720))
    async with at_work(slideshow, tuple(pictures), tmp_path / "show.mp4") as process:
        children = await rendering(process, SLIDESHOW)
        assert len(children) >= 2
        await killed(process)
        assert await survivors(children) == []
