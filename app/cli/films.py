"""`avc make`, `avc projects` and `avc providers`: films, their projects, and the engines that make them."""

import inspect
import mimetypes
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_type_hints

import typer

from app.api.version import product_version
from app.cli.jobs import Follower, check_success
from app.cli.service import API, BYTES_PER_MEGABYTE, check_target, download, download_captions, run, target_of
from app.cli.terminal import (
    MINUTE_SECONDS,
    AsJson,
    CommandError,
    ConnectionLost,
    ExitCode,
    Json,
    Limit,
    Timeout,
    Yes,
    confirm,
    print_json,
    print_message,
    print_table,
    progress_screen,
)
from app.cli.voices import natural_voice_hint
from app.core.clock import Clock, SystemClock
from app.core.threads import Threads

if TYPE_CHECKING:
    from app.cli.client import ApiClient
    from app.projects.options import Language

T = TypeVar("T")
NAME_CHARACTERS = 80
# The disk is looked at before the length of the film is known.
USUAL_SECONDS = 60
SAMPLE_SUFFIXES = frozenset({".mp3", ".m4a", ".wav", ".ogg", ".flac", ".webm", ".aac", ".mp4"})
NUMBER = re.compile(r"\d+")
ROLES = ("planner", "image", "video", "speech")


class CaptionForm(StrEnum):
    """How the words of the narrator are shown."""

    BURNED = "burned"
    FILE = "file"
    NONE = "none"


Title = typer.Option(help="Name of the film; the beginning of the story if not said.")
Picture = typer.Option(exists=True, dir_okay=False, help="First picture of the film.")
Voice = typer.Option(help="Who narrates: a voice by its name, such as en-warm, or a file with a sample of one.")
Speed = typer.Option(min=0.5, max=2.0, help="Pace of the narrator; 1 is usual.")
Length = typer.Option(min=6, help="Seconds the film lasts; as the story needs if not said.")
SpokenLanguage = typer.Option(
    "--language", "--lang", help="Language of the narration: pl, en and others; that of the story if not said."
)
Style = typer.Option(help="How the pictures look, in your words: watercolour, film noir, paper cut-out …")
Aspect = typer.Option(help="Shape of the picture, such as 16:9, 9:16 or 1:1; that of the first picture if not said.")
CaptionsForm = typer.Option(
    help="burned into the picture; in files beside the film, which every form but none leaves there; or none."
)
Music = typer.Option(help="Mood of the music, such as soft or cinematic, or none; fitting the story if not said.")
Budget = typer.Option(min=0.0, help="Most US dollars that the film may cost.")
Out = typer.Option("--out", "-o", help="Where the film goes; film.mp4 here if not said.")


@dataclass(frozen=True, kw_only=True)
class FilmRequest:
    """The film that is asked for, and how it is waited for."""

    story: Annotated[str, typer.Argument(help="The story to tell.")]
    title: Annotated[str | None, Title] = None
    length: Annotated[int | None, Length] = None
    language: Annotated[str | None, SpokenLanguage] = None
    voice: Annotated[str | None, Voice] = None
    speed: Annotated[float | None, Speed] = None
    picture: Annotated[Path | None, Picture] = None
    style: Annotated[str | None, Style] = None
    aspect: Annotated[str | None, Aspect] = None
    captions: Annotated[CaptionForm, CaptionsForm] = CaptionForm.BURNED
    music: Annotated[str | None, Music] = None
    budget: Annotated[float | None, Budget] = None
    out: Annotated[Path | None, Out] = None
    force: Annotated[bool, typer.Option("--force", help="Replaces the files that are there.")] = False
    wait: Annotated[bool, typer.Option(help="Follows the film until it is there.")] = True
    timeout: Timeout = None
    as_json: AsJson = False


def options_of(kind: type[T]) -> Callable[[Callable[[T], None]], Callable[..., None]]:
    """Makes a command whose arguments and options are the fields of a dataclass."""

    def of(act: Callable[[T], None]) -> Callable[..., None]:
        def command(**given: Any) -> None:
            act(kind(**given))

        command.__dict__["__signature__"] = inspect.signature(kind)
        command.__annotations__ = get_type_hints(kind, include_extras=True)
        command.__doc__ = act.__doc__
        return command

    return of


