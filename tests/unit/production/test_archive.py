"""Nothing that an owner decides is lost on the way through an archive."""

from dataclasses import MISSING, fields

from app.production.archive.contents import sent_settings
from app.projects.options import (
    AspectRatio,
    Captions,
    ClipSound,
    FilmMusic,
    Language,
    NarrationOptions,
    ProjectSettings,
    Resolution,
    TransitionKind,
    Transitions,
    Visuals,
)
from app.providers.values import Role

SETTINGS = ProjectSettings(
    name="The fox",
    story_prompt="A fox finds a lantern.",
    target_duration_sec=30,
    segment_len_sec=6,
    language=Language.DE,
    style="watercolour",
    aspect_ratio=AspectRatio.TALL,
    resolution=Resolution.P1080,
    visuals=Visuals.CHAINED,
    providers={Role.VIDEO: "local"},
    narration=NarrationOptions(voice="nova", speed=1.25),
    music=FilmMusic(mood="soft", volume=0.3),
    captions=Captions(soft=False, burn=True, style="boxed"),
    transitions=Transitions(kind=TransitionKind.FADE, duration_ms=700),
    clip_sound=ClipSound(keep=True, volume=0.2),
    budget_micro_usd=1_234_567,
)


def test_every_setting_is_told_another_way_than_by_default() -> None:
    # The shape that an archive tells counts as chosen.
    told = [each for each in fields(ProjectSettings) if each.name != "ratio_is_chosen"]
    usual = {each.name: each.default for each in told if each.default is not MISSING}
    assert [name for name, value in usual.items() if getattr(SETTINGS, name) == value] == []


def test_settings_come_back_as_they_went() -> None:
    written = sent_settings(SETTINGS).model_dump_json()
    assert type(sent_settings(SETTINGS)).model_validate_json(written).settings(Language.PL) == SETTINGS
