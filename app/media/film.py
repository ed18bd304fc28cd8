"""Cuts a film: agreeing clips are copied bit by bit under one prepared sound; reports the film as read back."""

import shutil
import tempfile
from bisect import bisect_left
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import accumulate
from pathlib import Path

from app.core.threads import Threads
from app.media.cut import ClipDecision, ClipFacts, CutPlan, Treatment, plan_cut
from app.media.encoding import Burner, Normaliser
from app.media.errors import ClipUnusable, ToolFailed
from app.media.frames import LitFrames
from app.media.joining import JoinedClip, sound_track, video_track
from app.media.loudness import Loudness
from app.media.mp4_reading import SOUND, Samples, samples_from
from app.media.mp4_writing import Credits, OutTrack, caption_track, chapter_track, language_code, write_film
from app.media.probe import read_clip
from app.media.sniff import HEAD_BYTES, FileKind, sniff
from app.media.sound_files import Soundtrack
from app.media.soundtrack import Soundtracks
from app.media.timeline import Timeline, Transition
from app.media.tools import Tools, file_address, guarded_input
from app.media.transition_encoding import Bridger

# Moments are compared as fractions of a second that were rounded on the way.
NEAR_SECONDS = 0.002


@dataclass(frozen=True)
class SegmentReport:
    """Where a segment lies in the film, what was done with its clip, and its first picture that can be seen alone."""

    first_frame: int
    frame_count: int
    start_seconds: float
    duration_seconds: float
    decision: ClipDecision
    picture_seconds: float = 0.0


@dataclass(frozen=True)
class FilmReport:
    """What the finished file is, as it was read back."""

    path: Path
    size_bytes: int
    duration_seconds: float
    width_px: int
    height_px: int
    frames_per_second: float
    video_codec: str
    audio_codec: str | None
    loudness: Loudness
    segments: tuple[SegmentReport, ...]
    sound: Path
    sound_was_ready: bool

    @property
    def poster(self) -> Path:
        """The first picture that can be seen, beside the film."""
        return self.path.with_suffix(".jpg")

    @property
    def seams_seconds(self) -> tuple[float, ...]:
        """Where one segment ends and the next begins."""
        return tuple(segment.start_seconds for segment in self.segments[1:])

    @property
    def is_copied_whole(self) -> bool:
        """Whether no picture was encoded again."""
        return all(segment.decision.treatment is Treatment.COPIED for segment in self.segments)


def starts_of(pieces: Sequence[JoinedClip]) -> list[Fraction]:
    """When each piece begins, in seconds."""
    return list(accumulate((piece.seconds for piece in pieces), initial=Fraction(0)))[:-1]


def segment_reports(pieces: Sequence[JoinedClip], decisions: Sequence[ClipDecision]) -> tuple[SegmentReport, ...]:
    """Where each segment came to lie."""
    found, first = [], 0
    for piece, start, decision in zip(pieces, starts_of(pieces), decisions, strict=True):
        count, length = len(piece.samples.sizes), piece.samples.ticks / piece.samples.timescale
        found.append(SegmentReport(first, count, float(start), length, decision))
        first += count
    return tuple(found)


def _pictured(segments: Sequence[SegmentReport], samples: Samples | None) -> tuple[SegmentReport, ...]:
    """Which picture stands for each segment: after a transition only a later one can be decoded alone."""
    if samples is None:
        raise ToolFailed
    begins = accumulate(samples.durations, initial=-samples.media_start)
    shown = [begin + delay for begin, delay in zip(begins, samples.compositions, strict=False)]
    alone = sorted(shown if samples.keyframes is None else (shown[number] for number in samples.keyframes))
    moments = [moment / samples.timescale for moment in alone]
    return tuple(replace(segment, picture_seconds=_first_from(moments, segment)) for segment in segments)


def _first_from(moments: Sequence[float], segment: SegmentReport) -> float:
    later = bisect_left(moments, segment.start_seconds - NEAR_SECONDS)
    is_inside = later < len(moments) and moments[later] < segment.start_seconds + segment.duration_seconds
    return moments[later if is_inside else max(0, later - 1)]


