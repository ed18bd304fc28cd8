"""A film is told by a natural voice where one is installed, and it sounds better than the synthetic one."""

import subprocess
from pathlib import Path

import pytest

from app.media.tools import find_tools
from app.providers.voices.installed import VoiceFolder
from tests.contract.providers.naturalness import Naturalness, measured
from tests.contract.providers.sounds import samples_of
from tests.docs.documents import ROOT, clean_environment
from tests.integration.cli.test_commands import AVC
from tests.natural_voices import KOKORO, PIPER, natural_voices

__all__ = ["natural_voices"]

STORY = "A fox crosses the frozen river at dawn. It finds an owl that has lost its way home."
FILM_SECONDS = 600
# The melody of the synthetic voice is tuned to be as wide as a person's, so a person's need not be wider.
NO_POORER = 0.8


def film(folder: Path, voices: Path) -> Path:
    """Makes the film as a person would, and gives its narration as one sound."""
    environment = clean_environment(
        PYTHONPATH=str(ROOT),
        HOME=str(folder),
        PORT="0",
        LOG_LEVEL="WARNING",
        VOICES_PATH=str(voices),
        STORAGE_PATH=str(folder / "storage"),
        DATABASE_URL=f"sqlite+aiosqlite:///{folder}/film.db",
    )
    command = [*AVC, "make", STORY, "--length", "12", "--out", str(folder / "film.mp4")]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=FILM_SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (folder / "film.mp4").stat().st_size > 100_000
    spoken = sorted((folder / "storage" / "spoken").rglob("*.mp3"))
    assert spoken
    return joined(spoken, folder / "spoken.wav")


def joined(parts: list[Path], target: Path) -> Path:
    inputs = [word for part in parts for word in ("-i", str(part))]
    join = f"concat=n={len(parts)}:v=0:a=1"
    command = [find_tools().ffmpeg, "-v", "error", "-y", *inputs, "-filter_complex", join]
    subprocess.run([*command, "-ac", "1", "-ar", "44100", "-bitexact", str(target)], check=True, timeout=120)
    return target


def only(voice_id: str, among: Path, folder: Path) -> Path:
    """A folder with one of the installed voices."""
    voice = VoiceFolder(among).find(voice_id)
    assert voice is not None
    alone = VoiceFolder(folder / "voices")
    alone.files.mkdir(parents=True)
    for sha256 in voice.files.values():
        alone.file(sha256).symlink_to(VoiceFolder(among).file(sha256))
    alone.keep(voice)
    return alone.path


@pytest.mark.timeout(2400)
def test_an_english_film_by_each_kind_of_voice(
    natural_voices: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found: dict[str, Naturalness] = {}
    for name in ("eSpeak NG", PIPER, KOKORO):
        folder = tmp_path / name.replace(" ", "-")
        folder.mkdir()
        voices = only(name, natural_voices, folder) if name in {PIPER, KOKORO} else folder / "voices"
        found[name] = measured(samples_of(film(folder, voices).read_bytes()), STORY)
    with capsys.disabled():
        print()
        for name, sound in found.items():
            print(f"film by {name:10} {sound}")
    synthetic = found.pop("eSpeak NG")
    for natural in found.values():
        assert natural.flatness > 2 * synthetic.flatness
        assert natural.pitch_range_semitones > NO_POORER * synthetic.pitch_range_semitones
        assert 0.6 < natural.letters_per_second / synthetic.letters_per_second < 1.5
