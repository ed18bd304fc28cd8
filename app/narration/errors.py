"""What the narration slice refuses."""

from typing import Self

from app.core.errors import NotFound, Unusable
from app.providers.errors import InvalidRequest

__all__ = ["NarrationEmpty", "NarrationNotOffered", "NarrationTooLong", "RecordingUnusable", "VoiceExpired"]
__all__ += ["VoiceNotFound"]


class VoiceNotFound(NotFound):
    """No such voice of this caller."""

    code = "voice.not_found"
    message = "There is no such voice. Check the id, or list yours with GET /api/v1/voices."


class VoiceExpired(InvalidRequest):
    """The vendor no longer has the voice."""

    code = "voice.expired"
    message = "The engine no longer has this voice. Clone or design it again, or choose another one."


class NarrationEmpty(Unusable):
    """There is nothing to say."""

    code = "narration.empty"
    message = "The segment has no narration text. Write one, or plan the film first."


class NarrationNotOffered(Unusable):
    """The chosen engine does not speak this."""

    code = "narration.not_offered"
    message = "The chosen engine does not speak this. Shorten the text, or choose another engine or language."


class RecordingUnusable(Unusable):
    """What the engine sent and charged for is no sound, or is gone."""

    code = "narration.recording_unusable"
    message = "What the engine sent cannot be played. Start the narration anew to buy another one; a retry would not."


class NarrationTooLong(Unusable):
    """The narration does not fit its segment by any means."""

    code = "narration.too_long"
    message = "The narration is longer than its segment. Shorten its text, then start it again."

    @classmethod
    def of(cls, spoken_seconds: float, segment_seconds: int, words_to_cut: int) -> Self:
        """Says how much to cut."""
        said = f"The narration lasts {spoken_seconds:.1f} s and its segment {segment_seconds} s. "
        said += f"Cut about {words_to_cut} of its words, then start it again."
        return cls(said, param="narration_text", facts={"words_to_cut": words_to_cut})
