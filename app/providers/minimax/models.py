"""MiniMax's models as data: what each takes, from the vendor's documentation."""

from dataclasses import dataclass, replace
from enum import StrEnum

from app.providers.image import ImageCapabilities, ReferenceUse
from app.providers.speech import MusicCapabilities, SampleRules, SpeechCapabilities
from app.providers.values import MediaType, PictureRules, Reconcile
from app.providers.video import VideoCapabilities, VideoMode, VideoOutput, VideoResolution

# https://platform.minimax.io/docs as read on this day.
FACTS_DATE = "2026-11-21"
MEGABYTE = 1024 * 1024
P512, P768, P1080, K2, P480 = (
    VideoResolution.P512,
    VideoResolution.P768,
    VideoResolution.P1080,
    VideoResolution.K2,
    VideoResolution.P480,
)


class Generation(StrEnum):
    """Which of the vendor's two interfaces a model speaks."""

    V1 = "v1"
    V2 = "v2"


@dataclass(frozen=True)
class MiniMaxVideoModel:
    """One model and its interface."""

    generation: Generation
    capabilities: VideoCapabilities


STILLS = frozenset({MediaType.JPEG, MediaType.PNG, MediaType.WEBP})
V1_PICTURES = PictureRules(STILLS, 20 * MEGABYTE - 1, short_side_above_px=300, min_ratio=0.4, max_ratio=2.5)
V2_PICTURES = PictureRules(
    STILLS, 30 * MEGABYTE, short_side_above_px=255, max_side_px=5760, min_ratio=0.4, max_ratio=2.5
)
PORTRAITS = PictureRules(frozenset({MediaType.JPEG, MediaType.PNG}), 10 * MEGABYTE - 1)
HAILUO_OUTPUTS = (VideoOutput(6, P768), VideoOutput(10, P768), VideoOutput(6, P1080))
SMALL_OUTPUTS = (VideoOutput(6, P512), VideoOutput(10, P512))
H3_OUTPUTS = tuple(VideoOutput(seconds, size) for seconds in range(4, 16) for size in (P768, K2))
H3_MAX_OUTPUTS = tuple(VideoOutput(seconds, size) for seconds in range(5, 16) for size in (P480, P768))
FOLLOWS_FRAME = "the size follows the first frame; a last frame of another shape is cropped"
HAILUO_02 = VideoCapabilities(
    model="MiniMax-Hailuo-02",
    outputs={
        VideoMode.TEXT: HAILUO_OUTPUTS,
        VideoMode.FIRST_FRAME: HAILUO_OUTPUTS + SMALL_OUTPUTS,
        VideoMode.FIRST_LAST_FRAME: HAILUO_OUTPUTS,
    },
    prompt_limit_characters=2000,
    picture_rules=V1_PICTURES,
    reconcile=Reconcile.BY_CALLBACK,
    # Recorded on 2026-02-01: four clips took 70 to 90 seconds.
    usual_seconds=80,
    give_up_after_seconds=3600,
    submit_deadline_seconds=50,
    obeys_camera=True,
    notes=(FOLLOWS_FRAME,),
)
HAILUO_23 = replace(
    HAILUO_02,
    model="MiniMax-Hailuo-2.3",
    outputs={VideoMode.TEXT: HAILUO_OUTPUTS, VideoMode.FIRST_FRAME: HAILUO_OUTPUTS},
)
HAILUO_23_FAST = replace(
    HAILUO_02, model="MiniMax-Hailuo-2.3-Fast", outputs={VideoMode.FIRST_FRAME: HAILUO_OUTPUTS}, usual_seconds=60
)
H3 = VideoCapabilities(
    model="MiniMax-H3",
    outputs={
        VideoMode.TEXT: H3_OUTPUTS,
        VideoMode.FIRST_FRAME: H3_OUTPUTS,
        VideoMode.FIRST_LAST_FRAME: H3_OUTPUTS,
    },
    prompt_limit_characters=7000,
    prompt_required=True,
    picture_rules=V2_PICTURES,
    reconcile=Reconcile.BY_LIST,
    usual_seconds=120,
    # The vendor forgets v2 tasks after 7 days.
    give_up_after_seconds=6 * 24 * 3600,
    submit_deadline_seconds=50,
    makes_sound=True,
    notes=(FOLLOWS_FRAME, "the wire follows a third party's audit of the vendor's pages"),
)
H3_MAX = replace(
    H3,
    model="MiniMax-H3-Max",
    outputs={
        VideoMode.TEXT: H3_MAX_OUTPUTS,
        VideoMode.FIRST_FRAME: H3_MAX_OUTPUTS,
        VideoMode.FIRST_LAST_FRAME: H3_MAX_OUTPUTS,
    },
)
VIDEO_MODELS = {
    HAILUO_02.model: MiniMaxVideoModel(Generation.V1, HAILUO_02),
    HAILUO_23.model: MiniMaxVideoModel(Generation.V1, HAILUO_23),
    HAILUO_23_FAST.model: MiniMaxVideoModel(Generation.V1, HAILUO_23_FAST),
    H3.model: MiniMaxVideoModel(Generation.V2, H3),
    H3_MAX.model: MiniMaxVideoModel(Generation.V2, H3_MAX),
}
LANGUAGE_BOOST = {
    "af": "Afrikaans",
    "ar": "Arabic",
    "bg": "Bulgarian",
    "ca": "Catalan",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "fi": "Finnish",
    "fr": "French",
    "he": "Hebrew",
    "hi": "Hindi",
    "hr": "Croatian",
    "hu": "Hungarian",
    "id": "Indonesian",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "ms": "Malay",
    "nl": "Dutch",
    "no": "Norwegian",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sk": "Slovak",
    "sl": "Slovenian",
    "sv": "Swedish",
    "th": "Thai",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "vi": "Vietnamese",
    "zh": "Chinese",
}
SPEECH_28_HD = SpeechCapabilities(
    model="speech-2.8-hd",
    text_limit_characters=9999,
    languages=frozenset(LANGUAGE_BOOST),
    media_types=(MediaType.MP3, MediaType.WAV),
    min_speed=0.5,
    max_speed=2.0,
    gives_word_times=True,
    default_voice="English_expressive_narrator",
    sample_rules=SampleRules(
        frozenset({MediaType.MP3, MediaType.M4A, MediaType.WAV}),
        min_seconds=10,
        max_seconds=300,
        max_bytes=20 * MEGABYTE,
    ),
    clone_reconcile=Reconcile.BY_REPEATING,
    deadline_seconds=120,
    clone_lives_hours=168,
    designs_voices=True,
    notes=("numbers and dates are read well in Chinese and English only: write them out",),
)
SPEECH_MODELS = {
    SPEECH_28_HD.model: SPEECH_28_HD,
    "speech-2.8-turbo": replace(SPEECH_28_HD, model="speech-2.8-turbo"),
    "speech-2.6-hd": replace(SPEECH_28_HD, model="speech-2.6-hd"),
    "speech-2.6-turbo": replace(SPEECH_28_HD, model="speech-2.6-turbo"),
    "speech-02-hd": replace(SPEECH_28_HD, model="speech-02-hd"),
    "speech-02-turbo": replace(SPEECH_28_HD, model="speech-02-turbo"),
}
IMAGE_01 = ImageCapabilities(
    model="image-01",
    prompt_limit_characters=1500,
    sizes={
        "1:1": (1024, 1024),
        "16:9": (1280, 720),
        "4:3": (1152, 864),
        "3:2": (1248, 832),
        "2:3": (832, 1248),
        "3:4": (864, 1152),
        "9:16": (720, 1280),
        "21:9": (1344, 576),
    },
    reference_use=ReferenceUse.CHARACTER,
    most_references=1,
    reference_rules=PORTRAITS,
    most_pictures=9,
    takes_seed=True,
    deadline_seconds=120,
    notes=("a reference keeps a person's face, not a scene",),
)
IMAGE_MODELS = {IMAGE_01.model: IMAGE_01}
MUSIC_30 = MusicCapabilities(
    model="music-3.0", prompt_limit_characters=2000, lyrics_limit_characters=3500, deadline_seconds=300
)
MUSIC_MODELS = {MUSIC_30.model: MUSIC_30, "music-2.6": replace(MUSIC_30, model="music-2.6")}