async def check_service(api: "ApiClient") -> None:
    """Refuses a service that is older than this command, that stops, or that cannot work now, and says why."""
    version = str((await api.get("/version"))["version"])
    if _is_older(version, product_version()):
        text = (
            f"{api.address} runs version {version}, which is older than this command ({product_version()}). "
            "Stop it, start it again with `make run`, and repeat the command."
        )
        raise CommandError(text, ExitCode.UNAVAILABLE)
    ready: Json = await api.get_any_status("/readyz")
    checks: Json = ready.get("checks", {})
    if ready.get("status") == "draining":
        text = f"{api.address} is stopping and takes no new work. Start it again, then repeat the command."
        raise CommandError(text, ExitCode.UNAVAILABLE)
    faults = [f"{name}: {check['detail']}" for name, check in checks.items() if check["status"] != "ok"]
    if faults:
        text = (
            f"{api.address} cannot make films now. {'; '.join(faults)}. Nothing was begun; `avc doctor` looks closer."
        )
        raise CommandError(text, ExitCode.UNAVAILABLE)


class FilmOptions:
    """What films may be like at this service."""

    def __init__(self, options: Json, own_voices: Sequence[Json]) -> None:
        self._options = options
        self._own_voices = own_voices

    @classmethod
    async def of(cls, api: "ApiClient") -> "FilmOptions":
        """The options of the service, and the voices that the caller has saved."""
        return cls(await api.get(f"{API}/options"), (await api.get(f"{API}/voices"))["voices"])

    @property
    def speaks_offline(self) -> bool:
        """Whether the built-in engine narrates unless a voice of another one is named."""
        return any(each["value"] == "local" for each in self._options["engines"] if _is_at_work(each, "speech"))

    def check_engines(self) -> None:
        """Refuses to begin while an engine that would work on the film is missing."""
        missing = dict(self._missing())
        if missing:
            why = "; ".join(f"{role} ({reason})" for role, reason in missing.items())
            settings = " ".join(f"PROVIDER_{role.upper()}=local" for role in missing)
            text = f"Engines are missing: {why}. Set what is missing, or use the built-in engines with {settings}."
            raise CommandError(text, ExitCode.NOT_ALLOWED)

    @property
    def longest_seconds(self) -> int:
        """How long a film may be here."""
        return int(self._options["project"]["target_duration_sec"]["maximum"])

    def check_length(self, seconds: int) -> None:
        """Refuses a length that no film has here."""
        if seconds > self.longest_seconds:
            text = f"A film lasts at most {self.longest_seconds} seconds here, not {seconds}. Say less with --length."
            raise CommandError(text, ExitCode.MISUSED)

    def choose(self, choices: str, value: str, option: str) -> str:
        """One of the values of a closed choice, however it is spelled."""
        offered: list[Json] = self._options[choices]
        for choice in offered:
            if value.casefold() in {str(choice["value"]).casefold(), str(choice["label"]).casefold()}:
                return str(choice["value"])
        named = ", ".join(_named(choice) for choice in offered)
        text = f"{option} {value} is not known here. Choose one of: {named}."
        raise CommandError(text, ExitCode.MISUSED)

    def voice(self, name: str, language: str) -> str:
        """A voice by its name: one of the caller's, else one of the engine that speaks."""
        wanted = name.casefold()
        for own in self._own_voices:
            if wanted in {str(own[key]).casefold() for key in ("id", "voice_id", "name")}:
                return str(own["voice_id"])
        offered = self._options["voices"]
        for voice in offered:
            if wanted in {str(voice["value"]).casefold(), str(voice["label"]).casefold()}:
                return str(voice["value"])
        if not self.speaks_offline:
            # The list of a vendor is not fetched for a command; the vendor itself says what it does not know.
            return name
        named = ", ".join(str(voice["value"]) for voice in offered if voice["language"] in {language, None})
        text = f"There is no voice {name}. Choose one of: {named}; or name a file with a sample of a voice."
        raise CommandError(text, ExitCode.MISUSED)

    def _missing(self) -> Iterator[tuple[str, str]]:
        for role in ROLES:
            chosen = [each for each in self._options["engines"] if each["role"] == role and each["is_default"]]
            if not any(engine["available"] for engine in chosen):
                why = "; ".join(f"{engine['label']}: {engine['absent_reason']}" for engine in chosen)
                yield role, why.rstrip(".") or "none is set up"


def _is_at_work(engine: Json, role: str) -> bool:
    return bool(engine["role"] == role and engine["is_default"])


def _named(choice: Json) -> str:
    value, label = str(choice["value"]), str(choice["label"])
    return value if value.casefold() in label.casefold().split() else f"{value} ({label})"


def _is_older(version: str, own: str) -> bool:
    """Whether the first is an earlier release; versions of an uninstalled checkout are not compared."""
    if "+source" in version or "+source" in own:
        return False
    return _release(version) < _release(own)


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in NUMBER.findall(version)[:3])


