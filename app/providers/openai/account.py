"""What one OpenAI credential is and may do; the registry fills it from settings or from a user's own key."""

from dataclasses import dataclass
from enum import StrEnum

from pydantic import SecretStr

from app.providers.bundle import account_label

NAME = "openai"


class Api(StrEnum):
    """Which of the two text interfaces a server speaks; compatible servers mostly know only the second."""

    RESPONSES = "responses"
    CHAT = "chat"


@dataclass(frozen=True)
class OpenAILimits:
    """Calls per minute and role, and calls at once; the vendor's tiers differ, so these are modest."""

    rpm_planner: int = 60
    rpm_image: int = 20
    rpm_speech: int = 60
    rpm_moderation: int = 300
    max_in_flight: int = 8


@dataclass(frozen=True)
class OpenAIAccount:
    """One key of OpenAI or of a compatible server; models expire, so their names are settings."""

    api_key: SecretStr
    base_url: str = "https://api.openai.com/v1"
    planner_model: str = "gpt-5.6-luna"
    api: Api = Api.RESPONSES
    image_model: str = "gpt-image-2"
    speech_model: str = "gpt-4o-mini-tts"
    moderation_model: str = "omni-moderation-latest"
    limits: OpenAILimits = OpenAILimits()

    @property
    def label(self) -> str:
        """Names the credential without showing it."""
        return account_label(NAME, self.api_key.get_secret_value())
