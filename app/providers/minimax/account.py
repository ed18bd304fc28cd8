"""What one MiniMax credential is and may do; the registry fills it from settings or from a user's own key."""

from dataclasses import dataclass

from pydantic import SecretStr

from app.providers.bundle import account_label

NAME = "minimax"
# Hosts that serve made files: recorded 2026-02-01 (video-product.cdn.minimax.io) and printed in the vendor's examples.
FILE_HOSTS = ("minimax.io", "minimaxi.com", "minimax.cn", "minimax.chat", "minimaxi.chat", "aliyuncs.com")


@dataclass(frozen=True)
class MiniMaxAccount:
    """One key with its limits; limits differ by plan, so they are settings and not constants."""

    api_key: SecretStr
    base_url: str = "https://api.minimax.io"
    video_model: str = "MiniMax-Hailuo-02"
    speech_model: str = "speech-2.8-hd"
    rpm_video: int = 5
    rpm_image: int = 10
    rpm_speech: int = 60
    max_in_flight: int = 5
    poll_seconds: float = 10.0
    file_hosts: tuple[str, ...] = FILE_HOSTS

    @property
    def label(self) -> str:
        """Names the credential without showing it."""
        return account_label(NAME, self.api_key.get_secret_value())
