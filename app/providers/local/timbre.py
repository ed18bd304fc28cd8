"""Pure: offline voices by name, from a description, and from what was measured on a sample."""

import math
import re
from dataclasses import dataclass

__all__ = ["TIMBRES", "Timbre", "described_timbre", "measured_timbre", "named_timbre", "voice_name"]

USUAL_RATE_WPM, SLOWEST_WPM, FASTEST_WPM = 160, 110, 220
USUAL_SYLLABLES_PER_SECOND = 4.6
PITCH_PER_OCTAVE = 60
LOWEST_PITCH, HIGHEST_PITCH = 2, 95
# Between the usual voices of men and of women.
DIVIDE_HZ, LOW_REFERENCE_HZ, HIGH_REFERENCE_HZ = 165.0, 112.0, 205.0
LOW, HIGH = "m3", "f3"
MADE_NAME = re.compile(r"local-(?P<variant>[mf]\d)-p(?P<pitch>\d{1,2})-r(?P<rate>\d{2,3})")
USUAL_NAME = re.compile(r"(?:[a-z]{2}-)?(?P<timbre>[a-z]+)")


@dataclass(frozen=True)
class Timbre:
    """How a voice sounds: the synthesiser's variant, its pitch from 0 to 99 and its words per minute."""

    variant: str
    pitch: int
    rate_wpm: int = USUAL_RATE_WPM


TIMBRES = {
    "calm": Timbre(LOW, 40, 152),
    "bright": Timbre(HIGH, 58, 164),
    "deep": Timbre("m7", 24, 146),
    "lively": Timbre("f4", 66, 174),
}
DESCRIBED = {
    "deep": -14, "low": -10, "dark": -10, "grave": -12, "high": 12, "bright": 10, "child": 25, "young": 8, "old": -6,
    "niski": -10, "głęboki": -14, "wysoki": 12, "młody": 8, "dziecko": 25, "stary": -6,
}  # fmt: skip
HIGH_WORDS = frozenset({"woman", "female", "girl", "lady", "kobieta", "kobiecy", "dziewczyna"})
PACES = {"slow": -28, "calm": -14, "fast": 28, "lively": 16, "wolny": -28, "spokojny": -14, "szybki": 28}


def named_timbre(voice_id: str) -> Timbre | None:
    """The voice of this name, with or without a language before it; None when there is none."""
    made = MADE_NAME.fullmatch(voice_id)
    if made is not None:
        rate = min(max(int(made["rate"]), SLOWEST_WPM), FASTEST_WPM)
        return Timbre(made["variant"], int(made["pitch"]), rate)
    usual = USUAL_NAME.fullmatch(voice_id)
    return None if usual is None else TIMBRES.get(usual["timbre"])


def voice_name(timbre: Timbre) -> str:
    """The name that says all of a made voice, so that nothing need be kept."""
    return f"local-{timbre.variant}-p{timbre.pitch}-r{timbre.rate_wpm}"


def measured_timbre(pitch_hz: float, syllables_per_second: float) -> Timbre:
    """The nearest voice to a speaker of this pitch and pace."""
    is_high = pitch_hz >= DIVIDE_HZ
    reference = HIGH_REFERENCE_HZ if is_high else LOW_REFERENCE_HZ
    usual = TIMBRES["bright" if is_high else "calm"]
    pitch = usual.pitch + round(PITCH_PER_OCTAVE * math.log2(max(pitch_hz, 1.0) / reference))
    rate = round(USUAL_RATE_WPM * syllables_per_second / USUAL_SYLLABLES_PER_SECOND)
    return Timbre(usual.variant, _pitch(pitch), min(max(rate, SLOWEST_WPM), FASTEST_WPM))


def described_timbre(description: str) -> Timbre:
    """The nearest voice to a description in English or Polish."""
    words = re.findall(r"\w+", description.casefold())
    usual = TIMBRES["bright" if HIGH_WORDS.intersection(words) else "calm"]
    pitch = usual.pitch + sum(DESCRIBED.get(word, 0) for word in words)
    rate = usual.rate_wpm + sum(PACES.get(word, 0) for word in words)
    return Timbre(usual.variant, _pitch(pitch), min(max(rate, SLOWEST_WPM), FASTEST_WPM))


def _pitch(wished: int) -> int:
    return min(max(wished, LOWEST_PITCH), HIGHEST_PITCH)
