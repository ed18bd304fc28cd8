"""Pace, rests and melody: texts are refused by the pace of real voices, and every language is spoken as people do."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from app.core.clock import SystemClock
from app.core.fairness import FairLimiter
from app.core.threads import Threads
from app.media.tools import find_tools
from app.narration.domain import INTRODUCTIONS, QUICKEST, expected_seconds
from app.projects.options import Language
from app.providers.local.speech import LocalSpeech
from app.providers.local.voices import STYLES
from app.providers.speech import Speech, SpeechRequest, WordTime
from app.providers.values import AttemptKey
from tests.contract.providers.sounds import melody_of, samples_of, wish
from tests.contract.providers.test_offline_narration import STORIES

VOWELS = "aeiouyąęóáéíúàèìòùäöüâêîôûãõœæ"
SLOWEST_SYLLABLES, QUICKEST_SYLLABLES = 4.0, 5.9
# Between the tenths of the lowest and the highest sounds; Polish is as lively as the engine can be.
LEAST_SEMITONES = 4.5


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


async def said(speech: LocalSpeech, text: str, language: str) -> Speech:
    return await speech.speak(wish(text, language), key=AttemptKey("manner"))


def rests_after(words: tuple[WordTime, ...], signs: str) -> list[float]:
    return [after.start_seconds - word.end_seconds for word, after in pairwise(words) if word.word[-1] in signs]


@pytest.mark.parametrize("language", sorted(STORIES))
async def test_every_language_is_told_at_a_natural_pace_with_a_melody_and_rests(
    speech: LocalSpeech, language: str
) -> None:
    text = STORIES[language]
    spoken = await said(speech, text, language)
    syllables = (
        sum(letter in VOWELS and before not in VOWELS for before, letter in pairwise(" " + text.lower()))
        / spoken.duration_seconds
    )
    melody = melody_of(samples_of(spoken.audio))
    semitones = 12 * np.log2(np.percentile(melody, 90) / np.percentile(melody, 10))
    commas, sentences = rests_after(spoken.words, ","), rests_after(spoken.words, ".?!")
    print(f"{language}: {syllables:.2f} syllables/s, {semitones:.1f} semitones, rests {commas} and {sentences}")
    assert SLOWEST_SYLLABLES <= syllables <= QUICKEST_SYLLABLES
    assert semitones >= LEAST_SEMITONES
    assert all(0.15 <= rest <= 0.3 for rest in commas)
    assert all(0.35 <= rest <= 0.6 for rest in sentences)


async def test_a_question_ends_higher_than_a_statement(speech: LocalSpeech) -> None:
    asked, told = [
        melody_of(samples_of((await said(speech, f"You are going to the house today{sign}", "en")).audio))[-8:]
        for sign in "?."
    ]
    assert np.median(asked) > 1.1 * np.median(told)


async def test_direct_speech_is_livelier_than_what_is_told_about_it(speech: LocalSpeech) -> None:
    quoted = melody_of(samples_of((await said(speech, "“Nobody lives here now.”", "en")).audio))
    told = melody_of(samples_of((await said(speech, "Nobody lives here now.", "en")).audio))
    assert np.median(quoted) > 1.02 * np.median(told)


async def test_words_after_direct_speech_are_heard_when_they_are_said_to_be(speech: LocalSpeech) -> None:
    spoken = await said(speech, "«Te oigo», dijo. „Kto tam jest?” Nikt nie przyszedł. “I am here,” it said.", "pl")
    samples = samples_of(spoken.audio)
    for word in spoken.words:
        begin = round(word.start_seconds * 44_100)
        assert np.abs(samples[begin : begin + 4410]).max() > 0.03, word
