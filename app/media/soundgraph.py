"""Pure: what ffmpeg is told so that every sound begins with the first frame of its segment."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from app.media.loudness import LoudnessSetting
from app.media.sniff import FileKind
from app.media.timeline import SAMPLE_RATE
from app.media.tools import file_address, guarded_input

RAW_SAMPLE_BYTES = 8
RAW = ("-f", "f32le", "-ar", str(SAMPLE_RATE), "-ac", "2")
UNIFORM = f"aresample={SAMPLE_RATE},aformat=sample_fmts=fltp:channel_layouts=stereo"
METER = "ebur128=peak=true:framelog=quiet"
# True peaks cost twice as much as loudness, and before the limiter nobody asks for them.
LOUDNESS_METER = "ebur128=framelog=quiet"
# The compressor drops what it has of one input when the other ends first, so both get an end that nobody needs.
SPARE = f"apad=pad_len={SAMPLE_RATE}"
# A sound that is cut at the end of its segment ends in a short fade instead of a click.
CUT_FADE_SAMPLES = 480
MUSIC_FADE_IN_SECONDS, MUSIC_FADE_SECONDS = 0.8, 1.5
# The limiter looks ahead by its attack; without `latency` everything would come that much too late.
LIMITER = "level=0:attack=5:release=50:latency=1"
# Both channels coded as they are: choosing between that and their sum costs half as much again and saves nothing here.
CODING = ("-c:a", "aac", "-aac_coder", "fast", "-aac_ms", "0", "-b:a", "192k")
ENCODER = (*CODING, "-map_metadata", "-1", "-bitexact", "-f", "mp4")
# Music at its usual volume: so far below the voice in its pauses, so far while it speaks.
PAUSE_BELOW_SPEECH_LU, SPEECH_BELOW_SPEECH_LU = 5.3, 11.8
# Presses whatever lies under a voice nearly to nothing, and mixes as much of that in as the depth asks for; back in
# its place within the 0.6 seconds from which on a pause is one.
COMPRESSOR = "sidechaincompress=threshold=0.01:ratio=20:attack=20:release=500"
PRESSED_TO = 0.1


@dataclass(frozen=True)
class Placed:
    """A sound, or silence, that fills exactly so many samples."""

    sample_count: int
    path: Path | None = None
    kind: FileKind = FileKind.MP3
    fade_in_samples: int = 0
    fade_out_samples: int = CUT_FADE_SAMPLES


@dataclass(frozen=True)
class Bus:
    """Raw sound, how far it is lifted before the buses meet, and how much of it lies before what is mixed."""

    path: Path
    gain_db: float
    skipped_samples: int = 0
    is_music: bool = False


@dataclass(frozen=True)
class Mix:
    """The buses of a film, or of a stretch of it; music leaves so many samples before the end of the film."""

    sample_count: int
    speech: Bus
    setting: LoudnessSetting
    under: tuple[Bus, ...] = ()
    is_ducked: bool = True
    ends_after_samples: int = 0

    def at(self, setting: LoudnessSetting) -> "Mix":
        """The same with another setting."""
        return replace(self, setting=setting)


def placing_arguments(sounds: Sequence[Placed], into: Path) -> list[str]:
    """Puts sounds one after another, each padded or cut to its samples, into one raw file."""
    inputs: list[str] = []
    chains: list[str] = []
    used = 0
    for number, sound in enumerate(sounds):
        source = f"anullsrc=r={SAMPLE_RATE}:cl=stereo,aformat=sample_fmts=fltp"
        if sound.path is not None:
            inputs += ["-vn", *guarded_input(sound.path, sound.kind)]
            source = f"[{used}:a:0]{UNIFORM}"
            used += 1
        count = sound.sample_count
        fade = _edge_fades(sound)
        chains.append(f"{source},apad=whole_len={count},atrim=end_sample={count},{fade},asetpts=N/SR/TB[s{number}]")
    labels = "".join(f"[s{number}]" for number in range(len(sounds)))
    graph = ";".join([*chains, f"{labels}concat=n={len(sounds)}:v=0:a=1[all]"])
    return ["-y", "-v", "error", *inputs, "-filter_complex", graph, "-map", "[all]", *RAW, file_address(into)]


def edged(sounds: Sequence[Placed], halves: Sequence[tuple[int, int]]) -> list[Placed]:
    """The same sounds, which come after each cut and leave before it in step with a transition of the pictures."""
    if not any(map(any, halves)):
        return list(sounds)
    return [
        replace(sound, fade_in_samples=begin, fade_out_samples=max(CUT_FADE_SAMPLES, end))
        for sound, (begin, end) in zip(sounds, halves, strict=True)
    ]


def _edge_fades(sound: Placed) -> str:
    length = sound.fade_out_samples
    leaving = f"afade=t=out:ss={max(0, sound.sample_count - length)}:ns={length}"
    return f"afade=t=in:ss=0:ns={sound.fade_in_samples},{leaving}" if sound.fade_in_samples else leaving


def meter_arguments(path: Path) -> list[str]:
    """Measures how loud raw sound is as it comes."""
    return [*RAW, "-i", file_address(path), "-af", LOUDNESS_METER, "-f", "null", "-"]


def mix_arguments(mix: Mix, ending: Sequence[str], *, is_metered: bool) -> list[str]:
    """Speech over ducked music, lifted and limited, into whatever the ending says."""
    inputs = [*RAW, "-i", file_address(mix.speech.path)]
    for bus in mix.under:
        inputs += ["-stream_loop", "-1", *RAW, "-i", file_address(bus.path)]
    meter = f",{METER}" if is_metered else ""
    limit = 10 ** (mix.setting.limit_db / 20)
    limiter = f"alimiter=limit={limit:.5f}:{LIMITER}"
    graph = f"{_buses(mix)}volume={mix.setting.gain_db:.3f}dB,{limiter}{meter}[out]"
    return ["-y", *inputs, "-filter_complex", graph, "-map", "[out]", *ending]


def _buses(mix: Mix) -> str:
    speech = f"[0:a]{_taken(mix.speech, mix.sample_count)}"
    if not mix.under:
        return f"{speech},"
    chains = []
    for number, bus in enumerate(mix.under, 1):
        fade_samples = int(MUSIC_FADE_SECONDS * SAMPLE_RATE)
        begin = max(0, mix.sample_count + mix.ends_after_samples - fade_samples)
        fade = f"afade=t=out:ss={begin}:ns={fade_samples}"
        begins = f"afade=t=in:ss=0:ns={int(MUSIC_FADE_IN_SECONDS * SAMPLE_RATE)}:curve=qsin," if bus.is_music else ""
        chains.append(f"[{number}:a]{begins}{_taken(bus, mix.sample_count)},{fade}[u{number}]")
    labels = "".join(f"[u{number}]" for number in range(1, len(mix.under) + 1))
    chains.append(f"{labels}amix=inputs={len(mix.under)}:normalize=0[under]")
    if not mix.is_ducked:
        return ";".join([f"{speech}[speech]", *chains, "[speech][under]amix=inputs=2:normalize=0,"])
    return ";".join(
        [
            f"{speech},asplit[speech][key]",
            *chains,
            f"[under]{SPARE}[longer];[key]{SPARE}[longer_key]",
            f"[longer][longer_key]{_ducking()},atrim=end_sample={mix.sample_count}[ducked]",
            "[speech][ducked]amix=inputs=2:normalize=0,",
        ]
    )


def _ducking() -> str:
    depth_db = SPEECH_BELOW_SPEECH_LU - PAUSE_BELOW_SPEECH_LU
    share = (1 - 10 ** (-depth_db / 20)) / (1 - PRESSED_TO)
    return f"{COMPRESSOR}:mix={share:.4f}"


def _taken(bus: Bus, sample_count: int) -> str:
    end = bus.skipped_samples + sample_count
    cut = f"atrim=start_sample={bus.skipped_samples}:end_sample={end},asetpts=N/SR/TB"
    return f"{cut},volume={bus.gain_db:.3f}dB"
