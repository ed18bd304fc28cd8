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
    assert ended.stderr.count("For a natural one: ") == 1
    assert (ended.returncode, ended.stdout) == (0, "fox.mp4\n"), ended.stderr
    assert (tmp_path / "fox.mp4").read_bytes() == FILM
    (order,) = service.orders
    assert order.pop("key")
    words = {"name": "A fox.", "story_prompt": "A fox.", "target_duration_sec": 12, "language": "en"}
    assert order == words | {"captions": {"burn": True}, "auto_approve": True}
    assert [
        word for word in ("scene 1 ", "Making clips", "about 0:07 left", "made in") if word not in ended.stderr
    ] == []
    for suffix in ("srt", "vtt"):
        assert (tmp_path / f"fox.{suffix}").read_text() == f"captions.{suffix} of the film"
    assert list(tmp_path.glob(".*part")) == []


def test_everything_that_is_said_about_the_film_goes_with_the_order(at: str, service: FilmService, avc: Avc) -> None:
    said = ("--title", "Fox", "--voice", "PL-warm", "--speed", "1.2", "--style", "paper cut-out", "--aspect", "9:16")
    more = ("--music", "Soft", "--budget", "2.5", "--captions", "file", "--lang", "polish")
    ended = avc("make", "A fox.", *said, *more)
    assert ended.returncode == 0, ended.stderr
    assert {
        "name": "Fox",
        "language": "pl",
        "narration": {"voice": "pl-warm", "speed": 1.2},
        "style": "paper cut-out",
        "aspect_ratio": "9:16",
        "music": {"mood": "soft"},
        "budget": 2.5,
        "captions": {"burn": False},
    }.items() <= service.orders[0].items()


def test_a_saved_voice_is_named_as_its_owner_names_it_and_a_film_may_be_without_captions(
    at: str, service: FilmService, avc: Avc, tmp_path: Path
) -> None:
    ended = avc("make", "A fox.", "--voice", "mine", "--captions", "none", "--music", "none")
    assert ended.returncode == 0, ended.stderr
    expected = {"narration": {"voice": "clone-1"}, "captions": {"soft": False}, "music": {"mood": "none"}}
    assert expected.items() <= service.orders[0].items()
    assert list(tmp_path.glob("film.*")) == [tmp_path / "film.mp4"]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (("-o", "nowhere/fox.mp4"), "The folder nowhere is not there. Make it with `mkdir -p nowhere`"),
        (("-o", "a.txt/fox.mp4"), "It is no folder"),
        (("-o", "fox"), "Name a file that ends in .mp4"),
        (("-o", "taken.mp4"), "taken.srt exists"),
        (("--language", "xx"), "Choose one of: pl (Polish), en (English)"),
        (("--aspect", "5:1"), "Choose one of: 16:9, 9:16"),
        (("--music", "loud"), "Choose one of: none, soft"),
        (("--voice", "bob"), "There is no voice bob. Choose one of: en-warm;"),
        (("--voice", "bob.wav"), "there is no such file"),
        (("--length", "61"), "at most 60 seconds"),
    ],
)
def test_what_cannot_be_is_told_before_anything_is_made(
    at: str, service: FilmService, avc: Avc, tmp_path: Path, said: tuple[str, ...], told: str
) -> None:
    (tmp_path / "a.txt").write_text("no folder")
    (tmp_path / "taken.srt").write_text("mine")
    ended = avc("make", "A fox runs to the house.", *said)
    assert (ended.returncode, service.orders) == (2, []), ended.stderr
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr


NOT_NOW = {
    "old": ({"release": "0.0.1"}, "runs version 0.0.1, which is older than this command", 4),
    "stopping": ({"readiness": {"status": "draining", "checks": {}}}, "is stopping and takes no new work", 4),
    "full": (
        {
            "readiness": {
                "status": "ready",
                "checks": {"disk": {"status": "low", "detail": "3 MB are free, and films wait", "duration_ms": 1}},
            }
        },
        "disk: 3 MB are free, and films wait. Nothing was begun",
        4,
    ),
    "engines": (
        {
            "engines": [
                {"value": "minimax", "label": "MiniMax", "role": "video", "is_default": True, "available": False}
                | {"absent_reason": "MINIMAX_API_KEY is not set.", "models": []}
            ]
        },
        "video (MiniMax: MINIMAX_API_KEY is not set)",
        3,
    ),
}


