"""`avc make` in a process of its own, against a service of exactly the paths that it uses."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doubles.film_service import FILM, JOB, FilmService, film_app
from tests.integration.cli.test_commands import Avc, avc, environment
from tests.standins.running import served

__all__ = ["avc", "environment"]

# Whoever runs the tests in the background of a script has an interrupt ignored, and so would every child.
INTERRUPTIBLE = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from app.cli import main; main()"
)


@pytest.fixture
def service() -> FilmService:
    return FilmService()


@pytest.fixture
def at(service: FilmService, environment: dict[str, str]) -> Iterator[str]:
    with served(film_app(service)) as address:
        environment["AVC_URL"] = address
        yield address


def test_a_story_becomes_a_file_and_its_path_is_the_answer(
    at: str, service: FilmService, avc: Avc, tmp_path: Path
) -> None:
    ended = avc("make", "A fox.", "--length", "12", "--language", "en", "-o", "fox.mp4")
    assert (ended.returncode, ended.stdout) == (0, "fox.mp4\n"), ended.stderr
    assert (tmp_path / "fox.mp4").read_bytes() == FILM
    (order,) = service.orders
    assert order.pop("key")
    words = {"name": "A fox.", "story_prompt": "A fox.", "target_duration_sec": 12, "language": "en"}
    assert order == words | {"auto_approve": True}
    assert [
        word for word in ("Segment  1: ", "Making clips", "about 7 s left", "made in") if word not in ended.stderr
    ] == []
    assert list(tmp_path.glob(".*part")) == []


def test_picture_and_voice_go_with_the_order(at: str, service: FilmService, avc: Avc, tmp_path: Path) -> None:
    (tmp_path / "fox.png").write_bytes(b"picture")
    (tmp_path / "me.wav").write_bytes(b"voice")
    ended = avc("make", "A fox.", "--picture", "fox.png", "--voice", "me.wav", "--json")
    assert ended.returncode == 0, ended.stderr
    assert {"first-frame": b"picture", "audio-sample": b"voice"}.items() <= service.orders[0].items()
    told = json.loads(ended.stdout)
    assert (told["job_id"], told["size_bytes"], Path(told["path"]).name) == (JOB, len(FILM), "film.mp4")


def test_a_missing_language_is_that_of_the_story_and_en_is_said_where_the_story_does_not_tell(
    at: str, service: FilmService, avc: Avc
) -> None:
    said = "The language of the story is not clear, so the film speaks English. Name another one with --language."
    stories = (("Lis niesie latarnię przez mgłę do domu.", "pl", False), ("Zorro 1984", "en", True))
    for number, (story, language, is_said) in enumerate(stories):
        ended = avc("make", story, "-o", f"{number}.mp4")
        assert ended.returncode == 0, ended.stderr
        assert service.orders[-1]["language"] == language
        assert (said in ended.stderr) is is_said


def test_a_film_that_breaks_off_is_fetched_from_there(at: str, service: FilmService, avc: Avc, tmp_path: Path) -> None:
    service.breaks_once = True
    ended = avc("make", "A fox.", "-o", "fox.mp4", AVC_API_KEY="avc_key")
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "fox.mp4").read_bytes() == FILM
    assert service.ranges[0] is None
    assert service.ranges[1] is not None
    assert service.proofs == [None, None]


def test_a_failed_job_is_exit_1_and_says_how_to_go_on(at: str, service: FilmService, avc: Avc, tmp_path: Path) -> None:
    service.ends = "failed"
    ended = avc("make", "A fox.", "-o", "fox.mp4")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert f"Cut 4 words. Go on where it stopped with `avc jobs retry {JOB}`." in ended.stderr
    assert not (tmp_path / "fox.mp4").exists()


def test_interrupting_detaches_and_says_how_to_follow(
    at: str, service: FilmService, tmp_path: Path, environment: dict[str, str]
) -> None:
    service.looks = -1000
    command = [sys.executable, "-c", INTERRUPTIBLE, "make", "A fox."]
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True) as child:
        try:
            assert child.stderr is not None
            assert any("Segment" in line for line in child.stderr)
            child.send_signal(signal.SIGINT)
            _, rest = child.communicate(timeout=30)
        finally:
            child.kill()
    assert child.returncode == 130
    assert f"the job goes on. Follow it with `avc jobs watch {JOB}`." in rest
    assert "Traceback" not in rest


def test_a_film_that_takes_too_long_is_left_at_work(at: str, service: FilmService, avc: Avc) -> None:
    service.looks = -1000
    ended = avc("make", "A fox.", "--timeout", "1")
    assert ended.returncode == 5
    assert f"Follow it with `avc jobs watch {JOB}`" in ended.stderr


def test_without_waiting_the_order_is_the_answer(at: str, service: FilmService, avc: Avc) -> None:
    ended = avc("make", "A fox.", "--no-wait", "--json")
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["job_id"] == JOB
    assert service.looks == 0


def test_a_file_is_not_replaced_unasked(at: str, service: FilmService, avc: Avc, tmp_path: Path) -> None:
    (tmp_path / "fox.mp4").write_bytes(b"older")
    ended = avc("make", "A fox.", "-o", "fox.mp4")
    assert (ended.returncode, service.orders) == (2, [])
    assert avc("make", "A fox.", "-o", "fox.mp4", "--force").returncode == 0
    assert (tmp_path / "fox.mp4").read_bytes() == FILM


def test_a_refused_story_is_exit_3_in_the_services_words(at: str, avc: Avc) -> None:
    ended = avc("make", "forbidden")
    assert (ended.returncode, ended.stderr) == (3, "This story is refused. (request r-1)\n")


def test_watching_tells_programs_one_object_a_line(at: str, avc: Avc) -> None:
    ended = avc("jobs", "watch", JOB, "--json")
    assert ended.returncode == 0, ended.stderr
    told = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [line["job"]["progress"] for line in told] == [25, 50, 75, 100]
    assert [part["label"] for part in told[-1]["parts"]] == ["Segment  1", "Segment  2"]


def test_an_address_that_was_asked_for_must_answer(avc: Avc) -> None:
    ended = avc("jobs", "ls", AVC_URL="http://127.0.0.1:9")
    assert ended.returncode == 4
    assert ended.stderr.startswith("AVC_URL=http://127.0.0.1:9 does not answer")
