"""What one Google Cloud project is and may do; the registry fills it from settings."""

from dataclasses import dataclass
from typing import Any

from app.providers.kit import account_label

__all__ = ["NAME", "GoogleAccount"]

NAME = "google"


@dataclass(frozen=True)
class GoogleAccount:
    """One project that pays; without `credentials` the library finds the machine's own."""

    project: str
    location: str = "us-central1"
    base_url: str = ""
    credentials: Any = None
    video_model: str = "veo-3.1-generate-001"
    rpm_video: int = 10
    max_in_flight: int = 10
    poll_seconds: float = 10.0

    @property
    def label(self) -> str:
        """Names the project without showing it."""
        return account_label(NAME, self.project)
