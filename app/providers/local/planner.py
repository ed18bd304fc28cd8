"""PlannerProvider by rules: beats, shots, light, camera and narration in seven languages; the brief alone decides."""

import hashlib
import math
import re
from typing import Final

from typing_extensions import override

from app.core.threads import Threads
from app.providers.errors import InvalidRequest
from app.providers.local.plot.narration import layout_of
from app.providers.local.plot.pictures import Painting, SceneContents, cast_of, light_of, looks_of, shots_of
from app.providers.local.plot.wording import LANGUAGES, Phrases, language_of, phrases_of, title_of, words_of
from app.providers.planner import PlanBrief, PlannedSegment, PlannerCapabilities, PlannerProvider, StoryPlan
from app.providers.speech import LETTERS_PER_SECOND, letters_of
from app.providers.values import AttemptKey

NAME: Final = "local"
MODEL: Final = "local-rules-1"
STORY_LIMIT_CHARACTERS: Final = 20_000
MOST_SEGMENTS: Final = 200
SHARE_AFTER_COMPLAINT: Final = 0.7
SHARE_OF_A_LIMIT: Final = 0.9
TOO_LONG: Final = re.compile(r"Segment (\d+):[^\n]*?only (\d+) can be spoken")
OTHER_LANGUAGE: Final = re.compile(r"narration is written in")


class LocalPlanner(PlannerProvider):
    """Plans on this machine at no cost; the story is material and can be nothing else."""

    name = NAME
    account = NAME

    def __init__(self, threads: Threads) -> None:
        self._threads = threads

    @override
    def capabilities(self) -> PlannerCapabilities:
        """What this planner takes."""
        return PlannerCapabilities(
            model=MODEL,
            story_limit_characters=STORY_LIMIT_CHARACTERS,
            most_segments=MOST_SEGMENTS,
            languages=frozenset(LANGUAGES),
            deadline_seconds=10.0,
            notes=("Offline: plans by rules, not by a language model.", "Does not translate the story."),
        )

    @override
    async def plan(self, brief: PlanBrief, *, key: AttemptKey) -> StoryPlan:
        """The plan of a brief; decided by the brief alone."""
        _check(brief)
        return await self._threads.run(_written, brief)

    @override
    async def close(self) -> None:
        """Nothing is open."""


def _check(brief: PlanBrief) -> None:
    if brief.language not in LANGUAGES:
        raise InvalidRequest(provider=NAME, hint=f"write in one of: {', '.join(LANGUAGES)}")
    if not 1 <= brief.segment_count <= MOST_SEGMENTS or brief.segment_seconds < 1:
        raise InvalidRequest(provider=NAME, hint=f"ask for 1 to {MOST_SEGMENTS} segments of at least 1 second")
    if len(brief.story) > STORY_LIMIT_CHARACTERS:
        raise InvalidRequest(provider=NAME, hint=f"use a story of at most {STORY_LIMIT_CHARACTERS} characters")


def _written(brief: PlanBrief) -> StoryPlan:
    phrases = phrases_of(brief.language)
    told_in = phrases_of(language_of(brief.story, brief.language))
    is_foreign = told_in is not phrases or _was_foreign(brief)
    layout = layout_of(brief.story, _rooms(brief), told_in)
    seed = int.from_bytes(hashlib.sha256(brief.story.encode(errors="replace")).digest()[:4], "big")
    looks = looks_of(brief.story, [beat.words for beat in layout.beats], told_in, seed)
    shots = shots_of(layout.beats, looks, phrases, seed)
    segments = []
    for index, (beat, look, shot) in enumerate(zip(layout.beats, looks, shots, strict=True)):
        painting = Painting(beat, look, shot, index, brief.segment_count)
        segments.append(
            PlannedSegment(
                video_prompt=painting.prompt(phrases, brief.style),
                narration_text=_foreign(index, phrases) if is_foreign else beat.narration,
                end_frame_prompt=painting.still(phrases),
                camera_commands=tuple(command.value for command in shot.commands),
            )
        )
    notes = [_notes(brief.story, looks[0], told_in, phrases)]
    if is_foreign:
        notes.append(phrases.foreign_note)
    elif layout.left_out:
        notes.append(phrases.left_out.format(sentence=layout.left_out))
    return StoryPlan(
        title=title_of(brief.story, told_in, phrases.untitled),
        segments=tuple(segments),
        continuity_notes=" ".join(notes),
    )


def _foreign(index: int, phrases: Phrases) -> str:
    """What is said of a story that would have to be translated: only that, and where the film has come to."""
    return phrases.scene.format(number=index + 1) if index else phrases.foreign_said


def _rooms(brief: PlanBrief) -> list[float]:
    """How many letters each segment can say; what a complaint calls too long gets the room that the complaint names."""
    complaint = brief.repair.complaint if brief.repair else ""
    named = {int(index): int(most) for index, most in TOO_LONG.findall(complaint)}
    is_vague = not named and "narration" in complaint and not OTHER_LANGUAGE.search(complaint)
    pace = brief.letters_per_second or LETTERS_PER_SECOND[brief.language]
    usual = brief.segment_seconds * pace * (SHARE_AFTER_COMPLAINT if is_vague else 1.0)
    return [min(usual, _room_named(brief, named.get(index), index)) for index in range(brief.segment_count)]


def _room_named(brief: PlanBrief, most_words: int | None, index: int) -> float:
    if most_words is None or brief.repair is None or index >= len(brief.repair.rejected.segments):
        return math.inf
    too_long = brief.repair.rejected.segments[index].narration_text
    return SHARE_OF_A_LIMIT * letters_of(too_long) * most_words / max(1, len(words_of(too_long)))


def _was_foreign(brief: PlanBrief) -> bool:
    return brief.repair is not None and OTHER_LANGUAGE.search(brief.repair.complaint) is not None


def _notes(story: str, look: SceneContents, told_in: Phrases, phrases: Phrases) -> str:
    cast = cast_of(story, told_in.language)
    named = phrases.kept_in_view.format(subjects=", ".join(cast)) if cast else ""
    shown = f"{named[:1].upper()}{named[1:]}. " if named else ""
    return phrases.notes.format(light=light_of(look, phrases), subjects=shown)
