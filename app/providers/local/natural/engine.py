"""The service's side of natural voices: which one speaks, and a child with limits that does it."""

import json
from collections.abc import Callable, Iterator, Sequence

from app.core.process import Limits, module_command
from app.core.threads import Threads
from app.providers.errors import InvalidRequest, Unreachable
from app.providers.local.espeak import MOST_SECONDS, NAME, TOO_LONG, Spoken, read_recording, run_child
from app.providers.local.voices import DEFAULT_VOICE, LANGUAGES
from app.providers.speech import SpeechRequest, VoiceFacts, VoiceOrigin
from app.providers.voices.installed import EXTRA, InstalledVoice, VoiceFolder, can_speak

WORKER = "app.providers.local.natural.worker"
# A model of 92 MB and its work on one sentence stay below half of this memory.
NATURAL_LIMITS = Limits(memory_bytes=4 * 1024**3, cpu_seconds=900, file_bytes=0, open_files=64)
# The slowest model speaks one second in about as long on a busy processor.
NATURAL_SECONDS = 900.0


class NaturalSpeech:
    """Speaks with what is installed, which may change while the service runs."""

    def __init__(
        self,
        folder: VoiceFolder,
        threads: Threads,
        *,
        speaking: Sequence[str] | None = None,
        is_ready: Callable[[], bool] = can_speak,
    ) -> None:
        self._folder = folder
        self._threads = threads
        self._speaking = speaking or module_command(WORKER)
        self._is_ready = is_ready

    async def chosen(self, request: SpeechRequest) -> InstalledVoice | None:
        """The natural voice of a request; None where eSpeak NG is meant. The usual voice is natural where it can be."""
        return await self._threads.run(self._chosen, request)

    async def offered(self) -> tuple[VoiceFacts, ...]:
        """Every voice that can speak now."""
        return await self._threads.run(lambda: tuple(self._offered()))

    async def spoken(self, text: str, voice: InstalledVoice, speed: float) -> Spoken:
        """One text in one voice."""
        order = {
            "text": text,
            "engine": voice.engine.value,
            "phonemes": voice.phonemes,
            "files": {role: str(self._folder.file(sha256).resolve()) for role, sha256 in voice.files.items()},
            "speed": speed * voice.pace,
            "max_seconds": MOST_SECONDS,
        }
        done = await run_child(
            self._speaking, NATURAL_LIMITS, stdin=json.dumps(order).encode(), timeout_seconds=NATURAL_SECONDS
        )
        if done.exit_code == TOO_LONG:
            raise InvalidRequest(provider=NAME, hint=f"Use a text that takes under {MOST_SECONDS:g} s to speak.")
        if not done.succeeded:
            raise Unreachable(provider=NAME, provider_code=f"the natural voice ended with {done.exit_code}")
        recording = read_recording(done.stdout)
        return Spoken(recording.samples, recording.rate_hz, recording.marks, 1.0, is_natural=True)

    def _chosen(self, request: SpeechRequest) -> InstalledVoice | None:
        if request.voice_id in {"", DEFAULT_VOICE}:
            return self._folder.first(request.language) if self._is_ready() else None
        voice = self._folder.find(request.voice_id)
        if voice is None:
            return None
        if not self._is_ready():
            hint = f"Install the extra {EXTRA} of this service, or choose another voice."
            raise InvalidRequest(provider=NAME, hint=hint)
        if request.language not in {"", voice.language}:
            hint = f"{voice.title} speaks {LANGUAGES[voice.language].name} only. Choose a voice of this language."
            raise InvalidRequest(provider=NAME, hint=hint)
        return voice

    def _offered(self) -> Iterator[VoiceFacts]:
        if not self._is_ready():
            return
        for voice in self._folder.voices():
            name = f"{LANGUAGES[voice.language].name}, {voice.title} (natural)"
            said = f"{voice.description} A natural voice, made on this machine by {voice.engine.value.title()}."
            yield VoiceFacts(voice.id, name, VoiceOrigin.SYSTEM, said, voice.language)
