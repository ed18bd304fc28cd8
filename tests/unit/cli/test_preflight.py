"""Where a film may go, told before it is ordered."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.cli.service import check_target, free_name, target_of
from app.cli.terminal import CommandError, ExitCode


def test_a_free_name_is_free_for_the_captions_too(tmp_path: Path) -> None:
    assert free_name(tmp_path).name == "film.mp4"
    (tmp_path / "film.mp4").touch()
    (tmp_path / "film-2.vtt").touch()
    assert free_name(tmp_path).name == "film-3.mp4"
    assert target_of(tmp_path, force=False) == tmp_path / "film-3.mp4"


@pytest.mark.parametrize("name", ["film", "film.mov", "film.mp4.txt"])
def test_a_film_is_an_mp4(tmp_path: Path, name: str) -> None:
    with pytest.raises(CommandError, match=r"ends in \.mp4") as stopped:
        target_of(tmp_path / name, force=True)
    assert stopped.value.exit_code is ExitCode.MISUSED


def test_what_is_there_is_replaced_only_by_force(tmp_path: Path) -> None:
    (tmp_path / "film.srt").touch()
    with pytest.raises(CommandError, match=r"film\.srt exists"):
        target_of(tmp_path / "film.MP4", force=False)
    assert target_of(tmp_path / "film.MP4", force=True) == tmp_path / "film.MP4"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of four megabytes."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount a disk of its own")
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", place], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def test_a_full_disk_and_one_that_cannot_be_written_are_told(small_disk: Path) -> None:
    with pytest.raises(CommandError, match="MB free, and this film may take 38 MB") as stopped:
        check_target(small_disk / "film.mp4", 30)
    assert stopped.value.exit_code is ExitCode.UNAVAILABLE
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(CommandError, match="cannot be written"):
        check_target(small_disk / "film.mp4", 30)
    assert list(small_disk.iterdir()) == []
