"""Pure rules of the staged pipeline: what a wish changes, which film is shown, how a show stands."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.projects.options import Language
from app.shows.domain import Made, ShowFilm, ShowOptions, ShowStage, StageEntry
from app.shows.staged import (
    StagedFilm,
    StagedShow,
    StagedStatus,
    StagedWish,
    films_for,
    is_wished_again,
    manifest_of,
    notes_of,
    wished_edit,
)
from tests.unit.shows.test_rules import show

MOMENT = datetime(2026, 11, 21, tzinfo=UTC)
PLAIN, SCORED, CAPTIONED = (ShowFilm(name, None, 2.0) for name in ("plain", "scored", "captioned"))


def entry(stage: ShowStage, *, success: bool = True, notes: tuple[str, ...] = ()) -> StageEntry:
    return StageEntry(stage, success, MOMENT, {"notes": list(notes)})


@pytest.mark.parametrize(
    ("made", "wanted", "shown"),
    [
        (Made(video=PLAIN), StagedFilm.CAPTIONED, ["plain"]),
        (Made(video=PLAIN, scored=SCORED), StagedFilm.CAPTIONED, ["scored", "plain"]),
        (Made(video=PLAIN, scored=SCORED, captioned=CAPTIONED), StagedFilm.CAPTIONED, ["captioned", "scored", "plain"]),
        (Made(video=PLAIN, captioned=CAPTIONED), StagedFilm.SCORED, ["plain"]),
        (Made(video=PLAIN, scored=SCORED), StagedFilm.PLAIN, ["plain"]),
        (Made(), StagedFilm.PLAIN, []),
    ],
)
def test_a_film_that_was_not_made_is_replaced_by_the_best_before_it(
    made: Made, wanted: StagedFilm, shown: list[str]
) -> None:
    assert [film.asset_id for film in films_for(made, wanted)] == shown


def test_a_wish_chooses_shape_length_and_voice_and_leaves_the_rest() -> None:
    before = ShowOptions(image_style="pixar", voice="calm")
    told = wished_edit(StagedWish(is_wide=False, duration_seconds=24), before).options
    assert told == replace(
        before, voice_each=True, caption_style="highlight", aspect_ratio="9:16", duration_seconds=24, sections=3
    )
    assert wished_edit(StagedWish(), before).options == replace(before, voice_each=True, caption_style="highlight")
    assert wished_edit(StagedWish(title=""), before).title is None


def test_the_same_wish_is_known_again_and_another_is_not() -> None:
    wish = StagedWish(title="Fox", is_wide=True, channel="nature", duration_seconds=16)
    edit = wished_edit(wish, ShowOptions())
    assert edit.options is not None
    begun = show(options=edit.options)
    assert is_wished_again(begun, wish)
    for other in ({"title": "Owl"}, {"is_wide": False}, {"channel": "art"}, {"language": Language.PL}):
        assert not is_wished_again(begun, replace(wish, **other)), other


@pytest.mark.parametrize(
    ("made", "status"),
    [
        (Made(), StagedStatus.INITIALIZED),
        (Made(stages=(entry(ShowStage.CONTENT),)), StagedStatus.RUNNING),
        (Made(stages=(entry(ShowStage.CONTENT, success=False),)), StagedStatus.FAILED),
        (Made(stages=(entry(ShowStage.VIDEO),), video=PLAIN), StagedStatus.COMPLETED),
        (
            Made(stages=(entry(ShowStage.VIDEO), entry(ShowStage.MUSIC, success=False)), video=PLAIN),
            StagedStatus.FAILED,
        ),
    ],
)
def test_a_show_stands_where_its_last_stage_left_it(made: Made, status: StagedStatus) -> None:
    manifest = manifest_of(StagedShow(show(made), {}), [])
    assert (manifest.status, manifest.is_complete) == (status, status is StagedStatus.COMPLETED)


def test_the_last_run_of_a_stage_counts() -> None:
    runs = (entry(ShowStage.VOICES, notes=("odd",)), entry(ShowStage.VOICES, success=False), entry(ShowStage.VOICES))
    manifest = manifest_of(StagedShow(show(Made(stages=runs)), {}), [])
    assert [(each.stage, each.success) for each in manifest.entries] == [(ShowStage.VOICES, True)]
    assert notes_of(show(Made(stages=runs[:1]))) == ["odd"]
    assert notes_of(show(Made(stages=runs))) == []