def film_report(
    path: Path, size_bytes: int, made: ClipFacts, segments: tuple[SegmentReport, ...], sound: Soundtrack
) -> FilmReport:
    """Believes the file and not the plan: a film that is not what was planned is none."""
    audio = made.media.audio
    is_heard = not sound.loudness.is_silent
    frames = sum(segment.frame_count for segment in segments)
    if is_heard is (audio is None) or made.video.frame_count != frames or not made.media.begins_at_once:
        raise ToolFailed
    return FilmReport(
        path=path,
        size_bytes=size_bytes,
        duration_seconds=made.media.duration_seconds,
        width_px=made.video.width_px,
        height_px=made.video.height_px,
        frames_per_second=made.video.frames_per_second,
        video_codec=made.video.codec,
        audio_codec=audio.codec if audio else None,
        loudness=sound.loudness,
        segments=_pictured(segments, made.samples),
        sound=sound.path,
        sound_was_ready=sound.was_ready,
    )


POSTER_SECONDS = 30.0
LONGEST_SECONDS = 2 * 3600
TOO_LONG = "The clips last longer than two hours. Make shorter ones, then assemble again."
BURNED_IN = "captions burned in"


@dataclass(frozen=True)
class _Pictures:
    """The pictures of a film: its segments, and the files they are taken from."""

    segments: Sequence[JoinedClip]
    shown: Sequence[JoinedClip]
    reference: int
    size: tuple[int, int]
    decisions: Sequence[ClipDecision]

    @property
    def track(self) -> OutTrack:
        return video_track(self.shown, self.reference)


class FilmCutter:
    """Makes films; one at a time needs little memory, whatever its length."""

    def __init__(self, tools: Tools, threads: Threads) -> None:
        self._tools = tools
        self._threads = threads
        self._soundtracks = Soundtracks(tools, threads)
        self._normaliser = Normaliser(tools, threads)
        self._burner = Burner(tools, threads)
        self._bridger = Bridger(tools, threads)
        self._lit_frames = LitFrames(tools)

    async def prepare_audio(self, timeline: Timeline, folder: Path) -> Soundtrack:
        """Makes the sound while clips are still on their way; a film of the same timeline finds it in the folder."""
        return await self._soundtracks.prepare(timeline, folder)

    async def render(self, timeline: Timeline, into: Path, folder: Path) -> FilmReport:
        """Writes the film and its poster; `folder` keeps what the next assembly can use again."""
        if not timeline.segments:
            raise ClipUnusable
        clips = [await self._whole(segment.clip, folder) for segment in timeline.segments]
        timeline = _of_whole(timeline, clips)
        facts = await self._threads.run(_read_clips, clips)
        # A few bytes can claim a clip of years, for which the sound would be made in full.
        if sum(fact.duration for fact in facts) > LONGEST_SECONDS:
            raise ClipUnusable(TOO_LONG)
        cut = plan_cut(facts, must_match=timeline.transition is not Transition.CUT)
        pieces = [
            await self._piece(clip, fact, cut, decision, folder)
            for clip, fact, decision in zip(clips, facts, cut.decisions, strict=True)
        ]
        durations = [piece.seconds for piece in pieces]
        sound = await self._soundtracks.prepare(timeline, folder, durations)
        async with self._pictures(timeline, pieces, cut, folder) as pictures:
            size_bytes = await self._threads.run(_write, timeline, pictures, sound, into)
        await self._draw_poster(into, into.with_suffix(".jpg"))
        made = await self._threads.run(read_clip, into)
        return film_report(into, size_bytes, made, segment_reports(pieces, pictures.decisions), sound)

    async def duration(self, clip: Path, folder: Path) -> Fraction:
        """How long the pictures of a clip are shown, in seconds."""
        facts = await self._threads.run(read_clip, await self._whole(clip, folder))
        return facts.duration

    async def _whole(self, clip: Path, folder: Path) -> Path:
        is_fragmented = (await self._threads.run(read_clip, clip)).media.is_fragmented
        return await self._normaliser.gather(clip, folder) if is_fragmented else clip

    async def _piece(
        self, clip: Path, facts: ClipFacts, cut: CutPlan, decision: ClipDecision, folder: Path
    ) -> JoinedClip:
        if decision.treatment is Treatment.ENCODED_AGAIN:
            return await self._normaliser.match(clip, facts, cut.target, folder)
        if facts.samples is None:
            raise ClipUnusable
        return JoinedClip(clip, facts.samples, facts.video.configuration)

    @asynccontextmanager
    async def _pictures(
        self, timeline: Timeline, pieces: Sequence[JoinedClip], cut: CutPlan, folder: Path
    ) -> AsyncIterator[_Pictures]:
        size = cut.target.width_px, cut.target.height_px
        look = timeline.transition, timeline.transition_seconds
        bridged = await self._bridger.bridge(pieces, cut.target, *look, folder)
        decisions = bridged.decided(cut.decisions, pieces, timeline.transition)
        model = pieces[cut.reference or 0]
        cut = replace(cut, reference=bridged.like(model))
        if not timeline.burned:
            yield _Pictures(pieces, bridged.pieces, cut.reference or 0, size, decisions)
            return
        work = Path(await self._threads.run(tempfile.mkdtemp, prefix="burn-", dir=folder))
        try:
            burned = await self._burner.burn(bridged.pieces, cut, timeline.burned, work)
            yield _Pictures(pieces, [burned], 0, size, _burned(decisions))
        finally:
            await self._threads.run(shutil.rmtree, work)

    async def _draw_poster(self, film: Path, into: Path) -> None:
        moment = await self._lit_frames.first(film)
        arguments = [
            *("-y", "-threads", "1", "-ss", f"{moment:.3f}", *guarded_input(film, FileKind.MP4), "-map", "0:v:0"),
            *("-frames:v", "1", "-q:v", "3", "-update", "1", "-f", "image2", file_address(into)),
        ]
        done = await self._tools.run(arguments, timeout_seconds=POSTER_SECONDS)
        if not done.succeeded or not await self._threads.run(_is_picture, into):
            raise ToolFailed


