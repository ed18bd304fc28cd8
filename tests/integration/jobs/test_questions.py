"""What a job asks and is told when owner and run speak at the same moment."""

import asyncio

import pytest

from app.jobs.domain import JobView, Question
from app.jobs.errors import NothingAsked
from app.jobs.handlers import JobReporter
from app.jobs.repository import EventRepository, JobRepository
from app.jobs.settlement import JobControl, JobRuntime
from app.resources import Resources
from app.usage.ledger import LedgerBudget
from tests import factories

PLAN = Question("plan", "Shall it be so?", ("yes", "no"))
CLIPS = Question("clips", "And the clips?", ("yes",))


class Talk:
    """A run that asks, and its owner."""

    def __init__(self, resources: Resources, job: JobView) -> None:
        self.resources = resources
        self.job = job
        self.reporter = JobReporter(resources, job)

    async def asked(self) -> str | None:
        """The topic of the question that stands."""
        async with self.resources.database.reading() as session:
            job = await JobRepository(session, self.resources.clock).view(self.job.id)
        assert job is not None
        return None if job.question is None else job.question.topic

    async def answer(self, choice: str) -> None:
        async with self.resources.database.unit_of_work() as session:
            await JobControl.over(session, self.resources).answer(self.job, choice)

    async def events(self) -> list[str]:
        async with self.resources.database.reading() as session:
            told = await EventRepository(session, self.resources.clock).of_job(self.job.id, after=0, limit=100)
        return [event.name for event in told]


@pytest.fixture
async def talk(resources: Resources) -> Talk:
    resources.provide(JobRuntime(resources, [], LedgerBudget(resources)))
    return Talk(resources, await factories.job(resources, await factories.user(resources)))


async def test_an_answer_between_the_runs_look_and_its_question_counts(talk: Talk) -> None:
    await talk.reporter.ask_again(PLAN)
    assert await talk.reporter.answer(PLAN.topic) is None
    await talk.answer("yes")
    await talk.reporter.ask_again(PLAN)
    assert await talk.asked() is None
    assert await talk.reporter.answer(PLAN.topic) == "yes"


async def test_a_question_is_put_once_while_it_stands_and_anew_when_its_answer_is_taken_up(talk: Talk) -> None:
    await talk.reporter.ask_again(PLAN)
    await talk.reporter.ask_again(PLAN)
    await talk.reporter.ask_again(CLIPS)
    assert (await talk.events()).count("job.awaiting_input") == 1
    await talk.answer("no")
    await talk.reporter.consume_answer(PLAN.topic)
    assert await talk.reporter.answer(PLAN.topic) is None
    await talk.reporter.ask_again(PLAN)
    assert await talk.asked() == PLAN.topic
    assert (await talk.events()).count("job.awaiting_input") == 2


async def test_what_is_settled_takes_back_its_own_question_only(talk: Talk) -> None:
    await talk.reporter.ask_again(PLAN)
    await talk.answer("yes")
    await talk.reporter.ask_again(CLIPS)
    await talk.reporter.consume_answer(PLAN.topic)
    assert await talk.asked() == CLIPS.topic
    await talk.reporter.consume_answer(CLIPS.topic)
    assert await talk.asked() is None


async def test_of_two_answers_at_once_one_counts(talk: Talk) -> None:
    await talk.reporter.ask_again(PLAN)
    said = await asyncio.gather(talk.answer("yes"), talk.answer("no"), return_exceptions=True)
    assert [type(word) for word in said if word is not None] == [NothingAsked]
    assert (await talk.events()).count("job.answered") == 1
    assert await talk.reporter.answer(PLAN.topic) == ("yes" if said[0] is None else "no")
