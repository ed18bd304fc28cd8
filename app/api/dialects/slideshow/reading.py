"""From what the studio sends to an edit of a show: names, forms and links, nothing else."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from pydantic import JsonValue

from app.api.dialects.slideshow.schemas import DescriptionBody, MakeBody, PictureBody, ProjectBody, SubtitlesBody
from app.library.links import MediaLinks
from app.projects.options import Language
from app.shows.choices import side_of
from app.shows.values import Edit, Picture, ShowEdit, ShowOptions

__all__ = ["Reader"]

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

    def whole(self, body: ProjectBody, options: ShowOptions) -> ShowEdit:
        """A save: a field that is empty is emptied, a field that is absent is left alone."""
        sent = body.model_fields_set
        return ShowEdit(
            title=(body.title or "") if "title" in sent else None,
            description=(body.description or "") if "description" in sent else None,
            script_text=(body.script_text or "") if "script_text" in sent else None,
            language=_language(body.language),
            options=self._options(body, options, sent),
            extra=self._extra(body),
            pictures=self._pictures(body),
            files=self._files(body),
        )

    def part(self, body: MakeBody, options: ShowOptions, *, style: str = "", position: int | None = None) -> ShowEdit:
        """A call to make something: what is empty or absent stays as the project has it; nothing else is kept.

        `style` names the option that the call means by its style.
        """
        sent = frozenset(name for name in body.model_fields_set if getattr(body, name) not in (None, ""))
        wanted = self._options(body, options, sent)
        meant: dict[str, Any] = {style: body.style} if style and body.style else {}
        wanted = replace(wanted, **meant)
        template = body.template or body.video_template_path
        if template:
            wanted = replace(wanted, effect=template)
        return ShowEdit(
            title=body.title or None,
            description=body.description or None,
            script_text=body.script_text or None,
            language=_language(body.language),
            options=wanted,
            pictures=self._pictures(body) if body.images else None,
            scene=None if position is None else (position, body.prompt or ""),
            files=self._files(body),
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
        template = body.video_template_id or body.video_template_path
        if template:
            changed["effect"] = template
        return replace(options, **changed)

    def _extra(self, body: ProjectBody) -> Mapping[str, JsonValue]:
        """Fields that nobody here knows, but for links of ours, which would expire where they lie."""
        unknown = body.model_extra or {}
        return {
            name: value
            for name, value in unknown.items()
            if name not in SHOWN_BESIDES and not (isinstance(value, str) and self.file(value))
        }

    def _pictures(self, body: ProjectBody) -> tuple[Picture, ...] | None:
        sent = body.images
        if sent is None and body.images_prompts is not None:
            links = [*(body.images_urls or ()), *(None for _ in body.images_prompts)]
            pairs = zip(body.images_prompts, links, strict=False)
            sent = [PictureBody(prompt=prompt, url=link) for prompt, link in pairs]
        return None if sent is None else tuple(Picture(each.prompt or "", self.file(each.url)) for each in sent)

    def _files(self, body: ProjectBody) -> Edit:
        return Edit(
            voice_id=self.file(body.audio_path),
            video_id=self.file(body.video_url),
            poster_id=self.file(body.thumbnail_path) or self.file(body.thumbnail),
            srt_id=self.file(body.subtitle_path),
        )


def _language(name: str | None) -> Language | None:
    return next(_languages(name), None)


def _languages(name: str | None) -> Iterator[Language]:
    short = (name or "").strip().lower()[:2]
    yield from (language for language in Language if language.value == short)
