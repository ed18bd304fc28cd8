"""What a description of a voice asks for, and which language a text is in: word stems, no model."""

import re
from dataclasses import dataclass, field

from app.providers.local.timbre import DEFAULT_VOICE, LANGUAGES, STYLES, Tone, made_tone

__all__ = ["guessed_language", "wished_tone"]


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