@pytest.mark.parametrize("name", NOT_NOW)
def test_a_service_that_cannot_make_the_film_is_told_before_anything_is_made(
    at: str, service: FilmService, avc: Avc, name: str
) -> None:
    state, told, code = NOT_NOW[name]
    for attribute, value in state.items():
        setattr(service, attribute, value)
    ended = avc("make", "A fox.")
    assert (ended.returncode, service.orders) == (code, []), ended.stderr
    assert told in ended.stderr


def test_a_picture_that_is_refused_leaves_no_project(at: str, service: FilmService, avc: Avc, tmp_path: Path) -> None:
    service.refuses_uploads = True
    (tmp_path / "fox.png").write_bytes(b"picture")
    ended = avc("make", "A fox.", "--picture", "fox.png")
    assert (ended.returncode, service.deleted) == (2, 1)
    assert "This picture cannot be read." in ended.stderr


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


def test_a_film_is_as_long_as_its_story_needs_and_what_does_not_fit_is_said(
    at: str, service: FilmService, avc: Avc
) -> None:
    sentence = "A fox carries a lantern through the fog and finds the way home to the old mill by the river. "
    short, fits = "A fox runs to the house.", "The film lasts about 6 seconds, as its story needs"
    told = {
        (short, None): (6, fits),
        (short, 30): (30, ""),
        (sentence * 6, 12): (12, "its end may be missing from a film of 12 seconds. Say --length 54"),
        (sentence * 30, None): (60, "film of 60 seconds. Shorten the story."),
    }
    for number, ((story, length), (seconds, words)) in enumerate(told.items()):
        said = () if length is None else ("--length", str(length))
        ended = avc("make", story, "-o", f"{number}.mp4", *said)
        assert (ended.returncode, service.orders[-1]["target_duration_sec"]) == (0, seconds), ended.stderr
        assert words in ended.stderr


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
            assert any("scene" in line for line in child.stderr)
            child.send_signal(signal.SIGINT)
            _, rest = child.communicate(timeout=30)
        finally:
            child.kill()
    assert child.returncode == 130
    assert f"the job goes on at {at}. Follow it with `avc jobs watch {JOB} --out {tmp_path}/film.mp4`." in rest
    assert "Traceback" not in rest


def test_a_film_that_takes_too_long_is_left_at_work(at: str, service: FilmService, avc: Avc) -> None:
    service.looks = -1000
    ended = avc("make", "A fox.", "--timeout", "1")
    assert ended.returncode == 5
    assert f"Follow it with `avc jobs watch {JOB} --out " in ended.stderr


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
    ended = avc("make", "forbidden", "--language", "en", "--length", "6")
    assert (ended.returncode, ended.stderr) == (3, "This story is refused. (request r-1)\n")


def test_watching_tells_programs_one_object_a_line(at: str, avc: Avc) -> None:
    ended = avc("jobs", "watch", JOB, "--json")
    assert ended.returncode == 0, ended.stderr
    told = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [line["job"]["progress"] for line in told] == [25, 50, 75, 100]
    assert [part["label"] for part in told[-1]["parts"]] == ["Scene 1", "Scene 2"]


def test_the_film_of_a_job_that_was_followed_again_comes_to_its_place(at: str, avc: Avc, tmp_path: Path) -> None:
    ended = avc("jobs", "watch", JOB, "--out", "again.mp4")
    assert (ended.returncode, ended.stdout) == (0, "again.mp4\n"), ended.stderr
    assert (tmp_path / "again.mp4").read_bytes() == FILM
    assert avc("jobs", "watch", JOB, "--out", "again.mp4").returncode == 2


def test_an_address_that_was_asked_for_must_answer(avc: Avc) -> None:
    ended = avc("jobs", "ls", AVC_URL="http://127.0.0.1:9")
    assert ended.returncode == 4
    assert ended.stderr.startswith("AVC_URL=http://127.0.0.1:9 does not answer")
