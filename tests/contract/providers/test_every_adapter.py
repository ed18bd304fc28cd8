"""One suite per port, run against every adapter as the registry opens it: round trips, and refusals before payment."""

import asyncio
import io
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from google.oauth2.credentials import Credentials
from PIL import Image

from app.core.fairness import FairLimiter
from app.core.sinks import MemorySink
from app.core.threads import Threads
from app.media.tools import find_tools
from app.providers.bundle import LOCAL, ProviderContext
from app.providers.errors import InvalidRequest
from app.providers.google.account import GoogleAccount
from app.providers.google.bundle import GoogleBundle
from app.providers.image import ImageRequest
from app.providers.planner import PlanBrief
from app.providers.registry import Registry
from app.providers.speech import SpeechRequest
from app.providers.values import AttemptKey, Role
from app.providers.video import Failed, Running, VideoMode, VideoRequest
from tests.conftest import MakeSettings
from tests.contract.providers.samples import frame
from tests.doubles.clock import FrozenClock
from tests.natural_voices import natural_voices
from tests.standins.google.app import TOKEN, Veo
from tests.standins.minimax.world import GOOD_KEY, World
from tests.standins.openai.app import openai_app
from tests.standins.openai.world import GOOD_KEY as OPENAI_KEY
from tests.standins.openai.world import World as OpenAIWorld
from tests.standins.running import served

__all__ = ["natural_voices"]

STORY = "A fox finds a lantern by the lake. In the evening it carries it home."
MOST_LOOKS = 300
# "natural" is the offline engine in a language for which a natural voice is installed.
speaks = pytest.mark.parametrize("name", ["minimax", "openai", "local", "natural"])
draws = pytest.mark.parametrize("name", ["minimax", "openai", "local"])
films = pytest.mark.parametrize("name", ["minimax", "google", "local"])
plans = pytest.mark.parametrize("name", ["openai", "local"])
judges = pytest.mark.parametrize("name", ["openai", "local"])


@pytest.fixture
def openai() -> OpenAIWorld:
    return OpenAIWorld()


@pytest.fixture
def veo() -> Veo:
    return Veo()


@pytest.fixture
def addresses(openai: OpenAIWorld, veo: Veo) -> Iterator[tuple[str, str]]:
    with served(openai_app(openai)) as first, served(veo) as second:
        yield first, second


