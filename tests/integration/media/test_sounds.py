"""Sounds and hostile inputs: what is not wholly sound is refused, and no list or address in a file is followed."""

from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest

from app.core.errors import AppError
from app.core.threads import Threads
from app.media.audio import VOICE_SAMPLE, AudioRules, Sounds
from app.media.errors import (
    AudioTooLong,
    AudioTooShort,
    ToolFailed,
    ToolMissing,
    ToolTimedOut,
    UnreadableMedia,
    UnsupportedMedia,
)
from app.media.images import Pictures
from app.media.probe import Probes
from app.media.sniff import FileKind
from app.media.tools import Tools, find_tools, guarded_input
from tests import factories
from tests.integration.media.lists import Listener, hostile, listening

CANARY = "canary-file-content-91c2"


@pytest.fixture(scope="module")
def tools() -> Tools:
    return find_tools()


@pytest.fixture
def sounds(tools: Tools) -> Sounds:
    return Sounds(tools, Threads(2))


async def tone(tools: Tools, path: Path, seconds: float, *options: str) -> Path:
    done = await tools.run(
        ["-f", "lavfi", "-i", f"sine=f=330:d={seconds}", *options, "-y", str(path)], timeout_seconds=30
    )
    assert done.succeeded, done.stderr_tail
    return path


@pytest.mark.parametrize("ending", ["mp3", "wav", "m4a"])
async def test_a_voice_sample_is_written_again_without_its_tags(
    tmp_path: Path, tools: Tools, sounds: Sounds, ending: str
) -> None:
    sent = await tone(tools, tmp_path / f"a.{ending}", 10.5, "-metadata", f"comment={CANARY}")
    clean = tmp_path / "clean.mp3"
    facts = await sounds.clean(sent, clean, VOICE_SAMPLE)
    assert abs(facts.duration_seconds - 10.5) < 0.1
    content = clean.read_bytes()
    assert CANARY.encode() not in content
    assert content[:2] == b"\xff\xfb"


@pytest.mark.parametrize(("seconds", "refusal"), [(9.0, AudioTooShort), (301.0, AudioTooLong)])
async def test_a_sample_has_a_shortest_and_a_longest_length(
    tmp_path: Path, tools: Tools, sounds: Sounds, seconds: float, refusal: type[AppError]
) -> None:
    sent = await tone(tools, tmp_path / "a.mp3", seconds)
    with pytest.raises(refusal):
        await sounds.clean(sent, tmp_path / "clean.mp3", VOICE_SAMPLE)


@pytest.mark.parametrize("ending", ["mp3", "m4a"])
async def test_a_cover_is_no_hindrance_and_is_left_out(
    tmp_path: Path, tools: Tools, sounds: Sounds, ending: str
) -> None:
    cover = tmp_path / "cover.png"
    cover.write_bytes(factories.picture())
    form = "ipod" if ending == "m4a" else ending
    options = ("-i", str(cover), "-map", "0", "-map", "1", "-c:v", "copy", "-disposition:v", "attached_pic", "-f", form)
    sent = await tone(tools, tmp_path / f"a.{ending}", 10.5, *options)
    assert b"\x89PNG" in sent.read_bytes()
    clean = tmp_path / "clean.mp3"
    assert (await sounds.clean(sent, clean, VOICE_SAMPLE)).duration_seconds == pytest.approx(10.5, abs=0.1)
    assert b"\x89PNG" not in clean.read_bytes()


async def test_a_header_that_claims_more_sound_than_there_is_changes_nothing(
    tmp_path: Path, tools: Tools, sounds: Sounds
) -> None:
    sent = await tone(tools, tmp_path / "a.wav", 2)
    content = bytearray(sent.read_bytes())
    at = content.index(b"data") + 4
    content[at : at + 4] = (44_100 * 2 * 60).to_bytes(4, "little")
    sent.write_bytes(content)
    with pytest.raises(AudioTooShort) as refused:
        await sounds.clean(sent, tmp_path / "clean.mp3", VOICE_SAMPLE)
    assert refused.value.facts["duration_seconds"] == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize("codec", ["pcm_alaw", "pcm_mulaw", "pcm_u8", "pcm_s24le", "pcm_f32le", "pcm_f64le"])
async def test_every_usual_sort_of_wav_is_read(tmp_path: Path, tools: Tools, sounds: Sounds, codec: str) -> None:
    sent = await tone(tools, tmp_path / "a.wav", 10.5, "-c:a", codec)
    assert (await sounds.clean(sent, tmp_path / "clean.mp3", VOICE_SAMPLE)).kind is FileKind.WAV


async def test_a_picture_named_like_sound_is_refused(tmp_path: Path, sounds: Sounds) -> None:
    sent = tmp_path / "a.mp3"
    sent.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 100)
    with pytest.raises(UnsupportedMedia):
        await sounds.clean(sent, tmp_path / "clean.mp3", VOICE_SAMPLE)


async def test_noise_with_the_head_of_sound_is_unreadable(tmp_path: Path, sounds: Sounds) -> None:
    sent = tmp_path / "a.m4a"
    sent.write_bytes(b"\0\0\0\x20ftypM4A " + b"\x13" * 5000)
    with pytest.raises(UnreadableMedia):
        await sounds.clean(sent, tmp_path / "clean.mp3", VOICE_SAMPLE)


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    async with listening() as opened:
        yield opened


