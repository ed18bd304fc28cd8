"""`avc make`: checks what is asked for, orders a film, follows it, and brings it to its place."""

import mimetypes
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import typer

from app.cli.client import API, Api, Json, Lost
from app.cli.commands.films import CaptionForm, Wish
from app.cli.connecting import run
from app.cli.display import say, screen, tell_json
from app.cli.downloading import download, download_captions
from app.cli.exits import Exit, Stopped
from app.cli.following import Follower, ended
from app.cli.loading import part
from app.cli.preflight import Options, check_service, check_target, target_of
from app.core.clock import Clock, SystemClock
from app.core.threads import Threads
from app.planning.domain import fitting_length
from app.projects.options import Language
from app.projects.texts import language_of

BYTES_PER_MEGABYTE = 1_000_000
MINUTE_SECONDS = 60
NAME_CHARACTERS = 80
# The disk is looked at before the length of the film is known.
MOST_USUAL_SECONDS = 60
SAMPLE_SUFFIXES = frozenset({".mp3", ".m4a", ".wav", ".ogg", ".flac", ".webm", ".aac", ".mp4"})


def make(wish: Wish) -> None:
    """Makes the film and says where it is."""
    clock = SystemClock()
    sample = _sample(wish.voice)
    files = {name: file for name, file in (("first-frame", wish.picture), ("audio-sample", sample)) if file is not None}
    for file in files.values():
        if mimetypes.guess_type(file.name)[0] is None:
            text = f"{file}: its name does not say what it is. Use .png, .jpg, .webp, .mp3, .m4a or .wav."
            raise Stopped(text, Exit.MISUSED)
    target = None
    if wish.wait:
        target = target_of(wish.out, force=wish.force)
        check_target(target, wish.length or MOST_USUAL_SECONDS)
    answer = run(lambda api: FilmMaker(api, clock, wish, files).made(target), works=True)
    if wish.as_json:
        tell_json(answer)


@dataclass(frozen=True)
class FilmMaker:
    """One film on its way."""

    api: Api
    clock: Clock
    wish: Wish
    files: dict[str, Path]

    async def made(self, target: Path | None) -> Json:
        """The order, and with a target the film that came of it."""
        begun = self.clock.monotonic()
        project, hint = await self._checked()
        order = await self._ordered(project)
        say(self._begun(order["job_id"]))
        if target is None:
            return order
        with screen(self.clock) as shown:
            follower = Follower(self.api, self.clock, order["job_id"], shown.show, target)
            job = await follower.to_the_end(self.wish.timeout)
        ended(job, follower.way_back())
        size_bytes = await download(self.api, self.clock, order, target)
        beside: list[Path] = []
        if self.wish.captions is not CaptionForm.NONE:
            beside = await download_captions(self.api, order["project_id"], target)
        seconds = self.clock.monotonic() - begun
        say(
            f"{target} ({size_bytes / BYTES_PER_MEGABYTE:.1f} MB), made in "
            f"{seconds // MINUTE_SECONDS:.0f} min {seconds % MINUTE_SECONDS:.0f} s."
        )
        if beside:
            say(f"Captions beside it: {', '.join(file.name for file in beside)}.")
        if hint:
            say(hint)
        if not self.wish.as_json:
            typer.echo(target)
        made = {"path": str(target), "size_bytes": size_bytes, "seconds": round(seconds, 1)}
        return {**order, **made, "captions": [str(file) for file in beside]}

    def _begun(self, job_id: str) -> str:
        """What becomes of the job if nobody follows it."""
        follow = f"`avc jobs watch {job_id}`"
        if self.wish.wait:
            interrupted = "stops it; what is made is kept" if self.api.inside else f"leaves it at work for {follow}"
            return f"Job {job_id} at {self.api.address}. Ctrl-C {interrupted}."
        if self.api.inside:
            return f"Job {job_id} waits until a service runs (`avc serve`), or for {follow}."
        return f"Job {job_id} at {self.api.address}. Follow it with {follow}."

    async def _checked(self) -> tuple[Json, str | None]:
        """The project that is asked for, once it is known to be possible here; and how it would sound more natural."""
        await check_service(self.api)
        options = await Options.of(self.api)
        options.check_engines()
        language = self._language(options)
        is_synthetic = options.speaks_offline and self.wish.voice is None
        hint = part("voices").natural_voice_hint(language.value) if is_synthetic else None
        return dict(self._fields(options, language)), hint

    def _length(self, options: Options, language: Language) -> int:
        """The seconds that were asked for, else as many as the story needs; says what does not fit."""
        needed = fitting_length(self.wish.story, language, speed=self.wish.speed or 1.0)
        length = self.wish.length or min(needed, options.longest_seconds)
        options.check_length(length)
        if needed > length:
            longer = f"Say --length {needed}, or shorten" if needed <= options.longest_seconds else "Shorten"
            say(
                f"To tell the whole story takes about {needed} seconds, so that its end may be missing from a film of "
                f"{length} seconds. {longer} the story."
            )
        elif self.wish.length is None:
            say(f"The film lasts about {length} seconds, as its story needs; --length says otherwise.")
        return length

    def _language(self, options: Options) -> Language:
        if self.wish.language is not None:
            return Language(options.chosen("languages", self.wish.language, "--language"))
        found = language_of(self.wish.story)
        if found is None:
            say("The language of the story is not clear, so the film speaks English. Name another one with --language.")
        return found or Language.EN

    def _fields(self, options: Options, language: Language) -> Iterator[tuple[str, object]]:
        wish = self.wish
        yield "name", wish.title or " ".join(wish.story.split())[:NAME_CHARACTERS] or "Film"
        yield "story_prompt", wish.story
        yield "target_duration_sec", self._length(options, language)
        yield "language", language.value
        yield "captions", {"soft": False} if wish.captions is CaptionForm.NONE else {"burn": self._burns()}
        if wish.style is not None:
            yield "style", wish.style
        if wish.aspect is not None:
            yield "aspect_ratio", options.chosen("aspect_ratios", wish.aspect, "--aspect")
        if wish.music is not None:
            yield "music", {"mood": options.chosen("music_moods", wish.music, "--music")}
        if wish.budget is not None:
            yield "budget", wish.budget
        narration: Json = {}
        if wish.voice is not None and "audio-sample" not in self.files:
            narration["voice"] = options.voice(wish.voice, language)
        if wish.speed is not None:
            narration["speed"] = wish.speed
        if narration:
            yield "narration", narration

    def _burns(self) -> bool:
        return self.wish.captions is CaptionForm.BURNED

    async def _ordered(self, fields: Json) -> Json:
        """The project and the job that makes its film; a project whose film cannot begin is not left behind."""
        project: Json = await self.api.post(f"{API}/projects", fields)
        path = f"{API}/projects/{project['id']}"
        try:
            await self._upload(path)
            # The key keeps a repeated request from starting the work twice.
            job: Json = await self.api.post(f"{path}/produce", {"auto_approve": True}, key=self.clock.new_id())
        except Lost:
            # Nobody knows whether the work has begun.
            raise
        except Stopped:
            with suppress(Stopped):
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
        raise Stopped(text, Exit.MISUSED)
    return None