@options_of(FilmRequest)
def make(request: FilmRequest) -> None:
    """Makes a narrated film from a story and says where it is; Ctrl-C leaves it at work where a service runs it."""
    clock = SystemClock()
    sample = _sample(request.voice)
    files = {
        name: file for name, file in (("first-frame", request.picture), ("audio-sample", sample)) if file is not None
    }
    for file in files.values():
        if mimetypes.guess_type(file.name)[0] is None:
            text = f"{file}: its name does not say what it is. Use .png, .jpg, .webp, .mp3, .m4a or .wav."
            raise CommandError(text, ExitCode.MISUSED)
    target = None
    if request.wait:
        target = target_of(request.out, force=request.force)
        check_target(target, request.length or USUAL_SECONDS)
    answer = run(lambda api: FilmMaker(api, clock, request, files).made(target), works=True)
    if request.as_json:
        print_json(answer)


@dataclass(frozen=True)
class FilmMaker:
    """One film on its way."""

    api: "ApiClient"
    clock: Clock
    request: FilmRequest
    files: dict[str, Path]

    async def made(self, target: Path | None) -> Json:
        """The order, and with a target the film that came of it."""
        begun = self.clock.monotonic()
        project, hint = await self._check()
        order = await self._order(project)
        print_message(self._next_steps(order["job_id"]))
        if target is None:
            return order
        with progress_screen(self.clock) as shown:
            follower = Follower(self.api, self.clock, order["job_id"], shown.show, target)
            job = await follower.follow(self.request.timeout)
        check_success(job, follower.resume_hint())
        size_bytes = await download(self.api, self.clock, order, target)
        captions: list[Path] = []
        if self.request.captions is not CaptionForm.NONE:
            captions = await download_captions(self.api, order["project_id"], target)
        seconds = self.clock.monotonic() - begun
        print_message(
            f"{target} ({size_bytes / BYTES_PER_MEGABYTE:.1f} MB), made in "
            f"{seconds // MINUTE_SECONDS:.0f} min {seconds % MINUTE_SECONDS:.0f} s."
        )
        if captions:
            print_message(f"Captions beside it: {', '.join(file.name for file in captions)}.")
        if hint:
            print_message(hint)
        if not self.request.as_json:
            typer.echo(target)
        made = {"path": str(target), "size_bytes": size_bytes, "seconds": round(seconds, 1)}
        return {**order, **made, "captions": [str(file) for file in captions]}

    def _next_steps(self, job_id: str) -> str:
        """What becomes of the job if nobody follows it."""
        follow = f"`avc jobs watch {job_id}`"
        if self.request.wait:
            interrupted = "stops it; what is made is kept" if self.api.in_process else f"leaves it at work for {follow}"
            return f"Job {job_id} at {self.api.address}. Ctrl-C {interrupted}."
        if self.api.in_process:
            return f"Job {job_id} waits until a service runs (`avc serve`), or for {follow}."
        return f"Job {job_id} at {self.api.address}. Follow it with {follow}."

    async def _check(self) -> tuple[Json, str | None]:
        """The project that is asked for, once it is known to be possible here; and how it would sound more natural."""
        await check_service(self.api)
        options = await FilmOptions.of(self.api)
        options.check_engines()
        language = self._language(options)
        is_synthetic = options.speaks_offline and self.request.voice is None
        hint = natural_voice_hint(language.value) if is_synthetic else None
        return dict(self._fields(options, language)), hint

    def _length(self, options: FilmOptions, language: "Language") -> int:
        """The seconds that were asked for, else as many as the story needs; says what does not fit."""
        from app.planning.domain import fitting_length

        needed = fitting_length(self.request.story, language, speed=self.request.speed or 1.0)
        length = self.request.length or min(needed, options.longest_seconds)
        options.check_length(length)
        if needed > length:
            longer = f"Say --length {needed}, or shorten" if needed <= options.longest_seconds else "Shorten"
            print_message(
                f"To tell the whole story takes about {needed} seconds, so that its end may be missing from a film of "
                f"{length} seconds. {longer} the story."
            )
        elif self.request.length is None:
            print_message(f"The film lasts about {length} seconds, as its story needs; --length says otherwise.")
        return length

    def _language(self, options: FilmOptions) -> "Language":
        from app.projects.options import Language
        from app.projects.texts import language_of

        if self.request.language is not None:
            return Language(options.choose("languages", self.request.language, "--language"))
        found = language_of(self.request.story)
        if found is None:
            print_message(
                "The language of the story is not clear, so the film speaks English. Name another one with --language."
            )
        return found or Language.EN

    def _fields(self, options: FilmOptions, language: "Language") -> Iterator[tuple[str, object]]:
        request = self.request
        yield "name", request.title or " ".join(request.story.split())[:NAME_CHARACTERS] or "Film"
        yield "story_prompt", request.story
        yield "target_duration_sec", self._length(options, language)
        yield "language", language.value
        yield "captions", {"soft": False} if request.captions is CaptionForm.NONE else {"burn": self._burns()}
        if request.style is not None:
            yield "style", request.style
        if request.aspect is not None:
            yield "aspect_ratio", options.choose("aspect_ratios", request.aspect, "--aspect")
        if request.music is not None:
            yield "music", {"mood": options.choose("music_moods", request.music, "--music")}
        if request.budget is not None:
            yield "budget", request.budget
        narration: Json = {}
        if request.voice is not None and "audio-sample" not in self.files:
            narration["voice"] = options.voice(request.voice, language)
        if request.speed is not None:
            narration["speed"] = request.speed
        if narration:
            yield "narration", narration

    def _burns(self) -> bool:
        return self.request.captions is CaptionForm.BURNED

    async def _order(self, fields: Json) -> Json:
        """The project and the job that makes its film; a project whose film cannot begin is not left behind."""
        project: Json = await self.api.post(f"{API}/projects", fields)
        path = f"{API}/projects/{project['id']}"
        try:
            await self._upload(path)
            # The key keeps a repeated request from starting the work twice.
            job: Json = await self.api.post(f"{path}/produce", {"auto_approve": True}, key=self.clock.new_id())
        except ConnectionLost:
            # Nobody knows whether the work has begun.
            raise
        except CommandError:
            with suppress(CommandError):
                await self.api.delete(path)
            raise
        return {"job_id": job["id"], "project_id": project["id"]}

    async def _upload(self, path: str) -> None:
        threads = Threads(1, name="avc-upload")
        try:
            for name, file in self.files.items():
                await self.api.upload(f"{path}/{name}", file.name, await threads.run(file.read_bytes))
        finally:
            threads.close()


