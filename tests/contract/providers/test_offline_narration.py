"""What the offline planner writes, the offline voice says in time, in every language and with long words too."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.clock import SystemClock
from app.core.fairness import FairLimiter
from app.core.threads import Threads
from app.media.tools import find_tools
from app.narration.domain import fit
from app.providers.local.planner import LocalPlanner
from app.providers.local.speech import LocalSpeech
from app.providers.planner import PlanBrief
from app.providers.speech import LETTERS_PER_SECOND, SpeechRequest
from app.providers.values import AttemptKey, MediaType

KEY = AttemptKey("narration")
SECONDS, SEGMENTS = 6, 4
STORIES = {
    "pl": (
        "Najodważniejszy podróżnik przemierzał niezamieszkane, ośnieżone wzgórza w poszukiwaniu zaginionej karawany. "
        "Przedwczorajsze nieporozumienie doprowadziło niespodziewanie do wielomiesięcznego zatrzymania wyprawy. "
        "Żółw Gęgorek wychodzi o świcie na łąkę i szuka zgubionej latarni. Źrebię pomaga mu ją odnaleźć."
    ),
    "en": (
        "The extraordinary lighthouse illuminated the mysterious, uninhabited archipelago throughout the thunderstorm. "
        "Unfortunately, international negotiations regarding the environment deteriorated considerably yesterday."
    ),
    "de": (
        "Der Leuchtturmwärter beobachtete aufmerksam die herannahenden Gewitterwolken über der Meeresoberfläche. "
        "Die Geschwindigkeitsbegrenzung verursachte unterschiedliche Meinungsverschiedenheiten."
    ),
    "fr": (
        "Le mystérieux gardien contemplait silencieusement les majestueuses montagnes enneigées. "
        "Malheureusement, les négociations internationales se détériorèrent considérablement."
    ),
    "es": (
        "El misterioso guardián contemplaba silenciosamente las majestuosas montañas deshabitadas. "
        "Desafortunadamente, las negociaciones internacionales empeoraron considerablemente durante septiembre."
    ),
    "it": (
        "Il misterioso guardiano contemplava silenziosamente le maestose montagne disabitate. "
        "Sfortunatamente, le negoziazioni internazionali peggiorarono considerevolmente durante settembre."
    ),
    "pt": (
        "O misterioso guardião contemplava silenciosamente as majestosas montanhas desabitadas. "
        "Infelizmente, as negociações internacionais deterioraram-se consideravelmente durante setembro."
    ),
}


@pytest.fixture
def threads() -> Iterator[Threads]:
    pool = Threads(2)
    yield pool
    pool.close()


@pytest.fixture
def speech(threads: Threads) -> LocalSpeech:
    return LocalSpeech(Path(find_tools().ffmpeg), threads, SystemClock(), FairLimiter(2))


async def seconds_of(speech: LocalSpeech, text: str, language: str) -> float:
    request = SpeechRequest(text, "", language, media_type=MediaType.WAV)
    return (await speech.speak(request, key=KEY)).duration_seconds


@pytest.mark.parametrize("language", sorted(STORIES))
async def test_no_narration_of_an_offline_plan_is_hastened_beyond_the_limit_or_needs_its_owner(
    speech: LocalSpeech, threads: Threads, language: str
) -> None:
    brief = PlanBrief(STORIES[language], SEGMENTS, SECONDS, language, "")
    plan = await LocalPlanner(threads).plan(brief, key=KEY)
    for segment in plan.segments:
        spoken = await seconds_of(speech, segment.narration_text, language)
        fitting = fit(spoken, SECONDS, word_count=len(segment.narration_text.split()), may_stretch=False)
        assert fitting.fits, segment.narration_text
        assert fitting.segment_seconds == SECONDS


@pytest.mark.parametrize("language", sorted(STORIES))
async def test_the_voice_reads_as_fast_as_it_is_said_to(speech: LocalSpeech, language: str) -> None:
    """A plan that is checked by the pace on record is not refused for nothing, and never needs more than 1.15."""
    text = STORIES[language]
    rate = len(text) / await seconds_of(speech, text, language)
    assert 1 / 1.1 <= rate / LETTERS_PER_SECOND[language] <= 1.25
    assert speech.capabilities().letters_per_second[language] == LETTERS_PER_SECOND[language]
