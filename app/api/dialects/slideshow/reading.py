"""From what the studio sends to an edit of a show: names, forms and links, nothing else."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from pydantic import JsonValue

from app.api.dialects.slideshow.presenter import AUDIO_URL
from app.api.dialects.slideshow.schemas import DescriptionBody, MakeBody, PictureBody, ProjectBody, SubtitlesBody
from app.library.links import MediaLinks
from app.projects.options import Language
from app.shows.domain import Edit, ShowEdit, ShowOptions, ShowPicture, ShowView, side_of

# What the editor calls a field, and what it is called here.
TEXT_OPTIONS = {
    "use_case": "use_case",
    "type_video": "genre",
    "script_style": "script_style",
    "keywords": "keywords",
    "voice_id": "voice",
    "image_style": "image_style",
    "background_music": "mood",
}
NUMBER_OPTIONS = {
    "nb_section": "sections",
    "audio_speed": "speed",
    "audio_pitch": "pitch",
    "fps": "frames_per_second",
}
SHOWN_BESIDES = frozenset({"createdAt", "updatedAt", "contextual_description", "image_url", "scene_index"})


class Reader:
    """Reads bodies of one caller; a link that was not made for this caller says nothing."""

    def __init__(self, links: MediaLinks, owner_id: str) -> None:
        self._links = links
        self._owner_id = owner_id

    def whole(self, body: ProjectBody, show: ShowView | None = None) -> ShowEdit:
        """A save of a show, or of a new one: an empty field is emptied, an absent one is left alone."""
        sent = body.model_fields_set
        options = show.options if show else ShowOptions()
        return ShowEdit(
            title=(body.title or "") if "title" in sent else None,
            description=(body.description or "") if "description" in sent else None,
            script_text=(body.script_text or "") if "script_text" in sent else None,
            language=_language(body.language),
            options=self._options(body, options, sent),
            extra={**self._extra(body), **_typed_length(body, show)},
            pictures=self._pictures(body),
            files=self._files(body, show),
        )

    def part(
        self, body: MakeBody, show: ShowView | None = None, *, style: str = "", position: int | None = None
    ) -> ShowEdit:
        """A call to make something: what is empty or absent stays as the project has it; nothing else is kept.

        `style` names the option that the call means by its style.
        """
        sent = frozenset(name for name in body.model_fields_set if getattr(body, name) not in (None, ""))
        wanted = self._options(body, show.options if show else ShowOptions(), sent)
        meant: dict[str, Any] = {style: body.style} if style and body.style else {}
        wanted = replace(wanted, **meant)
        if body.template:
            wanted = replace(wanted, effect=body.template)
        return ShowEdit(
            title=body.title or None,
            description=body.description or None,
            script_text=body.script_text or None,
            language=_language(body.language),
            options=wanted,
            pictures=self._pictures(body) if body.images else None,
            scene=None if position is None else (position, body.prompt or ""),
            files=self._files(body, show),
        )

    def description(self, body: DescriptionBody) -> ShowEdit:
        """What a description is written from."""
        options = ShowOptions(
            genre=body.type_video or "",
            keywords=body.keywords or "",
            inspirations=tuple(body.video_inspirations or ()),
            sections=3,
            duration_seconds=round(body.duration) if body.duration else 40,
        )
        return ShowEdit(title=body.title or "", language=_language(body.language), options=options)

    def subtitles(self, body: SubtitlesBody, options: ShowOptions) -> ShowEdit:
        """How captions shall look."""
        style, place = body.style_name or options.caption_style, body.position_name or options.caption_place
        return ShowEdit(options=replace(options, caption_style=style, caption_place=place))

    def file(self, link: str | None) -> str | None:
        """The file that a link of ours means."""
        return self._links.asset_id_of(link, self._owner_id) if link else None

    def _options(self, body: ProjectBody, options: ShowOptions, sent: frozenset[str] | set[str]) -> ShowOptions:
        changed: dict[str, Any] = {
            ours: getattr(body, name) or "" for name, ours in TEXT_OPTIONS.items() if name in sent
        }
        for name, ours in NUMBER_OPTIONS.items():
            if getattr(body, name) is not None:
                changed[ours] = getattr(body, name)
        if body.video_inspirations is not None:
            changed["inspirations"] = tuple(body.video_inspirations)
        if body.resolution:
            changed["short_side_px"] = side_of(body.resolution)
        # Two names of one choice, of which an editor changes only the one it knows.
        templates = [each for each in (body.video_template_id, body.video_template_path) if each]
        if chosen := [each for each in templates if each != options.effect]:
            changed["effect"] = chosen[0]
        return replace(options, **changed)

    def _extra(self, body: ProjectBody) -> Mapping[str, JsonValue]:
        """Fields that nobody here knows, but for links of ours, which would expire where they lie."""
        unknown = body.model_extra or {}
        # Whoever names it reads it: the key is kept, and its link is made anew for every reply.
        sound = {AUDIO_URL: None} if AUDIO_URL in unknown else {}
        return sound | {
            name: value
            for name, value in unknown.items()
            if name not in {AUDIO_URL, *SHOWN_BESIDES} and not (isinstance(value, str) and self.file(value))
        }

    def _pictures(self, body: ProjectBody) -> tuple[ShowPicture, ...] | None:
        sent = body.images
        if sent is None and body.images_prompts is not None:
            links = [*(body.images_urls or ()), *(None for _ in body.images_prompts)]
            pairs = zip(body.images_prompts, links, strict=False)
            sent = [PictureBody(prompt=prompt, url=link) for prompt, link in pairs]
        return None if sent is None else tuple(ShowPicture(each.prompt or "", self.file(each.url)) for each in sent)

    def _voice(self, body: ProjectBody, show: ShowView | None) -> str | None:
        """Of two links of one sound, an editor brings only the one up to date that it knows; what stands stays."""
        named = [self.file(_text(body.model_extra, AUDIO_URL)), self.file(body.audio_path)]
        present = show.made.voices[0].asset_id if show and show.made.voices else None
        return present if present and present in named else named[0] or named[1]

    def _files(self, body: ProjectBody, show: ShowView | None) -> Edit:
        return Edit(
            voice_id=self._voice(body, show),
            video_id=self.file(body.video_url),
            poster_id=self.file(body.thumbnail_path) or self.file(body.thumbnail),
            srt_id=self.file(body.subtitle_path),
        )


def _typed_length(body: ProjectBody, show: ShowView | None) -> Mapping[str, JsonValue]:
    """The length that somebody typed, in minutes, as long as there is no film that has one."""
    has_film = show is not None and show.made.best is not None
    if has_film or "duration" not in body.model_fields_set:
        return {}
    return {"duration": body.duration if isinstance(body.duration, int | float | str) else None}


def _text(fields: Mapping[str, JsonValue] | None, name: str) -> str | None:
    found = (fields or {}).get(name)
    return found if isinstance(found, str) else None


def _language(name: str | None) -> Language | None:
    return next(_languages(name), None)


def _languages(name: str | None) -> Iterator[Language]:
    short = (name or "").strip().lower()[:2]
    yield from (language for language in Language if language.value == short)
