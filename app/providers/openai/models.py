"""OpenAI's models as data: what each takes, from the vendor's documentation and the types of its SDK."""

from dataclasses import replace

from app.providers.image import ImageCapabilities, ReferenceUse
from app.providers.speech import SpeechCapabilities
from app.providers.values import MediaType, PictureRules, Reconcile

# https://developers.openai.com/api/docs and openai 3.52 as read on this day.
FACTS_DATE = "2026-11-21"
MEGABYTE = 1024 * 1024
PLAN_DEADLINE_SECONDS = 240.0
STORY_LIMIT_CHARACTERS = 100_000
MOST_SEGMENTS = 100
STILLS = frozenset({MediaType.JPEG, MediaType.PNG, MediaType.WEBP})
FIXED_SIZES = {"1:1": (1024, 1024), "3:2": (1536, 1024), "2:3": (1024, 1536)}
# Any size with both sides divisible by 16 is taken; these keep their ratio exactly.
FREE_SIZES = {
    "16:9": (1536, 864),
    "9:16": (864, 1536),
    "4:3": (1152, 864),
    "3:4": (864, 1152),
    **FIXED_SIZES,
    "21:9": (1792, 768),
}
FIXED = ImageCapabilities(
    model="gpt-image-1.5",
    prompt_limit_characters=32_000,
    sizes=FIXED_SIZES,
    reference_use=ReferenceUse.SCENE,
    most_references=16,
    reference_rules=PictureRules(STILLS, 50 * MEGABYTE - 1),
    most_pictures=10,
    takes_seed=False,
    deadline_seconds=300,
)
FREE = replace(FIXED, sizes=FREE_SIZES)
FREE_MODELS = ("gpt-image-2.5-flare", "gpt-image-2.5-sunburst", "gpt-image-2")
FIXED_MODELS = ("gpt-image-2.6-flare", "gpt-image-2.6-sunburst", "gpt-image-1.5", "gpt-image-1-mini")
# Only this model knows how to be told to keep close to its references; others do so by themselves or refuse the word.
FAITHFUL_MODELS = frozenset({"gpt-image-1.5"})
VOICES: tuple[str, ...] = ("alloy", "ash", "ballad", "coral", "echo", "fable", "onyx", "nova", "sage", "shimmer")
VOICES += ("verse", "marin", "cedar")
LANGUAGES = frozenset(
    {
        "af",
        "ar",
        "az",
        "be",
        "bg",
        "bs",
        "ca",
        "cs",
        "cy",
        "da",
        "de",
        "el",
        "en",
        "es",
        "et",
        "fa",
        "fi",
        "fr",
        "gl",
        "he",
        "hi",
        "hr",
        "hu",
        "hy",
        "id",
        "is",
        "it",
        "ja",
        "kk",
        "kn",
        "ko",
        "lt",
        "lv",
        "mi",
        "mk",
        "mr",
        "ms",
        "ne",
        "nl",
        "no",
        "pl",
        "pt",
        "ro",
        "ru",
        "sk",
        "sl",
        "sr",
        "sv",
        "sw",
        "ta",
        "th",
        "tl",
        "tr",
        "uk",
        "ur",
        "vi",
        "zh",
    }
)
SPEECH = SpeechCapabilities(
    model="gpt-4o-mini-tts",
    text_limit_characters=4096,
    languages=LANGUAGES,
    media_types=(MediaType.MP3, MediaType.WAV),
    min_speed=0.25,
    max_speed=4.0,
    gives_word_times=False,
    default_voice="marin",
    sample_rules=None,
    clone_reconcile=Reconcile.NOT_AT_ALL,
    deadline_seconds=120,
    notes=("the vendor ends all its speech models on 2027-01-06", "voices are the vendor's own: no clones"),
)
SPEECH_MODELS = ("gpt-4o-mini-tts", "tts-1-hd", "tts-1")
UNLISTED = "this model is not in our list: it is asked for what every model of its kind takes"


def image_models(preferred: str) -> dict[str, ImageCapabilities]:
    """Every model that draws, the preferred one first; one that is not known here takes what all take."""
    known = {name: replace(FREE, model=name) for name in FREE_MODELS}
    known |= {name: replace(FIXED, model=name) for name in FIXED_MODELS}
    return {preferred: known.get(preferred) or replace(FIXED, model=preferred, notes=(UNLISTED,)), **known}


def speech_models(preferred: str) -> dict[str, SpeechCapabilities]:
    """Every model that speaks, the preferred one first; one that is not known here takes what all take."""
    known = {name: replace(SPEECH, model=name) for name in SPEECH_MODELS}
    return {preferred: known.get(preferred) or replace(SPEECH, model=preferred, notes=(UNLISTED,)), **known}


def obeys_directions(model: str) -> bool:
    """Whether a speech model may be told in words how to speak."""
    return not model.startswith("tts-1")
