"""Veo on Vertex against its stand-in over real HTTP: orders, looks, clips and every error."""

from collections.abc import AsyncIterator, Iterator

import pytest
from google.oauth2.credentials import Credentials

from app.core.sinks import MemorySink
from app.providers import errors
from app.providers.google.account import GoogleAccount
from app.providers.google.bundle import GoogleBundle
from app.providers.google.errors import STATUSES, TASK_CODES
from app.providers.values import AttemptKey, CameraCommand, MediaType, Picture
from app.providers.video import CannotTell, Failed, Running, Succeeded, VideoRequest, VideoResolution
from tests.contract.providers.samples import frame
from tests.doubles.clock import FrozenClock
from tests.standins.google.app import TOKEN, Veo
from tests.standins.running import served

KEY = AttemptKey("attempt-1")
MODEL = "veo-3.1-generate-001"


@pytest.fixture
def veo() -> Veo:
    return Veo()


@pytest.fixture
def address(veo: Veo) -> Iterator[str]:
    with served(veo) as at:
        yield at


@pytest.fixture
async def kit(address: str) -> AsyncIterator[GoogleBundle]:
    account = GoogleAccount("film-project", base_url=address, credentials=Credentials(token=TOKEN), poll_seconds=1)
    made = GoogleBundle.over(account, FrozenClock())
    yield made
    await made.close()


def request(seconds: int = 6, **changes: object) -> VideoRequest:
    wish = {"first_frame": frame(), "last_frame": frame(colour=(40, 200, 40)), **changes}
    return VideoRequest(MODEL, "A lake at dawn", seconds, VideoResolution.P720, **wish)


async def ended(kit: GoogleBundle, **changes: object) -> Succeeded | Failed:
    task = await kit.video.submit(request(**changes), key=KEY)
    for _ in range(10):
        state = await kit.video.poll(task)
        if not isinstance(state, Running):
            return state
    raise AssertionError(state)


async def test_a_clip_between_two_frames_is_ordered_watched_and_fetched(kit: GoogleBundle, veo: Veo) -> None:
    state = await ended(kit)
    assert isinstance(state, Succeeded)
    sink = MemorySink(1000)
    media = await kit.video.fetch(state, sink)
    assert (sink.content, media.size_bytes, media.media_type) == (veo.clip, len(veo.clip), "video/mp4")
    [order] = veo.orders
    assert set(order["instances"][0]) == {"prompt", "image", "lastFrame"}
    assert order["parameters"]["durationSeconds"] == 6
    assert order["parameters"]["generateAudio"] is False


@pytest.mark.parametrize("status", STATUSES)
async def test_an_answered_refusal_is_the_error_of_its_row(kit: GoogleBundle, veo: Veo, status: int) -> None:
    veo.refuse_with = status
    with pytest.raises(STATUSES[status]) as refused:
        await kit.video.submit(request(), key=KEY)
    assert "secret words" not in f"{refused.value} {refused.value.hint}"
    assert refused.value.provider_code == str(status)


@pytest.mark.parametrize("status", [500, 503])
async def test_a_broken_server_may_have_taken_the_order(kit: GoogleBundle, veo: Veo, status: int) -> None:
    veo.refuse_with = status
    with pytest.raises(errors.OutcomeUnknown):
        await kit.video.submit(request(), key=KEY)


async def test_a_swallowed_answer_is_unknown_and_sent_once(kit: GoogleBundle, veo: Veo) -> None:
    veo.swallow = True
    with pytest.raises(errors.OutcomeUnknown):
        await kit.video.submit(request(), key=KEY)
    assert len(veo.orders) == 1
    found = await kit.video.find(KEY, since=FrozenClock().now(), request=request(), known=())
    assert isinstance(found, CannotTell)


async def test_a_vendor_that_cannot_be_reached_has_surely_taken_nothing() -> None:
    account = GoogleAccount("film-project", base_url="http://127.0.0.1:9", credentials=Credentials(token=TOKEN))
    kit = GoogleBundle.over(account, FrozenClock())
    with pytest.raises(errors.Unreachable):
        await kit.video.submit(request(), key=KEY)
    await kit.close()


@pytest.mark.parametrize("code", TASK_CODES)
async def test_a_task_that_fails_says_why(kit: GoogleBundle, veo: Veo, code: int) -> None:
    veo.outcome = {"error": {"code": code, "message": "secret words of the vendor"}}
    state = await ended(kit)
    assert isinstance(state, Failed)
    assert type(state.error) is TASK_CODES[code]


async def test_a_held_back_clip_is_blocked(kit: GoogleBundle, veo: Veo) -> None:
    veo.outcome = {"response": {"raiMediaFilteredCount": 1, "raiMediaFilteredReasons": ["secret"]}}
    state = await ended(kit)
    assert isinstance(state, Failed)
    assert isinstance(state.error, errors.ContentBlocked)


async def test_done_without_a_clip_or_an_error_is_no_success(kit: GoogleBundle, veo: Veo) -> None:
    veo.outcome = {"response": {}}
    state = await ended(kit)
    assert isinstance(state, Failed)
    assert isinstance(state.error, errors.UnexpectedReply)


async def test_a_task_that_the_vendor_does_not_know_is_lost(kit: GoogleBundle, veo: Veo) -> None:
    task = await kit.video.submit(request(), key=KEY)
    veo.looks.clear()
    state = await kit.video.poll(task)
    assert isinstance(state, Failed)
    assert isinstance(state.error, errors.TaskLost)


async def test_what_the_model_does_not_take_is_refused_before_payment(kit: GoogleBundle, veo: Veo) -> None:
    too_long = request(10)
    small = Picture(b"x", MediaType.WEBP, 640, 360)
    for wrong in (too_long, request(first_frame=small), request(camera=(CameraCommand.PAN_LEFT,))):
        with pytest.raises(errors.InvalidRequest):
            await kit.video.submit(wrong, key=KEY)
    assert veo.orders == []


async def test_the_check_costs_nothing_and_names_a_wrong_account(kit: GoogleBundle, veo: Veo) -> None:
    await kit.check()
    veo.refuse_reads_with = 403
    with pytest.raises(errors.AccountProblem) as refused:
        await kit.check()
    assert refused.value.hint is not None
    assert "GOOGLE_CLOUD_PROJECT" in refused.value.hint
    assert veo.orders == []
