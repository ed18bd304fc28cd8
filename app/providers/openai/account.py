"""What one key of OpenAI or of a compatible server is and may do; the registry fills it from settings."""

import hashlib
from dataclasses import dataclass

from pydantic import SecretStr

__all__ = ["NAME", "OpenAIAccount"]

NAME = "openai"


@dataclass(frozen=True)
class OpenAIAccount:
    """One key with the models it is used with; an empty planner model is the library's living default."""

    api_key: SecretStr
    base_url: str = "https://api.openai.com/v1"
    planner_model: str = ""
    uses_responses: bool = True
    image_model: str = "gpt-image-2"
    speech_model: str = "gpt-4o-mini-tts"
    moderation_model: str = "omni-moderation-latest"

    @property
    def label(self) -> str:
        """Names the credential without showing it."""
        fingerprint = hashlib.sha256(self.api_key.get_secret_value().encode()).hexdigest()
        return f"{NAME}:{fingerprint[:12]}"
