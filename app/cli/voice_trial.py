"""Lets a voice that was just installed speak, which shows that it can, and how quickly it reads."""

import asyncio

from app.cli.exits import Exit, Stopped
from app.core.clock import SystemClock
from app.core.settings import Settings
from app.core.threads import Threads
from app.media.tools import find_tools
from app.narration.domain import INTRODUCTIONS
from app.projects.options import Language
from app.providers.bundle import LOCAL
from app.providers.errors import ProviderError
from app.providers.speech import SpeechRequest
from app.providers.values import AttemptKey
from app.providers.voices.installed import InstalledVoice, VoiceFolder
from app.resources import engines_of

SLOWEST, QUICKEST = 0.75, 1.15


def try_out(settings: Settings, folder: VoiceFolder, voice: InstalledVoice) -> None:
    """Gives the voice the pace of the narrator whom it replaces; one that cannot speak is removed."""
    asyncio.run(_try_out(settings, folder, voice))


async def _try_out(settings: Settings, folder: VoiceFolder, voice: InstalledVoice) -> None:
    threads, tools = Threads(2), find_tools(settings.media.ffmpeg_path, settings.media.ffprobe_path)
    engines = engines_of(settings, SystemClock(), threads, tools)
    speech = engines.speech(LOCAL)
    text = INTRODUCTIONS[Language(voice.language)]
    try:
        seconds = [
            (await speech.speak(SpeechRequest(text, name, voice.language), key=AttemptKey(name))).duration_seconds
            for name in (voice.id, f"{voice.language}-{speech.capabilities().default_voice}")
        ]
    except ProviderError as fault:
        folder.remove(voice)
        text = f"{voice.id} cannot speak here, so it was removed: {fault.text} ({fault.provider_code or fault.hint})"
        raise Stopped(text, Exit.JOB_FAILED) from fault
    finally:
        await engines.close()
        threads.close()
    pace = min(max(seconds[0] / seconds[1], SLOWEST), QUICKEST)
    folder.keep(voice.model_copy(update={"pace": round(pace, 2)}))
