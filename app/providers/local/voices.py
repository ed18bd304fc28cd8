"""The voices on offer: what each is made of, what a description asks for, and how a recorded person speaks."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from app.providers.speech import VoiceFacts, VoiceOrigin


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


@dataclass(frozen=True)
class Wish:
    """What one group of words does to a voice; the first group with a style decides on it."""

    stems: tuple[str, ...]
    style: str | None = None
    pitch_factor: float = 1.0
    pace_factor: float = 1.0
    pattern: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "pattern", re.compile(rf"\b(?:{'|'.join(self.stems)})", re.IGNORECASE))


Stems = tuple[str, ...]
FEMALE: Stems = (
    "female",
    "wom[ae]n",
    "girl",
    "lady",
    "mother",
    "she\\b",
    "kobie",
    "dziewczy",
    "pani\\b",
    "mam[ay]\\b",
    "żeńsk",
)

FEMALE += (
    "frau",
    "weiblich",
    "mädchen",
    "femme",
    "fille\\b",
    "féminin",
    "mujer",
    "niña",
    "femenin",
    "donna",
    "ragazza",
)

FEMALE += ("femminil", "mulher", "menina", "feminin")

OLD: Stems = (
    "old\\b",
    "elder",
    "aged",
    "grand",
    "star[aysz]",
    "dziad",
    "babci",
    "alt(?:e|er|es)?\\b",
    "vieux",
    "vieille",
)

OLD += ("viej", "anzian", "vecchi", "velh", "idos")

YOUNG: Stems = (
    "young",
    "child",
    "kid\\b",
    "boy",
    "teen",
    "girl",
    "młod",
    "dzieck",
    "dzieci",
    "chłop",
    "jung",
    "kind\\b",
)

YOUNG += ("jeune", "enfant", "jov[eé]n", "niñ", "giovan", "bambin", "jove[nm]", "menin", "crian")

DEEP: Stems = (
    "deep",
    "low\\b",
    "bass",
    "dark",
    "głębok",
    "nisk",
    "tief",
    "dunkel",
    "grave\\b",
    "profond",
    "profund",
    "bass[oa]",
)
HIGH: Stems = (
    "high",
    "bright",
    "light",
    "clear",
    "wysok",
    "jasn",
    "hoch",
    "hell",
    "aigu",
    "clair",
    "agud",
    "clar",
    "acut",
    "chiar",
)
SLOW: Stems = (
    "slow",
    "calm",
    "quiet",
    "soft",
    "gentle",
    "patient",
    "woln",
    "powoln",
    "spokojn",
    "cich",
    "łagodn",
    "langsam",
)

SLOW += ("ruhig", "sanft", "lent", "calme", "doux", "douce", "tranquil", "suave", "calm[oa]")

FAST: Stems = (
    "fast",
    "quick",
    "lively",
    "energetic",
    "excited",
    "szybk",
    "żyw",
    "energicz",
    "schnell",
    "lebhaft",
    "rapid",
    "vif\\b",
)

FAST += ("rápid", "veloc", "viva[cz]")

WARM: Stems = ("warm", "ciepł", "chaleureu", "cálid", "cald", "quente", "acolhedor")
FEMALE_FORMS = Wish(FEMALE)
WISHES = (
    Wish(YOUNG, "lively", 1.04, 1.05),
    Wish(OLD, "elder", 0.95, 0.92),
    Wish(DEEP, "deep", 0.85, 0.96),
    Wish(HIGH, None, 1.1),
    Wish(SLOW, "calm", 1.0, 0.86),
    Wish(FAST, None, 1.03, 1.18),
    Wish(WARM, None, 0.97, 0.97),
)
AS_A_WOMAN = {"lively": "lively", "elder": "warm", "deep": "warm", "calm": "warm", "narrator": "warm"}
WORDS = {
    "pl": "i w na się nie jest że do to z jak jestem dzień dobry cześć ale tak opowiem ci historię",
    "en": "the and of to is in that it you i this my was hello am a story will with",
    "de": "der die das und ist nicht ich ein eine zu mit guten hallo es von bin geschichte",
    "fr": "le la les et est je un une des que dans bonjour vous il elle suis pas histoire",
    "es": "el la los y es yo un una que en hola soy no de se con historia buenos",
    "it": "il la gli e è io un una che di ciao sono non per con storia buongiorno",
    "pt": "o a os e é eu um uma que de olá sou não para com do da história bom",
}
SIGNS = {"pl": "ąćęłńśźż", "de": "äöüß", "fr": "àâçèêëîïôûœ", "es": "ñ¿¡", "it": "ìòù", "pt": "ãõ"}
SIGN_WORTH = 2


def wished_tone(description: str, language: str) -> Tone:
    """The voice that a description asks for; unknown words change nothing."""
    asked = [wish for wish in WISHES if wish.pattern.search(description)]
    style = next((wish.style for wish in asked if wish.style), DEFAULT_VOICE)
    if FEMALE_FORMS.pattern.search(description):
        style = AS_A_WOMAN[style]
    base = STYLES[style]
    middle = Tone(language, style, base.pitch, base.words_per_minute)
    pitch_hz, pace = middle.pitch_hz, float(base.words_per_minute)
    for wish in asked:
        pitch_hz, pace = pitch_hz * wish.pitch_factor, pace * wish.pace_factor
    return made_tone(language, style, pitch_hz=pitch_hz, words_per_minute=pace)


def guessed_language(text: str) -> str:
    """The language whose small words and letters the text has most of; English when there are none."""
    spoken = re.findall(r"\w+", text.lower())
    signs = {language: sum(text.lower().count(sign) for sign in SIGNS.get(language, "")) for language in LANGUAGES}
    scores = {
        language: sum(word in WORDS[language].split() for word in spoken) + SIGN_WORTH * signs[language]
        for language in LANGUAGES
    }
    return max(("en", *LANGUAGES), key=lambda language: scores[language])


LISTENING_RATE_HZ = 16_000
LISTENED_SECONDS = 90
FRAME, HOP, TRANSFORM, BATCH = 640, 160, 2048, 500
LOWEST_HZ, HIGHEST_HZ = 60, 400
VOICED_LIKENESS = 0.5
# The first period that is nearly as like as the best one is the true one; the best may be a multiple of it.
NEARLY = 0.9
LOUD_PERCENTILE, LOUD_PART = 95, 0.08
LEAST_VOICED_SECONDS = 1.0
DIP_DECIBELS = 2.0
SMOOTHED_FRAMES = 7
Sound = NDArray[np.float32]


@dataclass(frozen=True)
class Manner:
    """How somebody speaks; without a pace nothing like syllables was heard."""

    pitch_hz: float
    syllables_per_second: float | None


def measured(samples: NDArray[np.int16]) -> Manner | None:
    """The manner of a recording at 16 kHz, or None when no voice is heard in it."""
    sound: Sound = samples[: LISTENED_SECONDS * LISTENING_RATE_HZ].astype(np.float32)
    if len(sound) < FRAME:
        return None
    frames = np.lib.stride_tricks.sliding_window_view(sound, FRAME)[::HOP]
    loudness = np.sqrt(np.mean(np.square(frames), axis=1))
    loud = loudness > max(LOUD_PART * float(np.percentile(loudness, LOUD_PERCENTILE)), 1.0)
    periods = np.concatenate(list(_periods(frames)))
    voiced = loud & (periods > 0)
    if np.count_nonzero(voiced) * HOP < LEAST_VOICED_SECONDS * LISTENING_RATE_HZ:
        return None
    pitch_hz = LISTENING_RATE_HZ / float(np.median(periods[voiced]))
    return Manner(pitch_hz, _pace(loudness, loud, voiced))


def _periods(frames: Sound) -> Iterator[Sound]:
    """Samples in one swing of the voice for each frame; 0 where there is no voice."""
    window = np.hanning(FRAME).astype(np.float32)
    shortest, longest = LISTENING_RATE_HZ // HIGHEST_HZ, LISTENING_RATE_HZ // LOWEST_HZ
    own = _likeness(window[np.newaxis, :])[0, : longest + 1]
    for first in range(0, len(frames), BATCH):
        batch = frames[first : first + BATCH]
        likeness = _likeness((batch - batch.mean(axis=1, keepdims=True)) * window)[:, : longest + 1] / own
        inner = likeness[:, shortest:longest]
        is_peak = (inner >= likeness[:, shortest - 1 : longest - 1]) & (inner >= likeness[:, shortest + 1 :])
        best = np.where(is_peak, inner, 0).max(axis=1)
        chosen = np.argmax(is_peak & (inner >= NEARLY * best[:, np.newaxis]), axis=1) + shortest
        yield np.where(best > VOICED_LIKENESS, chosen, 0).astype(np.float32)


def _likeness(frames: Sound) -> Sound:
    """How like each frame is to itself a little later: 1 without a shift."""
    spectrum = np.fft.rfft(frames, TRANSFORM)
    shifted = np.fft.irfft(spectrum.real**2 + spectrum.imag**2, TRANSFORM)
    return np.asarray(shifted / np.maximum(shifted[:, :1], 1e-9), np.float32)


def _pace(loudness: Sound, loud: NDArray[np.bool_], voiced: NDArray[np.bool_]) -> float | None:
    """Swells of the voice for each second in which somebody speaks."""
    notifier = np.hanning(SMOOTHED_FRAMES + 2)[1:-1]
    smooth = np.convolve(loudness, notifier / notifier.sum(), mode="same")
    swells = _swells(20 * np.log10(np.maximum(smooth, 1.0)), loud & voiced)
    return swells / (int(np.count_nonzero(loud)) * HOP / LISTENING_RATE_HZ) if swells else None


def _swells(level: NDArray[np.float64], counted: NDArray[np.bool_]) -> int:
    """Peaks between dips that are deep enough to be heard."""
    found, rising, peak, dip = 0, True, 0, 0
    for at in range(len(level)):
        if rising:
            peak = at if level[at] > level[peak] else peak
            if level[at] < level[peak] - DIP_DECIBELS:
                found += int(counted[peak])
                rising, dip = False, at
        else:
            dip = at if level[at] < level[dip] else dip
            if level[at] > level[dip] + DIP_DECIBELS:
                rising, peak = True, at
    return found
