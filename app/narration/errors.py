"""What the narration slice refuses."""

from typing import Self

from app.core.errors import Conflict, NotFound, Unusable
from app.providers.errors import InvalidRequest


class VoiceNotFound(NotFound):
    """No such voice of this caller."""

    code = "voice.not_found"
    message = "There is no such voice. Check the id, or look for it among your voices."
    advice = "GET /api/v1/voices lists yours."


class VoiceTaken(Conflict):
    """The caller has saved this voice already."""

    code = "voice.taken"
    message = "You have this voice already. Use it, or delete it first to save it under another name."


class VoiceExpired(InvalidRequest):
    """The vendor no longer has the voice."""

    code = "voice.expired"
    message = "The engine no longer has this voice. Clone or design it again, or choose another one."


class SampleMissing(Unusable):
    """There is nothing to clone from."""

    code = "voice.sample_missing"
    message = "The project has no voice sample. Upload one first."
    advice = "POST /api/v1/projects/{id}/audio-sample"


class SampleUnfit(Unusable):
    """The engine does not clone from this recording, or not at all."""

    code = "voice.sample_unfit"
    message = "The engine does not clone voices from this recording. Send another one, or choose another engine."


class ConsentMissing(Unusable):
    """Nobody said that the person agrees."""

    code = "voice.consent_missing"
    message = "Send in consent the words by which the person agrees that their voice is copied."


class DesignNotOffered(Unusable):
    """The engine invents no voices."""

    code = "voice.design_not_offered"
    message = "The chosen engine invents no voices. Choose another one for speech, or clone a voice."


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
    message = "What the engine sent cannot be played. Start the work anew to buy another one; a retry would not."


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

    @classmethod
    def beforehand(cls, expected_seconds: float, longest_seconds: int, words_to_cut: int) -> Self:
        """Says how much to cut before anything is paid for."""
        said = f"The narration would last about {expected_seconds:.0f} s and its segment at most {longest_seconds} s. "
        said += f"Cut about {words_to_cut} of its words."
        return cls(said, param="narration_text", facts={"words_to_cut": words_to_cut})