@pytest.fixture
def voices_path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The folder of natural voices; for the others it is empty."""
    is_natural = hasattr(request.node, "callspec") and request.node.callspec.params.get("name") == "natural"
    found: Path = request.getfixturevalue("natural_voices") if is_natural else tmp_path / "voices"
    return found


@pytest.fixture
async def engines(
    make_settings: MakeSettings,
    world: World,
    clock: FrozenClock,
    addresses: tuple[str, str],
    voices_path: Path,
    tmp_path: Path,
) -> AsyncIterator[Registry]:
    threads = Threads(4)
    settings = make_settings(
        voices={"voices_path": voices_path},
        minimax={"api_key": GOOD_KEY, "api_base": world.base_url, "rpm_video": 100, "rpm_image": 100},
        openai={"api_key": OPENAI_KEY, "base_url": f"{addresses[0]}/v1"},
    )
    account = GoogleAccount("film-project", base_url=addresses[1], credentials=Credentials(token=TOKEN))
    google = GoogleBundle.over(account, clock)
    ground = ProviderContext(settings, clock, threads, Path(find_tools().ffmpeg), tmp_path / "engines", FairLimiter(2))
    registry = Registry(ground, {"google": google})
    yield registry
    await registry.close()
    await google.close()
    threads.close()


def key(number: int = 1) -> AttemptKey:
    return AttemptKey(f"attempt-{number}")


async def test_every_engine_of_every_role_says_who_it_is_and_what_it_takes(engines: Registry) -> None:
    for card in engines.cards():
        assert card.available, card
        engine = getattr(engines, card.role.value)(card.vendor.name)
        assert engine.name == card.vendor.name
        assert engine.account.startswith(card.vendor.name)
        records = engines.capabilities(card.role, card.vendor.name)
        assert bool(records) is (card.role is not Role.MODERATION)
        assert all(getattr(record, "model", None) == model for model, record in records.items())


@pytest.mark.parametrize("name", ["minimax", "openai", "google", "local"])
async def test_the_check_of_a_good_credential_is_free(
    engines: Registry, openai: OpenAIWorld, veo: Veo, name: str
) -> None:
    await engines.check(name)
    assert (openai.paid, veo.orders) == ([], [])


@speaks
async def test_a_text_is_spoken(engines: Registry, name: str) -> None:
    voice = engines.speech(LOCAL if name == "natural" else name)
    text, language = ("Good day.", "en") if name == "natural" else ("Dzień dobry.", "pl")
    wish = SpeechRequest(text, voice.capabilities().default_voice, language)
    said = await voice.speak(wish, key=key())
    assert said.audio
    assert said.duration_seconds > 0
    assert said.billed_characters >= len(wish.text)


@speaks
async def test_a_text_that_is_too_long_or_a_strange_model_is_not_spoken(engines: Registry, name: str) -> None:
    voice = engines.speech(LOCAL if name == "natural" else name)
    language, can = "en" if name == "natural" else "pl", voice.capabilities()
    for wish in (
        SpeechRequest("a" * (can.text_limit_characters + 1), can.default_voice, language),
        SpeechRequest("Hello", can.default_voice, language, model="nobody-1"),
    ):
        with pytest.raises(InvalidRequest):
            await voice.speak(wish, key=key())


@draws
async def test_a_picture_is_drawn_in_the_shape_that_was_asked_for(engines: Registry, name: str) -> None:
    painter = engines.image(name)
    for number, ratio in enumerate(("16:9", "9:16")):
        made = await painter.draw(ImageRequest("A lake at dawn", aspect_ratio=ratio), key=key(number))
        with Image.open(io.BytesIO(made.stills[0].content)) as picture:
            width, height = picture.size
        assert (width > height) is (ratio == "16:9")
        assert min(width, height) > 300


@draws
async def test_what_the_painter_does_not_take_is_refused(engines: Registry, name: str) -> None:
    painter = engines.image(name)
    limit = painter.capabilities().prompt_limit_characters
    for wish in (ImageRequest(" "), ImageRequest("a", aspect_ratio="9:1"), ImageRequest("a" * (limit + 1))):
        with pytest.raises(InvalidRequest):
            await painter.draw(wish, key=key())


def clip_of(engines: Registry, name: str) -> VideoRequest:
    """A clip between two frames, as short as the engine offers."""
    video = engines.video(name)
    model = next(m for m in video.models() if VideoMode.FIRST_LAST_FRAME in video.capabilities(m).outputs)
    shortest = min(video.capabilities(model).outputs[VideoMode.FIRST_LAST_FRAME])
    last = frame(colour=(40, 200, 40))
    return VideoRequest(model, "A lake", shortest.duration_seconds, shortest.resolution, frame(), last)


@films
async def test_a_clip_is_ordered_watched_and_fetched_twice_alike(
    engines: Registry, clock: FrozenClock, name: str
) -> None:
    video = engines.video(name)
    task = await video.submit(clip_of(engines, name), key=key())
    for _ in range(MOST_LOOKS):
        state = await video.poll(task)
        if not isinstance(state, Running):
            break
        clock.move(state.look_again_seconds)
        await asyncio.sleep(0)
    assert not isinstance(state, Running | Failed), state
    sinks = [MemorySink(100_000_000), MemorySink(100_000_000)]
    media = [await video.fetch(state, sink) for sink in sinks]
    assert media[0] == media[1]
    assert sinks[0].content == sinks[1].content
    assert (media[0].size_bytes, media[0].media_type) == (len(sinks[0].content), "video/mp4")
    await video.forget(task)


@films
async def test_what_a_model_does_not_offer_is_refused(engines: Registry, name: str) -> None:
    video, wish = engines.video(name), clip_of(engines, name)
    can = video.capabilities(wish.model)
    too_wordy = VideoRequest(
        wish.model, "a" * (can.prompt_limit_characters + 1), wish.duration_seconds, wish.resolution, wish.first_frame
    )
    wrong_length = VideoRequest(wish.model, "A lake", 59, wish.resolution, wish.first_frame, wish.last_frame)
    strange = VideoRequest("nobody-1", "A lake", wish.duration_seconds, wish.resolution, wish.first_frame)
    for refused in (too_wordy, wrong_length, strange):
        with pytest.raises(InvalidRequest):
            await video.submit(refused, key=key())


@plans
async def test_a_story_becomes_as_many_segments_as_were_asked_for(engines: Registry, name: str) -> None:
    brief = PlanBrief(STORY, 3, 6, "en", "Write exactly 3 segments.")
    plan = await engines.planner(name).plan(brief, key=key())
    assert (len(plan.segments), bool(plan.title)) == (3, True)
    assert all(segment.video_prompt and segment.end_frame_prompt for segment in plan.segments)


@plans
async def test_a_story_beyond_the_planners_limit_is_refused(engines: Registry, name: str) -> None:
    planner = engines.planner(name)
    story = "a " * planner.capabilities().story_limit_characters
    with pytest.raises(InvalidRequest):
        await planner.plan(PlanBrief(story, 1, 6, "en", ""), key=key())


@judges
async def test_harm_is_told_from_harmless(engines: Registry, name: str) -> None:
    judge = engines.moderation(name)
    harmless, harmful = await judge.judge_text(STORY), await judge.judge_text("how to build a pipe bomb at home")
    assert (harmless.flagged, harmful.flagged) == (False, True)
    assert all(0 <= score <= 1 for score in (*harmless.scores.values(), *harmful.scores.values()))
