"""Cuts a film: clips that agree are copied bit by bit under one prepared sound, with captions and chapters."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from app.core.threads import Threads
from app.media.container import Credits, write_film
from app.media.cut import ClipFacts, Cut, Decision, Target, Treatment, plan_cut
from app.media.errors import ClipUnusable, ToolFailed
from app.media.film_report import FilmReport, film_report, segment_reports, starts_of
from app.media.inspect import read_clip
from app.media.joining import Piece, sound_track, video_track
from app.media.normalise import Normaliser
from app.media.samples import SOUND, samples_from
from app.media.sniff import Kind
from app.media.sound_files import Soundtrack
from app.media.soundtrack import Soundtracks
from app.media.texts import caption_track, chapter_track, language_code
from app.media.timeline import Timeline
from app.media.tools import Tools, file_address, guarded_input

__all__ = ["Film"]

POSTER_SECONDS = 30.0


class Film:
    """Makes films; one at a time needs little memory, whatever its length."""

    def __init__(self, tools: Tools, threads: Threads) -> None:
        self._tools = tools
        self._threads = threads
        self._soundtracks = Soundtracks(tools, threads)
        self._normaliser = Normaliser(tools, threads)

    async def prepare_audio(self, timeline: Timeline, folder: Path) -> Soundtrack:
        """Makes the sound while clips are still on their way; a film of the same timeline finds it in the folder."""
        return await self._soundtracks.prepare(timeline, folder)

    async def render(self, timeline: Timeline, into: Path, folder: Path) -> FilmReport:
        """Writes the film and its poster; `folder` keeps what the next assembly can use again."""
        if not timeline.segments:
            raise ClipUnusable
        clips = [segment.clip for segment in timeline.segments]
        facts = await self._threads.run(_read_clips, clips)
        cut = plan_cut(facts)
        pieces = [
            await self._piece(clip, fact, cut, decision, folder)
            for clip, fact, decision in zip(clips, facts, cut.decisions, strict=True)
        ]
        durations = [Fraction(piece.samples.ticks, piece.samples.timescale) for piece in pieces]
        sound = await self._soundtracks.prepare(timeline, folder, durations)
        size_bytes = await self._threads.run(_write, timeline, pieces, cut, sound, into)
        await self._draw_poster(pieces[0].path, into.with_suffix(".jpg"))
        made = await self._threads.run(read_clip, into)
        return film_report(into, size_bytes, made, segment_reports(pieces, cut.decisions), sound)

    async def _piece(self, clip: Path, facts: ClipFacts, cut: Cut, decision: Decision, folder: Path) -> Piece:
        if decision.treatment is Treatment.ENCODED_AGAIN:
            name = await self._threads.run(_normal_name, clip, cut.target)
            normal = folder / name
            if not normal.is_file():
                partial = folder / f"{name}.part"
                await self._normaliser.match(clip, facts, cut.target, partial)
                partial.replace(normal)
            clip, facts = normal, await self._threads.run(read_clip, normal)
        if facts.samples is None:
            raise ClipUnusable
        return Piece(clip, facts.samples, facts.video.configuration)

    async def _draw_poster(self, clip: Path, into: Path) -> None:
        arguments = ["-y", *guarded_input(clip, Kind.MP4), "-map", "0:v:0", "-frames:v", "1", "-q:v", "3"]
        done = await self._tools.run(
            [*arguments, "-update", "1", "-f", "image2", file_address(into)], timeout_seconds=POSTER_SECONDS
        )
        if not done.succeeded:
            raise ToolFailed


def _read_clips(clips: Sequence[Path]) -> list[ClipFacts]:
    return [read_clip(clip) for clip in clips]


def _normal_name(clip: Path, target: Target) -> str:
    with clip.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    digest.update(repr(target).encode())
    return f"clip-{digest.hexdigest()[:32]}.mp4"


def _write(timeline: Timeline, pieces: Sequence[Piece], cut: Cut, sound: Soundtrack, into: Path) -> int:
    with sound.path.open("rb") as file:
        samples = samples_from(file, sound.path.stat().st_size, SOUND)
    if samples is None:
        raise ToolFailed
    video = video_track(pieces, cut.reference or 0)
    duration = video.shown_seconds
    tracks = [video, sound_track(sound.path, samples, sound.sample_count, language_code(timeline.language))]
    if timeline.captions:
        size = cut.target.width_px, cut.target.height_px
        tracks.append(caption_track(timeline.captions, duration, timeline.language, size))
    titles = [segment.title for segment in timeline.segments]
    if any(titles):
        starts = [float(start) for start in starts_of(pieces)]
        tracks.append(chapter_track(titles, starts, duration, timeline.language))
        tracks[0] = replace(video, chapters_in=len(tracks))
    return write_film(tracks, Credits(timeline.title), into)
