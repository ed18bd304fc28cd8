"""Everything one Google Cloud project can do."""

from dataclasses import dataclass
from typing import Self

from app.core.clock import Clock
from app.providers.bundle import ProviderContext
from app.providers.google.account import GoogleAccount
from app.providers.google.video import GoogleVideo


@dataclass(frozen=True)
class GoogleBundle:
    """The adapters of one project."""

    video: GoogleVideo

    @classmethod
    def over(cls, account: GoogleAccount, clock: Clock) -> Self:
        """Builds the adapters; nothing is called yet."""
        return cls(GoogleVideo(account, clock))

    async def check(self) -> None:
        """One free call that fails with AccountProblem when the project does not work."""
        await self.video.check()

    async def close(self) -> None:
        """Closes the connections."""
        await self.video.close()


def open_bundle(context: ProviderContext) -> GoogleBundle:
    """The adapters of the operator's own project."""
    own = context.settings.google
    account = GoogleAccount(project=own.google_cloud_project, location=own.google_cloud_location)
    return GoogleBundle.over(account, context.clock)
