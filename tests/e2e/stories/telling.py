"""Stories, and how people have them made into films."""

import tomllib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.planning.domain import fitting_length
from app.projects.options import Language
from tests.e2e.conftest import Json, Person

STORIES = Path(__file__).with_name("stories.toml")
LONGEST_SECONDS = 600
# A film of five minutes on a machine that does something else as well.
WORK_SECONDS = 900.0


@dataclass(frozen=True)
class Story:
    """A story with its language, and what a viewer must see."""

    name: str
    language: str
    subjects: Sequence[str]
    text: str


def stories(names: Collection[str] = ()) -> list[Story]:
    """All stories, or those of these names."""
    told = tomllib.loads(STORIES.read_text(encoding="utf-8"))
    return [Story(name, **facts) for name, facts in told.items() if not names or name in names]


async def filmed(story: Story, person: Person) -> Json:
    """The project at its end: as long as its story, in the language of the story, without a question."""
    wish = {
        "name": story.name,
        "story_prompt": story.text,
        "language": "auto",
        "target_duration_sec": fitting_length(story.text, Language(story.language)),
    }
    project = await person.post("/projects", wish)
    job = await person.post(f"/projects/{project['id']}/produce", {"auto_approve": True})
    await person.done(job["id"], within_seconds=WORK_SECONDS)
    found: Json = await person.get(f"/projects/{project['id']}")
    return found
