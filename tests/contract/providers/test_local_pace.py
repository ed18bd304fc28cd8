"""The pace by which texts are refused before they are paid for is the pace of real voices."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.clock import SystemClock
from app.core.fairness import FairLimiter
from app.core.threads import Threads
from app.media.tools import find_tools
from app.narration.introductions import INTRODUCTIONS
from app.narration.pace import QUICKEST, expected_seconds
from app.projects.options import Language
from app.providers.local.speech import LocalSpeech
from app.providers.local.timbre import STYLES
from app.providers.speech import SpeechRequest
from app.providers.values import AttemptKey


@pytest.fixture
def speech() -> Iterator[LocalSpeech]:
    threads = Threads(2)
    yield LocalSpeech(Path(find_tools().ffmpeg), threads, SystemClock(), FairLimiter(2))
    threads.close()


async def spoken_seconds(speech: LocalSpeech, language: Language, voice_id: str = "") -> float:
    request = SpeechRequest(INTRODUCTIONS[language], voice_id, language.value)
    return (await speech.speak(request, key=AttemptKey("pace"))).duration_seconds


@pytest.mark.parametrize("language", Language)
async def test_a_calm_voice_needs_about_the_expected_time(speech: LocalSpeech, language: Language) -> None:
    expected = expected_seconds(INTRODUCTIONS[language], language)
    assert await spoken_seconds(speech, language) == pytest.approx(expected, rel=0.2)


@pytest.mark.parametrize("style", STYLES)
async def test_no_voice_is_quicker_than_the_quickest(speech: LocalSpeech, style: str) -> None:
    for language in (Language.PL, Language.FR):
        least = expected_seconds(INTRODUCTIONS[language], language) / QUICKEST
        assert await spoken_seconds(speech, language, f"{language.value}-{style}") > least