@pytest.mark.parametrize("kind", [FileKind.MP3, FileKind.WAV, FileKind.M4A, FileKind.MP4])
async def test_no_list_in_a_file_is_followed_whatever_it_is_called(
    tmp_path: Path, tools: Tools, listener: Listener, kind: FileKind
) -> None:
    victim = await tone(tools, tmp_path / "victim.wav", 1)
    for name, content in hostile(victim, listener.port).items():
        sent, made = tmp_path / f"sent.{kind.value}", tmp_path / "made.wav"
        sent.write_bytes(content)
        arguments = [*guarded_input(sent, kind), "-t", "2", "-f", "wav", "-y", str(made)]
        await tools.run(arguments, timeout_seconds=10, cwd=tmp_path)
        assert not made.exists() or made.stat().st_size < 1000, name
        made.unlink(missing_ok=True)
    assert listener.connections == []


async def test_the_same_lists_are_followed_without_a_guard(tmp_path: Path, tools: Tools, listener: Listener) -> None:
    victim = await tone(tools, tmp_path / "victim.wav", 1)
    lists = hostile(victim, listener.port)
    sent, made = tmp_path / "list.ffconcat", tmp_path / "made.wav"
    sent.write_bytes(lists["list of a relative file"])
    await tools.run(["-i", str(sent), "-y", str(made)], timeout_seconds=10)
    assert made.stat().st_size > 10_000
    sent = tmp_path / "list.m3u8"
    sent.write_bytes(lists["playlist of an address"])
    await tools.run(["-protocol_whitelist", "file,tcp,http", "-i", str(sent), "-f", "null", "-"], timeout_seconds=10)
    assert listener.connections != []


@pytest.mark.parametrize("ending", ["mp4", "mp3", "png", "m4a", "wav", "jpg"])
async def test_no_door_lets_a_list_in_whatever_it_is_called(
    tmp_path: Path, tools: Tools, sounds: Sounds, listener: Listener, ending: str
) -> None:
    victim = await tone(tools, tmp_path / "victim.wav", 1)
    pictures, probes, clean = Pictures(Threads(2)), Probes(tools, Threads(2)), tmp_path / "clean"
    for name, content in hostile(victim, listener.port).items():
        sent = tmp_path / f"sent.{ending}"
        sent.write_bytes(content)
        for attempt in (sounds.clean(sent, clean, VOICE_SAMPLE), probes.probe(sent), pictures.clean(sent, clean)):
            with pytest.raises((UnsupportedMedia, UnreadableMedia)):
                await attempt
        assert not clean.exists() or clean.stat().st_size < 1000, name
    assert listener.connections == []


@pytest.mark.parametrize("name", ["-f", "a\nfile x", "http:__x", "%03d.mp3", "concat:a|b", "'; ls"])
async def test_a_name_is_never_read_as_an_option_or_an_address(
    tmp_path: Path, tools: Tools, sounds: Sounds, name: str
) -> None:
    sent = await tone(tools, tmp_path / "plain.mp3", 10.5)
    odd = sent.rename(tmp_path / name)
    assert (await sounds.clean(odd, tmp_path / "clean.mp3", VOICE_SAMPLE)).kind is FileKind.MP3


async def test_a_tool_that_does_not_end_is_stopped(tools: Tools) -> None:
    with pytest.raises(ToolTimedOut):
        await tools.run(["-re", "-f", "lavfi", "-i", "sine", "-f", "null", "-"], timeout_seconds=0.5)


async def test_the_bundled_tool_can_do_what_films_need(tools: Tools) -> None:
    assert (await tools.check()).version


async def test_a_missing_or_poor_tool_is_named(tmp_path: Path) -> None:
    with pytest.raises(ToolMissing):
        find_tools(str(tmp_path / "no-ffmpeg"))
    with pytest.raises(ToolFailed):
        await Tools(str(tmp_path / "no-ffmpeg")).run(["-version"], timeout_seconds=5)
    with pytest.raises(ToolMissing):
        await Tools("/bin/true").check()


async def test_another_pitch_changes_the_height_and_not_the_length(
    tmp_path: Path, tools: Tools, sounds: Sounds
) -> None:
    said = tmp_path / "said.wav"
    said.write_bytes(factories.sound(4))
    heights = []
    for pitch in (1.0, 1.25):
        facts = await sounds.clean(said, tmp_path / "clean.mp3", AudioRules(), pitch=pitch)
        assert facts.duration_seconds == pytest.approx(4, abs=0.1)
        raw = ["-map", "0:a:0", "-ac", "1", "-ar", "8000", "-f", "s16le", str(tmp_path / "raw")]
        await tools.run(["-y", *guarded_input(tmp_path / "clean.mp3", FileKind.MP3), *raw], timeout_seconds=20)
        values = memoryview((tmp_path / "raw").read_bytes()).cast("h")
        heights.append(sum(one < 0 <= other for one, other in pairwise(values)))
    assert heights[1] / heights[0] == pytest.approx(1.25, abs=0.03)
