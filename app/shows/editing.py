"""Pure: a show after its owner's edit."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from app.library.domain import AssetView
from app.projects.texts import language_or_english
from app.shows.domain import (
    Captioning,
    Made,
    OwnVoice,
    ShowEdit,
    ShowFilm,
    ShowOptions,
    ShowPicture,
    ShowStage,
    ShowView,
    SpokenText,
)
from app.shows.errors import ShowTooLarge

T = TypeVar("T")
MOST_PICTURES, MOST_EXTRA_FIELDS = 200, 200
# What these stages leave in a draft is every picture of a film.
WHOLE = frozenset({ShowStage.IMAGES, ShowStage.VIDEO})
SLOWEST, FASTEST = 0.5, 2.0


def edited(show: ShowView, edit: ShowEdit, files: Mapping[str, AssetView]) -> ShowView:
    """The show with what the edit names; `files` are those that it brings in."""
    extra = {**show.extra, **(edit.extra or {})}
    wanted = len(edit.pictures or ()) if edit.scene is None else edit.scene[0] + 1
    if len(extra) > MOST_EXTRA_FIELDS or wanted > MOST_PICTURES:
        raise ShowTooLarge(facts={"most_pictures": MOST_PICTURES, "most_extra_fields": MOST_EXTRA_FIELDS})
    # A page that sends the whole show back has not chosen what it was told.
    is_chosen = show.options.language_is_chosen or edit.language not in {None, show.language}
    changed = replace(
        show,
        title=_told(edit.title, show.title),
        description=_told(edit.description, show.description),
        content=_told(edit.content, show.content),
        script_text=_told(edit.script_text, show.script_text),
        options=replace(_within(_told(edit.options, show.options)), language_is_chosen=is_chosen),
        extra=extra,
        made=_remade(show, edit, files),
    )
    language = _told(edit.language, show.language) if is_chosen else language_or_english(_texts(changed))
    return replace(changed, language=language)


def without(made: Made, gone: Collection[str]) -> Made:
    """The same without the files that were deleted elsewhere: what was made of them is to be made again."""

    def left(film: ShowFilm | None) -> ShowFilm | None:
        return None if film is None or film.asset_id in gone else film

    captions, own = made.captions, made.own_voice
    return replace(
        made,
        pictures=tuple(replace(each, asset_id=None) if each.asset_id in gone else each for each in made.pictures),
        voices=tuple(each for each in made.voices if each.asset_id not in gone),
        reel=None if made.reel is None or made.reel.asset_id in gone else made.reel,
        video=left(made.video),
        scored=left(made.scored),
        captioned=left(made.captioned),
        captions=None if captions and {captions.srt_id, captions.vtt_id} & set(gone) else captions,
        music_id=None if made.music_id in gone else made.music_id,
        own_voice=None if own and own.sample_id in gone and not own.voice_id else own,
    )


def filled_from(edit: ShowEdit, drafts: Sequence[ShowView]) -> ShowEdit:
    """The edit with pictures and sound where it names none, taken from these drafts, the newest first."""
    pictures = edit.pictures or _drawn(drafts) or None
    spoken = next((draft for draft in drafts if draft.made.voices), None)
    if edit.files.voice_id is not None or spoken is None:
        return replace(edit, pictures=pictures)
    return replace(
        edit,
        pictures=pictures,
        script_text=edit.script_text or spoken.script_text,
        files=replace(edit.files, voice_id=spoken.made.voices[0].asset_id),
    )


def _drawn(drafts: Sequence[ShowView]) -> tuple[ShowPicture, ...]:
    """The pictures of the newest draft that has all of a film, with those that were drawn singly since."""
    found: dict[int, ShowPicture] = {}
    for draft in drafts:
        for position, picture in enumerate(draft.made.pictures):
            if picture.asset_id is not None:
                found.setdefault(position, picture)
        if found and WHOLE & {entry.name for entry in draft.made.stages}:
            break
    return tuple(found[position] for position in sorted(found))


def _texts(show: ShowView) -> str:
    return "\n".join((show.title, show.description, show.content, show.script_text))


def _remade(show: ShowView, edit: ShowEdit, files: Mapping[str, AssetView]) -> Made:
    made = show.made
    own = made.own_voice
    if edit.own_sample_id is not None and (own is None or own.sample_id != edit.own_sample_id):
        own = OwnVoice(edit.own_sample_id)
    return replace(
        made,
        sentences=_told(edit.sentences, made.sentences),
        pictures=_pictures(made.pictures, edit, files),
        voices=_voices(made, edit, show.script_text, files),
        video=_film(made, edit, files),
        captions=_captions(made, edit, files),
        music_id=_told(edit.music_id, made.music_id),
        own_voice=own,
    )


def _within(options: ShowOptions) -> ShowOptions:
    """Speed and height of the voice brought to the nearest that can be heard well."""
    speed, pitch = (min(max(each, SLOWEST), FASTEST) for each in (options.speed, options.pitch))
    return replace(options, speed=speed, pitch=pitch)


def _pictures(
    before: tuple[ShowPicture, ...], edit: ShowEdit, files: Mapping[str, AssetView]
) -> tuple[ShowPicture, ...]:
    """What is known of a picture stays with its file, and its file stays with its words while none is named."""
    by_file = {picture.asset_id: picture for picture in before if picture.asset_id}
    pictures = before
    if edit.pictures == ():
        # An editor that shows only what is drawn does not know of the others.
        pictures = tuple(each for each in before if each.asset_id is None)
    elif edit.pictures is not None:
        wanted = [each if each.asset_id in files else ShowPicture(each.prompt) for each in edit.pictures]
        pictures = tuple(_picture(number, each, before, by_file) for number, each in enumerate(wanted))
    if edit.scene is None:
        return pictures
    position, prompt = edit.scene
    told = [*pictures, *(ShowPicture("") for _ in range(position + 1 - len(pictures)))]
    told[position] = replace(told[position], prompt=prompt or told[position].prompt)
    return tuple(told)


def _picture(
    number: int, wanted: ShowPicture, before: tuple[ShowPicture, ...], by_file: Mapping[str, ShowPicture]
) -> ShowPicture:
    if wanted.asset_id is not None:
        known = by_file.get(wanted.asset_id, wanted)
        return replace(known, prompt=wanted.prompt)
    same_place = before[number] if number < len(before) else None
    others = [picture for picture in before if picture.prompt == wanted.prompt]
    if same_place is not None and same_place.prompt == wanted.prompt:
        return same_place
    return others[0] if others else wanted


def _voices(made: Made, edit: ShowEdit, script_text: str, files: Mapping[str, AssetView]) -> tuple[SpokenText, ...]:
    named = edit.files.voice_id
    if named is None or named not in files or [voice.asset_id for voice in made.voices] == [named]:
        return made.voices
    return (SpokenText(_told(edit.script_text, script_text), named, _seconds(files[named])),)


def _film(made: Made, edit: ShowEdit, files: Mapping[str, AssetView]) -> ShowFilm | None:
    named = edit.files.video_id
    known = {film.asset_id for film in (made.video, made.scored, made.captioned) if film}
    if named is None or named not in files or named in known:
        return made.video
    poster = edit.files.poster_id if edit.files.poster_id in files else None
    return ShowFilm(named, poster, _seconds(files[named]))


def _captions(made: Made, edit: ShowEdit, files: Mapping[str, AssetView]) -> Captioning | None:
    named = edit.files.srt_id
    if named is None or named not in files or (made.captions and named in {made.captions.srt_id, made.captions.vtt_id}):
        return made.captions
    return Captioning(named, named, "")


def _seconds(asset: AssetView) -> float:
    seconds = asset.facts.get("duration_seconds")
    return float(seconds) if isinstance(seconds, int | float) else 0.0


def _told(wanted: T | None, before: T) -> T:
    return before if wanted is None else wanted
