"""Probes of real files: what they say is what ffmpeg wrote."""

import time
from pathlib import Path

import pytest

from app.core.threads import Threads
from app.media.errors import UnreadableMedia, UnsupportedMedia
from app.media.mp4_reading import film_from
from app.media.probe import Probes
from app.media.sniff import FileKind
from app.media.tools import Tools, find_tools
from tests import factories

FILM = ("-f", "lavfi", "-i", "testsrc=s=320x180:r=24:d=2", "-f", "lavfi", "-i", "sine=f=330:d=2")
ENCODED = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-shortest")


@pytest.fixture(scope="module")
def tools() -> Tools:
    return find_tools()


@pytest.fixture
def probes(tools: Tools) -> Probes:
    return Probes(tools, Threads(2))


async def made(tools: Tools, path: Path, *arguments: str) -> Path:
    done = await tools.run([*arguments, "-y", str(path)], timeout_seconds=60)
    assert done.succeeded, done.stderr_tail
    return path


async def test_a_film_is_what_was_encoded(tmp_path: Path, tools: Tools, probes: Probes) -> None:
    found = await probes.probe(await made(tools, tmp_path / "a.mp4", *FILM, *ENCODED, "-g", "12"))
    assert found.video is not None
    assert found.audio is not None
    assert (found.kind, found.track_count, found.begins_at_once) == (FileKind.MP4, 2, False)
    assert (found.video.codec, found.video.width_px, found.video.height_px) == ("avc1", 320, 180)
    assert (found.video.frame_count, found.video.keyframe_count, found.video.frames_per_second) == (48, 4, 24)
    assert (found.audio.codec, found.audio.sample_rate, found.audio.channel_count) == ("mp4a", 44100, 1)
    assert found.duration_seconds == pytest.approx(2, abs=0.05)


async def test_clips_of_one_encoder_agree_and_others_do_not(tmp_path: Path, tools: Tools, probes: Probes) -> None:
    forms = {
        "first": ENCODED,
        "like the first": (*ENCODED, "-t", "1", "-metadata", "title=other"),
        "other preset": (*ENCODED, "-preset", "veryfast"),
        "other size": (*ENCODED, "-s", "160x90"),
        "other pace": (*ENCODED, "-r", "30"),
        "fast start": (*ENCODED, "-movflags", "+faststart"),
    }
    found = {}
    for name, form in forms.items():
        seen = await probes.probe(await made(tools, tmp_path / f"{name}.mp4", *FILM, *form))
        assert seen.video is not None
        found[name] = seen
    first = found["first"].video
    agreeing = {name for name, seen in found.items() if first and seen.video and seen.video.joining == first.joining}
    assert agreeing == {"first", "like the first", "fast start"}
    assert {name for name, seen in found.items() if seen.begins_at_once} == {"fast start"}


async def test_a_turned_and_a_fragmented_film_say_so(tmp_path: Path, tools: Tools, probes: Probes) -> None:
    plain = await made(tools, tmp_path / "a.mp4", *FILM, *ENCODED)
    turned = await made(tools, tmp_path / "b.mp4", "-display_rotation", "-90", "-i", str(plain), "-c", "copy")
    pieces = await made(
        tools, tmp_path / "c.mp4", "-i", str(plain), "-c", "copy", "-movflags", "frag_keyframe+empty_moov"
    )
    seen = (await probes.probe(turned)).video
    assert seen is not None
    assert seen.rotation_degrees == 90
    assert (await probes.probe(pieces)).is_fragmented


@pytest.mark.parametrize(("ending", "codec"), [("mp3", "mp3"), ("wav", "pcm_s16le"), ("m4a", "mp4a")])
async def test_recordings_of_every_kind_are_read(
    tmp_path: Path, tools: Tools, probes: Probes, ending: str, codec: str
) -> None:
    path = await made(tools, tmp_path / f"a.{ending}", "-f", "lavfi", "-i", "sine=d=3", "-ac", "2", "-ar", "22050")
    found = await probes.probe(path)
    assert found.video is None
    assert found.audio is not None
    assert (found.audio.codec, found.audio.sample_rate, found.audio.channel_count) == (codec, 22050, 2)
    assert found.duration_seconds == pytest.approx(3, abs=0.1)


async def test_what_is_no_film_and_no_sound_is_refused(tmp_path: Path, probes: Probes) -> None:
    (tmp_path / "a.mp4").write_bytes(factories.picture())
    with pytest.raises(UnsupportedMedia):
        await probes.probe(tmp_path / "a.mp4")
    (tmp_path / "b.mp3").write_bytes(b"ID3" + b"\0" * 5000)
    with pytest.raises(UnreadableMedia):
        await probes.probe(tmp_path / "b.mp3")


async def test_a_probe_of_a_film_starts_no_tool_and_takes_no_time(tmp_path: Path, tools: Tools) -> None:
    path = await made(tools, tmp_path / "a.mp4", *FILM, *ENCODED)
    assert (await Probes(Tools("/no/ffmpeg"), Threads(1)).probe(path)).video is not None
    size = path.stat().st_size
    costs = []
    for _ in range(50):
        begun = time.process_time()
        with path.open("rb") as file:
            film_from(file, size, FileKind.MP4)
        costs.append(time.process_time() - begun)
    print(f"best probe: {min(costs) * 1000:.2f} ms")
    assert min(costs) < 0.005
