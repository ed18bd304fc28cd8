"""A sheet or a waveform that is no picture does not pass for one."""

from pathlib import Path

import pytest

from app.core.threads import Threads
from app.media.errors import ToolFailed
from app.media.frames import ContactSheets
from tests.doubles.broken_tools import BrokenTools
from tests.integration.media import reels


async def test_junk_is_no_sheet_and_no_waveform(tmp_path: Path) -> None:
    tools = BrokenTools.found()
    clip = await reels.clip(tools, tmp_path / "clip.mp4")
    sound = await reels.sound(tools, tmp_path / "sound.m4a", "sine=d=1")
    sheets = ContactSheets(tools, Threads(1))
    sheet, wave = tmp_path / "sheet.jpg", tmp_path / "wave.png"
    await sheets.draw(clip, [0.0], sheet)
    await sheets.draw_wave(sound, wave)
    for picture in (sheet, wave):
        tools.spoil(picture.name, "garbage")
    with pytest.raises(ToolFailed):
        await sheets.draw(clip, [0.0], sheet)
    with pytest.raises(ToolFailed):
        await sheets.draw_wave(sound, wave)
