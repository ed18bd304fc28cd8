"""What is wrong with a plan is said in words by which it can be repaired."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.planning.domain import (
    TONGUES,
    PlanScope,
    SegmentSlot,
    complaints,
    digest,
    likely_other,
    most_words,
    plain,
    planned,
    read_brief,
    read_plan,
    read_scope,
)
from app.projects.options import Language
from app.providers.planner import PlanBrief, PlannedSegment, PlanRepair, StoryPlan
from app.providers.values import CameraCommand

SCOPE = PlanScope(language=Language.PL, scenes=(SegmentSlot(6), SegmentSlot(10)))
GOOD = PlannedSegment("Lis biegnie.", "Lis szuka drogi do domu.", "Lis stoi.", ("Pan left",))
PLAN = StoryPlan("Lis", (GOOD, GOOD), "Lis jest rudy.")
TALES = {
    Language.PL: "Lis biegnie przez las i szuka latarni, która zgasła, gdy był mały, ale nie wie, jak ją znaleźć.",
    Language.EN: "The fox runs through the forest and looks for the lantern that was lost when it was small.",
    Language.DE: "Der Fuchs läuft durch den Wald und sucht die Laterne, die er verloren hat, aber er ist nicht allein.",
    Language.FR: "Le renard court dans la forêt et cherche la lanterne que il a perdue, avec une amie qui est sage.",
    Language.ES: "El zorro corre por el bosque y busca la linterna que se perdió en la noche, pero no está solo.",
    Language.IT: "La volpe corre nella foresta e cerca la lanterna che non è più con lei, ma il gufo sa come.",
    Language.PT: "A raposa corre pela floresta e procura a lanterna que não está com ela, mas o dia é longo.",
}


def with_second(**words: object) -> StoryPlan:
    return replace(PLAN, segments=(GOOD, replace(GOOD, **words)))


def test_a_good_plan_has_no_faults() -> None:
    assert complaints(PLAN, SCOPE) == ()


@pytest.mark.parametrize("count", [0, 1, 3])
def test_another_number_of_segments_is_the_only_complaint(count: int) -> None:
    assert complaints(replace(PLAN, segments=(GOOD,) * count), SCOPE) == (
        f"The plan has {count} segments; write exactly 2.",
    )


@pytest.mark.parametrize("name", ["video_prompt", "narration_text", "end_frame_prompt"])
def test_an_empty_text_is_named_with_its_segment(name: str) -> None:
    assert complaints(with_second(**{name: "  "}), SCOPE) == (f"Segment 1: {name} is empty.",)


def test_an_empty_or_endless_title_is_a_fault() -> None:
    assert complaints(replace(PLAN, title=" "), SCOPE) == ("The title is empty.",)
    assert "at most 255" in complaints(replace(PLAN, title="x" * 256), SCOPE)[0]


def test_a_prompt_is_counted_with_its_camera_tags() -> None:
    tag = len("[Pan left] ")
    assert complaints(with_second(video_prompt="x" * (2000 - tag)), SCOPE) == ()
    [fault] = complaints(with_second(video_prompt="x" * (2001 - tag)), SCOPE)
    assert fault == (
        "Segment 1: video_prompt with its camera tags has 2001 characters; at most 2000 are allowed, so cut 1."
    )


def test_unknown_or_too_many_camera_words_are_named() -> None:
    [fault] = complaints(with_second(camera_commands=("Fly", "[pan LEFT]")), SCOPE)
    assert "unknown words (Fly)" in fault
    four = ("Pan left", "Zoom in", "Shake", "Tilt up")
    assert "4 movements" in complaints(with_second(camera_commands=four), SCOPE)[0]


def test_a_narration_too_long_for_its_segment_says_how_many_words_to_cut() -> None:
    most = most_words(SCOPE.scenes[1], SCOPE)
    assert most == int(10 * TONGUES[Language.PL].words_per_second)
    assert complaints(with_second(narration_text="lis " * most), SCOPE) == ()
    [fault] = complaints(with_second(narration_text="lis " * (most + 3)), SCOPE)
    assert fault.endswith("in 10 seconds; cut 3 words.")


def test_a_faster_narrator_says_more_words() -> None:
    assert most_words(SegmentSlot(6), replace(SCOPE, speed=2.0)) == int(12 * TONGUES[Language.PL].words_per_second)


def test_kept_segments_are_not_checked() -> None:
    scope = replace(SCOPE, scenes=(SegmentSlot(6), SegmentSlot(10, kept=True)))
    assert complaints(with_second(video_prompt="", narration_text="lis " * 99), scope) == ()


def test_a_narration_in_another_language_is_a_fault() -> None:
    english = replace(GOOD, narration_text="The fox and the owl read the map that was lost.")
    scope = replace(SCOPE, scenes=(SegmentSlot(10), SegmentSlot(10)))
    [fault] = complaints(replace(PLAN, segments=(english, english)), scope)
    assert fault == "The narration is written in English; write every narration_text in Polish."


@pytest.mark.parametrize("written", Language)
@pytest.mark.parametrize("expected", Language)
def test_each_language_is_known_by_its_words(written: Language, expected: Language) -> None:
    assert likely_other(TALES[written], expected) is (None if written is expected else written)


def test_names_alone_prove_no_language() -> None:
    assert likely_other("Reksio Bolek Lolek Uszatek Colargol Rumcajs Krecik Pat Mat Bazyli", Language.PL) is None


def test_a_plan_becomes_what_projects_keep() -> None:
    kept = planned(with_second(camera_commands=("[zoom IN]", "Zoom in", "Static shot"), video_prompt=" Lis. "))
    assert kept[1].camera_commands == (CameraCommand.ZOOM_IN, CameraCommand.STATIC_SHOT)
    assert kept[1].video_prompt == "Lis."


TEXT = st.text(max_size=40)
SEGMENTS = st.builds(PlannedSegment, TEXT, TEXT, TEXT, st.lists(TEXT, max_size=4).map(tuple))


@given(st.builds(StoryPlan, TEXT, st.lists(SEGMENTS, max_size=4).map(tuple), TEXT))
def test_a_plan_comes_back_from_its_record_unchanged(plan: StoryPlan) -> None:
    assert read_plan(plain(plan)) == plan


@given(st.builds(StoryPlan, TEXT, st.lists(SEGMENTS, max_size=4).map(tuple), TEXT))
def test_whatever_a_planner_writes_is_answered_by_complaints_or_kept(plan: StoryPlan) -> None:
    assert complaints(plan, SCOPE) or len(planned(plan)) == len(SCOPE.scenes)


def test_scopes_and_briefs_come_back_from_their_records() -> None:
    scope = PlanScope(
        language=Language.DE, scenes=(SegmentSlot(6), SegmentSlot(10, kept=True, video_prompt="Fuchs")), speed=1.5
    )
    brief = PlanBrief("story", 2, 6, "de", "instructions", "style")
    assert (read_scope(plain(scope)), read_brief(plain(brief))) == (scope, brief)


def test_a_repair_is_another_question() -> None:
    brief = PlanBrief("story", 2, 6, "de", "instructions")
    repair = replace(brief, repair=PlanRepair(PLAN, "too long"))
    assert digest("m", "", brief) == digest("m", "", replace(brief))
    assert len({digest("m", "", brief), digest("m", "", repair), digest("n", "", brief), digest("m", "s", brief)}) == 4


def test_where_the_pace_of_the_voice_is_known_long_words_count_for_more() -> None:
    scope = replace(SCOPE, letters_per_second=13.0)
    short, long = "lis " * 15, "przedsiębiorstwo " * 15
    assert complaints(with_second(narration_text=short), scope) == ()
    [fault] = complaints(with_second(narration_text=long), scope)
    assert fault.startswith("Segment 1: narration_text has 15 words, but only 7 can be spoken in 10 seconds")
    assert complaints(with_second(narration_text=long), SCOPE) == ()


def test_what_a_quick_narrator_can_say_of_a_text_follows_its_speed() -> None:
    scope = replace(SCOPE, letters_per_second=13.0, speed=2.0)
    assert complaints(with_second(narration_text="przedsiębiorstwo " * 15), scope) == ()
