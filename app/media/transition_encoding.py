"""Encodes the few frames round each cut anew for a transition; all others are copied."""

import hashlib
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from pathlib import Path

from app.core.threads import Threads
from app.media.cut import ClipDecision, Target, Treatment
from app.media.encoding import KEYFRAME_SECONDS, QUALITY
from app.media.errors import ToolFailed
from app.media.joining import JoinedClip, video_track
from app.media.mp4_writing import Credits, write_film
from app.media.probe import read_clip
from app.media.sniff import FileKind
from app.media.timeline import Transition
from app.media.tools import Tools, file_address, guarded_input
from app.media.transitions import Bridge, Stretch, halves_of, plan_bridges, source_of, stretch_of

SECONDS_PER_FRAME = 0.5
FEWEST_SECONDS = 60.0
# Frames are counted at a rate whose moments are whole microseconds, which is how xfade reads its times.
COUNTING_RATE = 25


@dataclass(frozen=True)
class Bridged:
    """Pieces that show a film with its transitions, and how many frames of each clip were encoded for them."""

    pieces: tuple[JoinedClip, ...]
    encoded_frames: tuple[int, ...]

    def like(self, model: JoinedClip) -> int:
        """Which piece is described as the model is; the first when none is left as it was."""
        same = (number for number, piece in enumerate(self.pieces) if piece.configuration == model.configuration)
        return next(same, 0)

    def decided(
        self, decisions: Sequence[ClipDecision], pieces: Sequence[JoinedClip], look: Transition
    ) -> list[ClipDecision]:
        """What was done with each clip in the end."""
        found = []
        for decision, piece, encoded in zip(decisions, pieces, self.encoded_frames, strict=True):
            count = len(piece.samples.sizes)
            reasons = (*decision.reasons, f"{look} over {encoded} of {count} frames") if encoded else decision.reasons
            copied = decision.treatment is Treatment.COPIED and encoded < count
            treatment = Treatment.PARTLY_ENCODED if copied and encoded else decision.treatment
            found.append(ClipDecision(treatment if encoded < count else Treatment.ENCODED_AGAIN, reasons))
        return found


class Bridger:
    """Makes transitions; one that was made from the same frames is used again."""

    def __init__(self, tools: Tools, threads: Threads) -> None:
        self._tools = tools
        self._threads = threads

    async def bridge(
        self, pieces: Sequence[JoinedClip], target: Target, transition: Transition, seconds: Fraction, folder: Path
    ) -> Bridged:
        """The same film with transitions at all its cuts; pieces must agree with each other."""
        tables = [piece.samples for piece in pieces]
        halves = halves_of(transition, seconds, target.rate, [len(samples.sizes) for samples in tables])
        shown: list[JoinedClip] = []
        encoded = [0] * len(pieces)
        for step in await self._threads.run(plan_bridges, tables, halves):
            if isinstance(step, Stretch):
                shown.append(stretch_of(pieces[step.clip], step.first, step.end))
            else:
                shown.append(await self._made(step, pieces, target, transition, folder))
                for part in step.parts:
                    encoded[part.clip] += part.frame_count
        return Bridged(tuple(shown), tuple(encoded))

    async def _made(
        self, bridge: Bridge, pieces: Sequence[JoinedClip], target: Target, transition: Transition, folder: Path
    ) -> JoinedClip:
        work = Path(await self._threads.run(tempfile.mkdtemp, prefix="bridge-", dir=folder))
        try:
            sources = await self._threads.run(_lay_out, bridge, pieces, work)
            skipped = [part.first - source.first for part, source in zip(bridge.parts, sources, strict=True)]
            graph = bridge_graph(bridge, skipped, transition, target.rate)
            made = folder / await self._threads.run(_name, work, len(sources), graph, target)
            if not await self._threads.run(made.is_file):
                await self._encode(bridge, graph, target, work, made)
            return await self._threads.run(_checked, made, bridge, target)
        finally:
            await self._threads.run(shutil.rmtree, work)

    async def _encode(self, bridge: Bridge, graph: str, target: Target, work: Path, made: Path) -> None:
        partial = work / "made.mp4"
        told = _arguments(bridge, graph, target, work)
        timeout = FEWEST_SECONDS + SECONDS_PER_FRAME * bridge.frame_count
        done = await self._tools.run([*told, file_address(partial)], timeout_seconds=timeout)
        if not done.succeeded:
            raise ToolFailed
        await self._threads.run(_checked, partial, bridge, target)
        await self._threads.run(partial.replace, made)