def _is_picture(path: Path) -> bool:
    with path.open("rb") as file:
        return sniff(file.read(HEAD_BYTES)) is FileKind.JPEG


def _read_clips(clips: Sequence[Path]) -> list[ClipFacts]:
    return [read_clip(clip) for clip in clips]


def _of_whole(timeline: Timeline, clips: Sequence[Path]) -> Timeline:
    """The same with clips in one piece, whose sound can be placed."""
    pairs = zip(timeline.segments, clips, strict=True)
    return replace(timeline, segments=tuple(replace(segment, clip=clip) for segment, clip in pairs))


def _burned(decisions: Sequence[ClipDecision]) -> list[ClipDecision]:
    return [ClipDecision(Treatment.ENCODED_AGAIN, (*decision.reasons, BURNED_IN)) for decision in decisions]


def _write(timeline: Timeline, pictures: _Pictures, sound: Soundtrack, into: Path) -> int:
    with sound.path.open("rb") as file:
        samples = samples_from(file, sound.path.stat().st_size, SOUND)
    if samples is None:
        raise ToolFailed
    video = pictures.track
    duration = video.shown_seconds
    tracks = [video]
    # Players show a film without sound as such; a silent track looks like one whose sound got lost.
    if not sound.loudness.is_silent:
        tracks.append(sound_track(sound.path, samples, sound.sample_count, language_code(timeline.language)))
    if timeline.captions:
        captions = caption_track(timeline.captions, duration, timeline.language, pictures.size)
        tracks.append(replace(captions, is_enabled=timeline.shows_captions))
    titles = [segment.title for segment in timeline.segments]
    if any(titles):
        starts = [float(start) for start in starts_of(pictures.segments)]
        tracks.append(chapter_track(titles, starts, duration, timeline.language))
        tracks[0] = replace(video, chapters_in=len(tracks))
    return write_film(tracks, Credits(timeline.title), into)
