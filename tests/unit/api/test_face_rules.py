"""Bodies of faces forgive what foreign clients send; replies can speak both spellings."""

from app.api.dialects.rules import CamelReply, FaceBody, both_spellings


class Wish(FaceBody):
    """A body as a face reads it."""

    story_prompt: str = "none"
    frame_count: int | None = 3


class Told(CamelReply):
    """A reply as a face gives it."""

    voice_id: str
    made_at: str | None


def test_both_spellings_are_read_and_unknown_keys_passed_over() -> None:
    assert Wish.model_validate({"storyPrompt": "A fox", "frame_count": 5, "surprise": 1}) == Wish(
        story_prompt="A fox", frame_count=5
    )


def test_null_and_nothing_mean_unset() -> None:
    read = Wish.model_validate({"storyPrompt": "", "frameCount": None})
    assert read == Wish()
    assert not read.model_fields_set


def test_a_reply_keeps_absent_values_as_null_and_can_speak_both_spellings() -> None:
    told = Told(voice_id="v1", made_at=None)
    assert told.model_dump(mode="json") == {"voiceId": "v1", "madeAt": None}
    assert both_spellings(told) == {"voice_id": "v1", "voiceId": "v1", "made_at": None, "madeAt": None}