def _sample(voice: str | None) -> Path | None:
    """The file with a sample of a voice, where no voice is named."""
    if voice is None:
        return None
    file = Path(voice)
    if file.is_file():
        return file
    if file.suffix.lower() in SAMPLE_SUFFIXES or len(file.parts) > 1:
        text = f"--voice {voice}: there is no such file. Name a file with a sample of a voice, or a voice."
        raise CommandError(text, ExitCode.MISUSED)
    return None


projects = typer.Typer(no_args_is_help=True, add_completion=False)

ProjectId = Annotated[str, typer.Argument(help="Id of the project.")]


@projects.command("list", hidden=True)
@projects.command("ls")
def list_projects(
    *,
    status: Annotated[str | None, typer.Option(help="Only projects of this status.")] = None,
    limit: Limit = 20,
    as_json: AsJson = False,
) -> None:
    """Lists your projects, newest first."""
    wanted = {"status": status} if status else {}
    found: Json = run(lambda api: api.get(f"{API}/projects", params={**wanted, "limit": limit}))
    if as_json:
        print_json(found)
        return
    rows = (
        (project["id"], project["name"], project["status"], project["segment_count"], project["created_at"])
        for project in found["projects"]
    )
    print_table(("id", "name", "status", "segments", "created"), rows)


@projects.command("show")
def show_project(*, project: ProjectId, as_json: AsJson = False) -> None:
    """Shows a project and its segments."""
    found: Json = run(lambda api: api.get(f"{API}/projects/{project}"))
    if as_json:
        print_json(found)
        return
    print_table(("id", "name", "status"), iter([(found["id"], found["name"], found["status"])]))
    rows = ((segment["index"] + 1, segment["id"], segment["status"]) for segment in found["segments"])
    print_table(("segment", "id", "status"), rows)


@projects.command("rm")
def remove_project(*, project: ProjectId, yes: Yes = False) -> None:
    """Deletes a project with its media."""
    confirm(f"Delete project {project} with its media?", sure=yes)
    run(lambda api: api.delete(f"{API}/projects/{project}"))
    print_message(f"Project {project} is deleted.")


def providers(*, as_json: AsJson = False) -> None:
    """Lists the engines with their roles; a star marks the one that is used unless a project says otherwise."""
    found: Json = run(lambda api: api.get(f"{API}/providers"))
    if as_json:
        print_json(found)
        return
    rows = (
        (engine["name"], engine["title"], _roles(engine), engine["absent_reason"] or "ready")
        for engine in found["providers"]
    )
    print_table(("name", "title", "roles", "state"), rows)


def _roles(engine: Json) -> str:
    return " ".join(f"{offer['role']}{'*' if offer['is_default'] else ''}" for offer in engine["roles"])
