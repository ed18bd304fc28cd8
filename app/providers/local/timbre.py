"""The voices on offer: what each is made of, and names that say it all, so that nothing needs to be stored."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType

from app.providers.speech import VoiceFacts, VoiceOrigin

__all__ = ["DEFAULT_VOICE", "LANGUAGES", "MOST_PITCH", "STYLES", "USUAL_WORDS_PER_MINUTE", "Accent", "Style", "Tone"]
__all__ += ["made_tone", "tone_of", "voices_on_offer"]


@dataclass(frozen=True)
class Accent:
    """How one language is spoken well: a factor to the pace of a style, and what its melody gets added.

    eSpeak NG hurries through some languages and hardly lifts its voice in others; the numbers bring each to the pace
    of audiobooks, and to a melody of about five semitones.
    """

    voice: str
    name: str
    pace: float
    melody: int


LANGUAGES = MappingProxyType(
    {
        "pl": Accent("pl", "Polish", 1.0, 37),
        "en": Accent("en-us", "English", 0.95, 6),
        "de": Accent("de", "German", 0.91, 0),
        "fr": Accent("fr", "French", 0.9, 28),
        "es": Accent("es", "Spanish", 1.0, 22),
        "it": Accent("it", "Italian", 1.0, 14),
        "pt": Accent("pt-br", "Portuguese", 1.04, 26),
    }
)


@dataclass(frozen=True)
class Style:
    """One way to sound.

    `middle_hz` is the pitch that was measured on this variant of eSpeak NG 1.52 at its middle setting of 50.
    """

    variant: str
    middle_hz: float
    pitch: int
    words_per_minute: int
    liveliness: int
    description: str


STYLES = MappingProxyType(
    {
        "narrator": Style("m3", 104.0, 48, 158, 62, "A clear man's voice that tells stories evenly."),
        "warm": Style("f4", 176.0, 46, 154, 60, "A warm woman's voice, a little lower and unhurried."),
        "deep": Style("m8", 85.0, 46, 146, 55, "A deep man's voice that takes its time."),
        "calm": Style("m1", 96.0, 52, 136, 45, "A soft, slow man's voice with little melody."),
        "bright": Style("f5", 202.0, 54, 168, 70, "A clear, lively woman's voice."),
        "lively": Style("Annie", 245.0, 56, 172, 72, "A high, quick, young voice."),
        "elder": Style("grandpa", 109.0, 40, 134, 60, "An old man's voice that has seen a lot."),
    }
)
DEFAULT_VOICE = "narrator"
DEFAULT_LANGUAGE = "en"
# The pace of the default voice, at which rests were measured.
USUAL_WORDS_PER_MINUTE = 158
LEAST_WORDS_PER_MINUTE, MOST_WORDS_PER_MINUTE = 90, 260
MOST_PITCH = 99
# Factor to the pitch in the middle, measured at these settings; it is much the same for every variant.
SETTINGS = (0, 20, 35, 50, 65, 80, 99)
FACTORS = (0.70, 0.78, 0.88, 1.0, 1.16, 1.345, 1.66)
OFFERED = re.compile(r"(?:([a-z]{2})-)?([a-z]+)")
MADE = re.compile(r"local-(clone|design)-([a-z]{2})-([a-z]+)-p(\d{1,2})-r(\d{2,3})")
ORIGINS = MappingProxyType({VoiceOrigin.CLONED: "clone", VoiceOrigin.DESIGNED: "design"})


@dataclass(frozen=True)
class Tone:
    """A voice as eSpeak NG is told it; the pitch is its setting of 0 to 99."""

    language: str
    style: str
    pitch: int
    words_per_minute: int

    @property
    def pitch_hz(self) -> float:
        """How high it sounds in the middle of a sentence."""
        return STYLES[self.style].middle_hz * _along(self.pitch, SETTINGS, FACTORS)

    @property
    def wanted_words_per_minute(self) -> float:
        """What eSpeak NG is asked for, so that every language is spoken in the same unhurried way."""
        return self.words_per_minute * LANGUAGES[self.language].pace

    @property
    def melody(self) -> int:
        """How far it rises and falls, as eSpeak NG counts it."""
        return min(STYLES[self.style].liveliness + LANGUAGES[self.language].melody, MOST_PITCH)

    def named(self, origin: VoiceOrigin) -> str:
        """The name from which this voice can be made again."""
        return f"local-{ORIGINS[origin]}-{self.language}-{self.style}-p{self.pitch}-r{self.words_per_minute}"


def made_tone(language: str, style: str, *, pitch_hz: float, words_per_minute: float) -> Tone:
    """A style moved to a pitch and a pace, as far as it goes."""
    setting = _along(pitch_hz / STYLES[style].middle_hz, FACTORS, SETTINGS)
    pace = min(max(round(words_per_minute), LEAST_WORDS_PER_MINUTE), MOST_WORDS_PER_MINUTE)
    return Tone(language, style, min(round(setting), MOST_PITCH), pace)


def tone_of(voice_id: str) -> Tone | None:
    """The voice of this name, with or without a language before a style; None when there is none."""
    if offered := OFFERED.fullmatch(voice_id):
        language, style = offered[1] or DEFAULT_LANGUAGE, offered[2]
        if language in LANGUAGES and style in STYLES:
            return Tone(language, style, STYLES[style].pitch, STYLES[style].words_per_minute)
    if made := MADE.fullmatch(voice_id):
        language, style, pace = made[2], made[3], int(made[5])
        is_pace = LEAST_WORDS_PER_MINUTE <= pace <= MOST_WORDS_PER_MINUTE
        if language in LANGUAGES and style in STYLES and is_pace:
            return Tone(language, style, int(made[4]), pace)
    return None


def voices_on_offer() -> Iterator[VoiceFacts]:
    """Every style in every language."""
    for language, accent in LANGUAGES.items():
        for style, made_of in STYLES.items():
            voice_id, title = f"{language}-{style}", f"{accent.name}, {style}"
            yield VoiceFacts(voice_id, title, VoiceOrigin.SYSTEM, made_of.description, language)


def _along(at: float, points: tuple[float, ...], values: tuple[float, ...]) -> float:
    """The value at a place between points, and the nearest end outside of them."""
    if at <= points[0]:
        return values[0]
    for number in range(1, len(points)):
        if at <= points[number]:
            part = (at - points[number - 1]) / (points[number] - points[number - 1])
            return values[number - 1] + part * (values[number] - values[number - 1])
    return values[-1]
