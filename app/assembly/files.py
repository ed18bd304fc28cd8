"""The files that a film is made from, and those that are published with it."""

import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import JsonValue

from app.assembly.captions import captions_of, srt, vtt
from app.assembly.proof import page_of
from app.library.copies import copy_to
from app.library.domain import AssetKind, AssetView
from app.library.intake import Keeping, MadeFile
from app.media.film import FilmReport
from app.media.frames import ContactSheets
from app.media.timeline import Timeline
from app.projects.domain import FilmVariant
from app.resources import Resources

CUTS_FOLDER = ".cuts"


class Gathering:
    """Files of one project on this machine."""

    def __init__(self, resources: Resources, project_id: str) -> None:
        self._resources = resources
        self._kept = resources.settings.storage.storage_path / CUTS_FOLDER / project_id

    async def cache_dir(self) -> Path:
        """The folder whose content outlives a cut: prepared sound, clips that were made to fit."""
        await self._resources.threads.run(self._kept.mkdir, parents=True, exist_ok=True)
        return self._kept

    async def gather(self, assets: Iterable[AssetView], temp_dir: Path) -> Mapping[str, Path]:
        """Copies of these files in a temporary folder, by the ids of their assets."""
        return {
            asset.id: await copy_to(self._resources, asset, temp_dir / f"{asset.id}.{asset.extension}")
            for asset in assets
        }


class FilmFiles:
    """Makes them in a temporary folder, ready to be kept."""

    def __init__(self, resources: Resources, temp_dir: Path) -> None:
        self._run = resources.threads.run
        self._sheets = ContactSheets(resources.tools, resources.threads)
        self._temp_dir = temp_dir

    async def of(
        self, timeline: Timeline, made: FilmReport, proof: Mapping[str, JsonValue]
    ) -> dict[FilmVariant, Keeping]:
        """The film first, then everything that stands beside it."""
        title = timeline.title or "film"
        size: dict[str, JsonValue] = {"width": made.width_px, "height": made.height_px}
        length: dict[str, JsonValue] = {"duration_seconds": round(made.duration_seconds, 3)}
        sound = self._temp_dir / "sound.m4a"
        await self._run(shutil.copyfile, made.sound, sound)
        heard = (
            {}
            if made.loudness.is_silent
            else {FilmVariant.AUDIO: Keeping(AssetKind.SOUND, title, MadeFile(sound, "m4a", length))}
        )
        report = await self._written("report.json", json.dumps(proof, ensure_ascii=False, indent=1))
        sheet, wave = await self._pictures(made, sound)
        page = await self._page(proof, sheet, wave)
        return {
            FilmVariant.VIDEO: Keeping(AssetKind.FILM, title, MadeFile(made.path, "mp4", size | length)),
            FilmVariant.POSTER: Keeping(AssetKind.POSTER, title, MadeFile(made.poster, "jpg", size)),
            **heard,
            FilmVariant.REPORT: Keeping(AssetKind.REPORT, title, MadeFile(report, "json", {})),
            FilmVariant.REPORT_PAGE: Keeping(AssetKind.REPORT, title, MadeFile(page, "html", {})),
            FilmVariant.SPRITE: Keeping(AssetKind.REPORT, title, MadeFile(sheet, "jpg", {})),
            FilmVariant.WAVEFORM: Keeping(AssetKind.REPORT, title, MadeFile(wave, "png", {})),
            **await self._captions(timeline, title),
        }

    async def _captions(self, timeline: Timeline, title: str) -> dict[FilmVariant, Keeping]:
        captions = captions_of(timeline)
        if not captions:
            return {}
        subrip = await self._written("captions.srt", srt(captions))
        web = await self._written("captions.vtt", vtt(captions))
        return {
            FilmVariant.CAPTIONS_SRT: Keeping(AssetKind.CAPTIONS, title, MadeFile(subrip, "srt", {})),
            FilmVariant.CAPTIONS_VTT: Keeping(AssetKind.CAPTIONS, title, MadeFile(web, "vtt", {})),
        }

    async def _pictures(self, made: FilmReport, sound: Path) -> tuple[Path, Path]:
        sheet, wave = self._temp_dir / "sheet.jpg", self._temp_dir / "wave.png"
        await self._sheets.draw(made.path, [segment.picture_seconds for segment in made.segments], sheet)
        await self._sheets.draw_wave(sound, wave)
        return sheet, wave

    async def _page(self, proof: Mapping[str, JsonValue], sheet: Path, wave: Path) -> Path:
        pictures = [await self._run(path.read_bytes) for path in (sheet, wave)]
        return await self._written("report.html", page_of(proof, *pictures))

    async def _written(self, name: str, text: str) -> Path:
        path = self._temp_dir / name
        await self._run(path.write_text, text, encoding="utf-8")
        return path
