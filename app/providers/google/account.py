"""What one Google credential is and may do, and Google's models as data."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from app.providers.bundle import account_label
from app.providers.values import MediaType, PictureRules, Reconcile
from app.providers.video import VideoCapabilities, VideoMode, VideoOutput, VideoResolution

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


PICTURES = PictureRules(frozenset({MediaType.JPEG, MediaType.PNG}), max_bytes=20 * 1024 * 1024)
# 1080P with other lengths than 8 s is not documented for Vertex, so it is not offered.
OUTPUTS = (
    *(VideoOutput(seconds, VideoResolution.P720) for seconds in (4, 6, 8)),
    VideoOutput(8, VideoResolution.P1080),
)
MODES = dict.fromkeys((VideoMode.TEXT, VideoMode.FIRST_FRAME, VideoMode.FIRST_LAST_FRAME), OUTPUTS)
VIDEO_MODELS = MappingProxyType(
    {
        name: VideoCapabilities(
            model=name,
            outputs=MODES,
            prompt_limit_characters=4000,
            picture_rules=PICTURES,
            reconcile=Reconcile.NOT_AT_ALL,
            usual_seconds=usual_seconds,
            give_up_after_seconds=1800,
            submit_deadline_seconds=90.0,
            aspect_ratios=("16:9", "9:16"),
            notes=("Camera movements are described in words.", "Needs the optional extra `google`."),
        )
        for name, usual_seconds in (("veo-3.1-generate-001", 90), ("veo-3.1-fast-generate-001", 60))
    }
)
