"""Everything that is made on this machine, without a key and without a network."""

from dataclasses import dataclass

from app.core.fairness import FairLimiter
from app.providers.bundle import ProviderContext
from app.providers.local.moderation import LocalModeration
from app.providers.local.motion import LocalMotion
from app.providers.local.natural.engine import NaturalSpeech
from app.providers.local.painter import LocalPainter
from app.providers.local.planner import LocalPlanner
from app.providers.local.speech import LocalSpeech
from app.providers.voices.installed import voice_folder


@dataclass(frozen=True)
class LocalBundle:
    """The offline engines."""

    planner: LocalPlanner
    video: LocalMotion
    image: LocalPainter
    speech: LocalSpeech
    moderation: LocalModeration

    async def check(self) -> None:
        """They are always there."""

    async def close(self) -> None:
        """Ends what still renders; accepted work is a folder and is found again."""
        await self.video.close()


def open_kit(ground: ProviderContext) -> LocalBundle:
    """The engines of this process; clips under way are found again in its folder."""
    # Pictures and speech take a moment each, so that they do not wait for turns that a clip holds for long.
    moments = FairLimiter(ground.processors.size, most_each=ground.processors.most_each)
    natural = NaturalSpeech(voice_folder(ground.settings), ground.threads)
    return LocalBundle(
        LocalPlanner(ground.threads),
        LocalMotion(
            str(ground.ffmpeg),
            ground.folder / "clips",
            ground.threads,
            ground.clock,
            processors=ground.processors,
        ),
        LocalPainter(moments),
        LocalSpeech(ground.ffmpeg, ground.threads, ground.clock, moments, natural=natural),
        LocalModeration(ground.threads),
    )
