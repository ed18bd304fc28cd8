"""Pure: which of an engine's voices speaks when a door asks for a name that the engine may not have."""

from collections.abc import Sequence

from app.providers.speech import VoiceFacts

__all__ = ["UNKNOWN_VOICE", "cast_among"]

UNKNOWN_VOICE = "The engine has no voice of this name; another one speaks in its place."
# The names that front ends offer, in the order in which they are spread over an engine's voices.
NAMES = ["alloy", "echo", "fable", "onyx", "nova", "shimmer"]
SUFFIX = "-playai"


def cast_among(name: str, listed: Sequence[VoiceFacts], language: str, usual: str) -> tuple[str, bool]:
    """The voice that speaks, and whether it is the one that was asked for.

    Different unknown names are given different voices of the language, as far as there are any, always the same.
    """
    if not name or name in {voice.voice_id for voice in listed}:
        return name or usual, True
    same = [voice.voice_id for voice in listed if name.casefold() in {voice.voice_id.casefold(), voice.name.casefold()}]
    if same:
        return same[0], True
    fitting = [voice.voice_id for voice in listed if voice.language in {None, language}]
    if not fitting:
        return usual, False
    short = name.casefold().removesuffix(SUFFIX)
    number = NAMES.index(short) if short in NAMES else sum(map(ord, short))
    return fitting[number % len(fitting)], False