def bridge_graph(bridge: Bridge, skipped: Sequence[int], transition: Transition, rate: Fraction) -> str:
    """The filters that lead from the first part over all cuts to the last."""
    chains = []
    last = len(bridge.parts) - 1
    for number, (part, skip) in enumerate(zip(bridge.parts, skipped, strict=True)):
        before = bridge.halves[number - 1] if number else 0
        after = bridge.halves[number] if number < last else 0
        counted = f"trim=start_frame={skip},settb=1/{COUNTING_RATE},setpts=N,fps={COUNTING_RATE},format=yuv420p"
        chains.append(f"[{number}:v]{counted}{_edges(part, before, after, transition)}[p{number}]")
    joins = _faded(bridge) if transition is Transition.FADE else _overlaid(bridge, transition)
    return ";".join([*chains, *joins, f"[all]settb={1 / rate},setpts=N,fps={rate}[out]"])


def _edges(part: Stretch, before: int, after: int, transition: Transition) -> str:
    """How a part is prepared: its ends go through black, or its outer pictures are held for the overlap."""
    if transition is Transition.FADE:
        leaving = f",fade=t=out:s={part.frame_count - after}:n={after}" if after else ""
        return (f",fade=t=in:s=0:n={before}" if before else "") + leaving
    held = f"start={before}:start_mode=clone:stop={after}:stop_mode=clone"
    return f",tpad={held}" if before or after else ""


def _faded(bridge: Bridge) -> list[str]:
    labels = "".join(f"[p{number}]" for number in range(len(bridge.parts)))
    return [f"{labels}concat=n={len(bridge.parts)}:v=1:a=0[all]"]


def _overlaid(bridge: Bridge, transition: Transition) -> list[str]:
    look = "slideleft" if transition is Transition.SLIDE else "fade"
    joins, before, bound = [], "p0", 0
    for number, half in enumerate(bridge.halves, 1):
        bound += bridge.parts[number - 1].frame_count
        into = "all" if number == len(bridge.halves) else f"x{number}"
        length, offset = (f"{frames / COUNTING_RATE:.2f}" for frames in (2 * half, bound - half))
        joins.append(f"[{before}][p{number}]xfade=transition={look}:duration={length}:offset={offset}[{into}]")
        before = into
    return joins


def _lay_out(bridge: Bridge, pieces: Sequence[JoinedClip], work: Path) -> list[Stretch]:
    """Writes the packets of each part, with those it needs to be decoded, to files of their own."""
    sources = []
    for number, part in enumerate(bridge.parts):
        piece = pieces[part.clip]
        source = source_of(piece.samples, part)
        write_film([video_track([stretch_of(piece, source.first, source.end)], 0)], Credits(), _part(work, number))
        sources.append(source)
    return sources


def _part(work: Path, number: int) -> Path:
    return work / f"part-{number}.mp4"


def _name(work: Path, count: int, graph: str, target: Target) -> str:
    digest = hashlib.sha256(repr((graph, target)).encode())
    for number in range(count):
        digest.update(_part(work, number).read_bytes())
    return f"bridge-{digest.hexdigest()[:32]}.mp4"


def _arguments(bridge: Bridge, graph: str, target: Target, work: Path) -> list[str]:
    inputs: list[str] = []
    for number in range(len(bridge.parts)):
        inputs += guarded_input(_part(work, number), FileKind.MP4)
    primaries, transfer, matrix, light = target.colour
    named = f"color_primaries={primaries}:color_trc={transfer}:colorspace={matrix}:range={light}"
    return [
        *(
            "-y",
            "-v",
            "error",
            *inputs,
            "-filter_complex",
            f"{graph};[out]format=yuv420p,setsar=1,setparams={named}[v]",
        ),
        *("-map", "[v]", "-an", "-frames:v", str(bridge.frame_count), "-map_metadata", "-1"),
        *("-c:v", "libx264", "-preset", "veryfast", "-crf", QUALITY, "-profile:v", target.profile),
        *("-force_key_frames", _whole_pictures(bridge, target.rate)),
        *("-g", str(round(target.rate * KEYFRAME_SECONDS)), "-x264-params", f"sps-id={target.identity}"),
        *("-video_track_timescale", str(target.timescale), "-write_btrt", "0", "-f", "mp4"),
    ]


def _whole_pictures(bridge: Bridge, rate: Fraction) -> str:
    """When each later clip stands alone again: its first picture that shows nothing of the one before."""
    bounds = accumulate(part.frame_count for part in bridge.parts[:-1])
    moments = ((bound + half) / rate for bound, half in zip(bounds, bridge.halves, strict=True))
    return ",".join(f"{float(moment):.6f}" for moment in moments)


def _checked(made: Path, bridge: Bridge, target: Target) -> JoinedClip:
    facts = read_clip(made)
    video = facts.video
    if facts.samples is None or (video.frame_count, video.timescale, video.frame_ticks) != (
        bridge.frame_count,
        target.timescale,
        target.frame_ticks,
    ):
        raise ToolFailed
    return JoinedClip(made, facts.samples, video.configuration)
