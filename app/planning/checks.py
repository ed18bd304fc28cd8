"""Pure: what is wrong with a returned plan, in words that a planner can repair it by."""

from collections.abc import Iterator
from typing import Final

from app.planning.languages import TONGUES, likely_other, words_of
from app.planning.values import Scene, Scope
from app.projects.camera import MAX_CAMERA_COMMANDS, MAX_PROMPT_CHARACTERS, CameraCommand, read_command, tagged_prompt
from app.projects.values import SegmentDraft
from app.providers.pace import letters_of
from app.providers.planner import PlannedSegment, StoryPlan

__all__ = ["MAX_TEXT_CHARACTERS", "complaints", "may_be_silent", "most_words", "planned", "spoken_words"]

MAX_TEXT_CHARACTERS: Final = 2000
MAX_TITLE_CHARACTERS: Final = 255
MOST_COMPLAINTS: Final = 20
FEWEST_WORDS_OF_A_SCENE: Final = 3


def complaints(plan: StoryPlan, scope: Scope) -> tuple[str, ...]:
    """Everything that keeps the plan from being accepted; nothing means that it is good."""
    wanted, given = len(scope.scenes), len(plan.segments)
    if given != wanted:
        return (f"The plan has {given} segments; write exactly {wanted}.",)
    return tuple([*_of_whole(plan, scope), *_of_segments(plan, scope)][:MOST_COMPLAINTS])


def most_words(scene: Scene, scope: Scope) -> int:
    """How many words the narrator can say during a scene."""
    return max(1, int(scene.duration_seconds * TONGUES[scope.language].words_per_second * scope.speed))


def spoken_words(text: str, scene: Scene, scope: Scope) -> int:
    """How many words of this very text the narrator can say during a scene, by its letters where the pace is known."""
    count = len(words_of(text))
    if scope.letters_per_second is None or not text.strip():
        return most_words(scene, scope)
    seconds = letters_of(text.strip()) / (scope.letters_per_second * scope.speed)
    return count if seconds <= scene.duration_seconds else int(count * scene.duration_seconds / seconds)


def may_be_silent(story: str, scene_count: int) -> bool:
    """Whether a story has too few words for so many scenes."""
    return len(words_of(story)) < FEWEST_WORDS_OF_A_SCENE * scene_count


def planned(plan: StoryPlan) -> tuple[SegmentDraft, ...]:
    """The plan as projects keep it; camera words that nobody knows are gone, because checks refuse them before."""
    return tuple(
        SegmentDraft(
            video_prompt=segment.video_prompt.strip(),
            narration_text=segment.narration_text.strip(),
            end_frame_prompt=segment.end_frame_prompt.strip(),
            camera_commands=_commands(segment),
        )
        for segment in plan.segments
    )


def _of_whole(plan: StoryPlan, scope: Scope) -> Iterator[str]:
    if not plan.title.strip():
        yield "The title is empty."
    elif len(plan.title) > MAX_TITLE_CHARACTERS:
        yield f"The title has {len(plan.title)} characters; at most {MAX_TITLE_CHARACTERS} are allowed."
    narrations = (s.narration_text for s, scene in zip(plan.segments, scope.scenes, strict=True) if not scene.kept)
    other = likely_other(" ".join(narrations), scope.language)
    if other is not None:
        wanted = TONGUES[scope.language].name
        yield f"The narration is written in {TONGUES[other].name}; write every narration_text in {wanted}."


def _of_segments(plan: StoryPlan, scope: Scope) -> Iterator[str]:
    for index, (segment, scene) in enumerate(zip(plan.segments, scope.scenes, strict=True)):
        if not scene.kept:
            for fault in (*_of_texts(segment, scope), *_of_camera(segment), *_of_narration(segment, scene, scope)):
                yield f"Segment {index}: {fault}"


def _of_texts(segment: PlannedSegment, scope: Scope) -> Iterator[str]:
    for name in ("video_prompt", "narration_text", "end_frame_prompt"):
        text: str = getattr(segment, name)
        if not text.strip() and not (scope.may_be_silent and name == "narration_text"):
            yield f"{name} is empty."
        elif name != "video_prompt" and len(text) > MAX_TEXT_CHARACTERS:
            yield f"{name} has {len(text)} characters; at most {MAX_TEXT_CHARACTERS} are allowed."
    length = len(tagged_prompt(segment.video_prompt.strip(), _commands(segment)))
    if length > MAX_PROMPT_CHARACTERS:
        yield (
            f"video_prompt with its camera tags has {length} characters; "
            f"at most {MAX_PROMPT_CHARACTERS} are allowed, so cut {length - MAX_PROMPT_CHARACTERS}."
        )


def _of_camera(segment: PlannedSegment) -> Iterator[str]:
    unknown = [word for word in segment.camera_commands if read_command(word) is None]
    if unknown:
        named = ", ".join(word[:40] for word in unknown[:5])
        yield f"camera_commands has unknown words ({named}); use only: {', '.join(CameraCommand)}."
    if len(_commands(segment)) > MAX_CAMERA_COMMANDS:
        yield f"camera_commands has {len(_commands(segment))} movements; at most {MAX_CAMERA_COMMANDS} go together."


def _of_narration(segment: PlannedSegment, scene: Scene, scope: Scope) -> Iterator[str]:
    text = segment.narration_text
    count, most = len(words_of(text)), max(1, spoken_words(text, scene, scope))
    if count > most:
        yield (
            f"narration_text has {count} words, but only {most} can be spoken in {scene.duration_seconds} seconds; "
            f"cut {count - most} words."
        )


def _commands(segment: PlannedSegment) -> tuple[CameraCommand, ...]:
    known = (read_command(word) for word in segment.camera_commands)
    return tuple(dict.fromkeys(command for command in known if command is not None))
