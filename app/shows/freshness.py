"""Pure: digests of what each part of a show is made from; a part whose digest stands need not be made again."""

import hashlib
import json
from collections.abc import Sequence

from app.media.timeline import Mood
from app.shows.values import Made, Picture, ShowOptions, ShowStatus, ShowView, Voice

__all__ = [
    "captioned_digest",
    "captions_digest",
    "due_pictures",
    "due_texts",
    "film_digest",
    "music_of",
    "own_voice_of",
]
__all__ += ["picture_digest", "reel_digest", "scored_digest", "status_of", "texts_of", "voice_digest"]


def _digest(*asked: object) -> str:
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def picture_digest(prompt: str, options: ShowOptions) -> str:
    """What a picture is drawn from."""
    return _digest("picture", prompt.strip(), options.image_style, options.aspect_ratio)


def due_pictures(show: ShowView) -> tuple[int, ...]:
    """The pictures that are told and not drawn from what they are told now."""
    return tuple(
        number
        for number, picture in enumerate(show.made.pictures)
        if picture.prompt.strip() and not _stands(picture, show.options)
    )


def _stands(picture: Picture, options: ShowOptions) -> bool:
    return picture.asset_id is not None and picture.digest == picture_digest(picture.prompt, options)


def texts_of(show: ShowView) -> tuple[str, ...]:
    """What is spoken: each sentence by itself, or the script as one."""
    if show.options.voice_each:
        return tuple(sentence.strip() for sentence in show.made.sentences if sentence.strip())
    return (show.script_text.strip(),) if show.script_text.strip() else ()


def own_voice_of(show: ShowView, *, wanted: bool) -> str:
    """The recording that the show speaks with, if its owner's voice is wanted."""
    return show.made.own_voice.sample_id if wanted and show.made.own_voice else ""


def voice_digest(text: str, show: ShowView, *, own_voice: bool) -> str:
    """What a text is spoken from."""
    options = show.options
    spoken = (options.voice, options.speed, options.pitch, show.language.value)
    return _digest("voice", text, *spoken, own_voice_of(show, wanted=own_voice))


def due_texts(show: ShowView, *, own_voice: bool) -> tuple[int, ...]:
    """The texts that are not spoken the way they are wanted now; all of them when their number has changed."""
    texts = texts_of(show)
    wanted = [voice_digest(text, show, own_voice=own_voice) for text in texts]
    if len(show.made.voices) != len(texts):
        return tuple(range(len(texts)))
    return tuple(n for n, voice in enumerate(show.made.voices) if voice.digest != wanted[n])


def reel_digest(show: ShowView) -> str:
    """What the moving pictures are made from."""
    options = show.options
    shown = [picture.asset_id for picture in show.made.pictures if picture.asset_id]
    tries = [picture.tries for picture in show.made.pictures if picture.asset_id]
    looks = (options.aspect_ratio, options.short_side_px, options.frames_per_second, options.effect)
    return _digest("reel", shown, tries, _lengths(show.made.voices), *looks)


def film_digest(show: ShowView) -> str:
    """What the plain film is cut from."""
    return _digest("film", reel_digest(show), music_of(show.options.mood))


def scored_digest(show: ShowView) -> str:
    """What the film with a track is cut from."""
    return _digest("scored", reel_digest(show), show.made.music_id)


def captions_digest(show: ShowView) -> str:
    """What the caption files say."""
    words = [[(word.text, word.start_seconds) for word in voice.words] for voice in show.made.voices]
    return _digest("captions", _lengths(show.made.voices), words, show.language.value)


def captioned_digest(show: ShowView) -> str:
    """What the film with captions in its pictures is cut from."""
    below = show.made.scored or show.made.video
    options = show.options
    looks = (options.caption_style, options.caption_place)
    return _digest("captioned", captions_digest(show), below.digest if below else "", *looks)


def music_of(mood: str) -> Mood | None:
    """The built-in music of this name; none, and whatever nobody knows, is no music."""
    return Mood(mood) if mood in set(Mood) else None


def status_of(script_text: str, made: Made) -> ShowStatus:
    """The furthest thing that is there."""
    reached = (
        (made.captioned is not None, ShowStatus.VIDEO_SUBTITLED),
        (made.video is not None, ShowStatus.VIDEO_READY),
        (any(picture.asset_id for picture in made.pictures), ShowStatus.IMAGES_READY),
        (bool(made.voices), ShowStatus.AUDIO_READY),
        (bool(script_text.strip() or made.sentences), ShowStatus.SCRIPT_GENERATED),
    )
    return next((status for is_there, status in reached if is_there), ShowStatus.DRAFT)


def _lengths(voices: Sequence[Voice]) -> list[list[object]]:
    return [[voice.asset_id, voice.seconds] for voice in voices]
