"""Speech, voices and music of the stand-in."""

import json
import re
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.standins.minimax.media import sound_seconds, tone
from tests.standins.minimax.rulings import Refusal, body_of, demand, said, whole
from tests.standins.minimax.world import Paid, Voice, World

MODELS = {f"speech-{version}-{kind}" for version in ("2.8", "2.6", "02", "01") for kind in ("hd", "turbo")}
SYSTEM_VOICES = {
    "English_expressive_narrator": "Expressive Narrator",
    "Polish_male_1_sample4": "Male Narrator",
    "Wise_Woman": "Wise Woman",
    "female-shaonv": "Young Woman",
}
LANGUAGES = {"auto", "Polish", "English", "French", "German", "Spanish", "Italian", "Portuguese", "Chinese", "Czech"}
LANGUAGES |= {"Ukrainian", "Dutch", "Japanese", "Korean", "Russian", "Turkish", "Arabic", "Swedish", "Norwegian"}
T2A_FIELDS = {"model", "text", "stream", "output_format", "language_boost", "voice_setting", "audio_setting"}
T2A_FIELDS |= {"subtitle_enable", "subtitle_type", "pronunciation_dict", "stream_options", "voice_modify"}
CLONE_FIELDS = {"file_id", "voice_id", "need_noise_reduction", "need_volume_normalization", "language_boost"}
CLONE_FIELDS |= {"text", "model", "text_validation", "accuracy", "clone_prompt", "aigc_watermark"}
MUSIC_FIELDS = {"model", "prompt", "lyrics", "is_instrumental", "output_format", "audio_setting", "stream"}
VOICE_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]{6,254}[A-Za-z0-9]")
SAMPLE_RATES = {8000, 16000, 22050, 24000, 32000, 44100}
CHARACTERS_PER_SECOND = 15
VOICE_LIVES_SECONDS = 168 * 3600


def usable(world: World, voice_id: str) -> Voice | None:
    """A voice that speaks: of the catalogue, or made here and not vanished."""
    if voice_id in SYSTEM_VOICES:
        return Voice(voice_id, "system", 0, activated=True)
    voice = world.voices.get(voice_id)
    if voice is None or voice.deleted:
        return None
    vanished = not voice.activated and world.now() - voice.created > VOICE_LIVES_SECONDS
    return None if vanished else voice


async def speak(request: Request, world: World) -> Response:
    body = await body_of(request, T2A_FIELDS)
    text, setting = body.get("text"), body.get("voice_setting")
    demand(body.get("model") in MODELS, "invalid params, model")
    demand(isinstance(text, str) and 0 < len(text) < 10_000, "invalid params, text")
    demand(isinstance(setting, dict) and setting.get("voice_id"), "invalid params, voice_id")
    assert isinstance(text, str)
    assert isinstance(setting, dict)
    demand(0.5 <= setting.get("speed", 1) <= 2, "invalid params, speed")
    demand(body.get("language_boost", "auto") in LANGUAGES, "invalid params, language_boost")
    demand(body.get("output_format", "hex") in {"hex", "url"}, "invalid params, output_format")
    demand(sum(not character.isprintable() and character != "\n" for character in text) * 10 <= len(text), "", 1042)
    sound = body.get("audio_setting", {})
    demand(sound.get("format", "mp3") in {"mp3", "wav"}, "invalid params, format")
    demand(sound.get("sample_rate", 32000) in SAMPLE_RATES, "invalid params, sample_rate")
    demand("bitrate" not in sound or sound.get("format", "mp3") == "mp3", "invalid params, bitrate")
    voice = usable(world, setting["voice_id"])
    demand(voice is not None, "voice id not exist", 2042 if setting["voice_id"] in world.voices else 20132)
    assert voice is not None
    demand(not world.over_rate("speech"), "rate limit", 1002)
    _pay(world, "/v1/t2a_v2", body["model"], len(text) * 100, text)
    voice.activated = True
    return _spoken(world, body, text, sound)


def _spoken(world: World, body: dict[str, Any], text: str, sound: dict[str, Any]) -> Response:
    seconds = max(0.5, len(text) / CHARACTERS_PER_SECOND / body["voice_setting"].get("speed", 1))
    audio = tone(round(seconds, 1), sound.get("format", "mp3"))
    facts = {"audio_length": round(seconds, 1) * 1000, "audio_size": len(audio), "usage_characters": len(text)}
    as_link = body.get("output_format") == "url"
    spoken = _side_link(world, audio, sound.get("format", "mp3")) if as_link else audio.hex()
    part: dict[str, Any] = {"audio": spoken, "status": 2}
    if body.get("subtitle_enable"):
        part["subtitle_file"] = _subtitle(world, text, seconds * 1000)
    if world.fault_for("/v1/t2a_v2", "null_data") is not None:
        return said(data=None, trace_id="t")
    return said(data=part, extra_info=facts, trace_id="t")


def _side_link(world: World, content: bytes, kind: str) -> str:
    name = f"sound-{world.new_id()}.{kind}"
    world.side_files[name] = (f"audio/{kind}", content)
    return f"{world.base_url}/_files/side/{name}"


def _subtitle(world: World, text: str, length_ms: float) -> str:
    words = text.split()
    step = length_ms / max(1, len(words))
    timed = [
        {"word": word, "time_begin": index * step, "time_end": (index + 1) * step} for index, word in enumerate(words)
    ]
    sentence = {"text": text, "time_begin": 0, "time_end": length_ms, "timestamped_words": timed}
    name = f"subtitle-{world.new_id()}.json"
    world.side_files[name] = ("application/octet-stream", b"\xef\xbb\xbf" + json.dumps([sentence]).encode())
    return f"{world.base_url}/_files/side/{name}"


async def clone(request: Request, world: World) -> Response:
    body = await body_of(request, CLONE_FIELDS)
    demand(whole(body.get("file_id")), "invalid params, file_id is no integer")
    voice_id = body.get("voice_id")
    demand(isinstance(voice_id, str) and VOICE_ID.fullmatch(voice_id), "invalid params, voice_id")
    demand(len(body.get("text_validation", "")) <= 200, "invalid params, text_validation")
    demand("text" not in body or "model" in body, "invalid params, model is missing")
    stored = world.files.get(body["file_id"])
    demand(stored is not None and stored.purpose == "voice_clone", "invalid params, file_id")
    demand(voice_id not in world.voices, "voice clone voice id duplicate", 2039)
    assert stored is not None
    assert isinstance(voice_id, str)
    seconds = sound_seconds(stored.content)
    demand(seconds is not None, "unknown error", 1000)
    demand(seconds and 10 <= seconds <= 300, "voice clone file duration", 2037)
    demand(world.fault_for("/v1/voice_clone", "asr_mismatch") is None, "asr similarity", 1043)
    _pay(world, "/v1/voice_clone", "", 0, voice_id)
    world.voices[voice_id] = Voice(voice_id, "voice_cloning", world.now())
    demo = _side_link(world, tone(1.0, "wav"), "wav") if body.get("text") else ""
    return said(input_sensitive=False, input_sensitive_type=0, demo_audio=demo)


async def design(request: Request, world: World) -> Response:
    body = await body_of(request, {"prompt", "preview_text", "voice_id", "aigc_watermark"})
    demand(body.get("prompt") and body.get("preview_text"), "invalid params, prompt or preview_text")
    demand(len(body["preview_text"]) <= 500, "invalid params, preview_text")
    voice_id = body.get("voice_id") or f"ttv-voice-{world.new_id()}"
    demand(VOICE_ID.fullmatch(voice_id), "invalid params, voice_id")
    demand(voice_id not in world.voices, "duplicate", 2039)
    _pay(world, "/v1/voice_design", "", len(body["preview_text"]) * 30, body["prompt"])
    world.voices[voice_id] = Voice(voice_id, "voice_generation", world.now())
    return said(voice_id=voice_id, trial_audio=tone(1.0, "mp3").hex())


async def list_voices(request: Request, world: World) -> Response:
    body = await body_of(request, {"voice_type"})
    demand(body.get("voice_type") in {"system", "voice_cloning", "voice_generation", "all"}, "invalid params")
    system = [{"voice_id": key, "voice_name": name, "description": ["ready"]} for key, name in SYSTEM_VOICES.items()]
    made: dict[str, Any] = {"voice_cloning": None, "voice_generation": None}
    for voice in world.voices.values():
        # A made voice is listed only after it has spoken.
        if voice.activated and usable(world, voice.id):
            day = datetime.fromtimestamp(voice.created, UTC).date().isoformat()
            entry = {"voice_id": voice.id, "description": [], "created_time": day}
            made[voice.origin] = [*(made[voice.origin] or []), entry]
    return said(system_voice=system, **made)


async def delete_voice(request: Request, world: World) -> Response:
    body = await body_of(request, {"voice_type", "voice_id"})
    voice = usable(world, body.get("voice_id", ""))
    demand(voice is not None and voice.origin == body.get("voice_type"), "voice id not exist")
    assert voice is not None
    voice.deleted = True
    return said(voice_id=voice.id, created_time="2026-11-21")


async def compose(request: Request, world: World) -> Response:
    body = await body_of(request, MUSIC_FIELDS)
    demand(body.get("model") in {"music-3.0", "music-2.6"}, "invalid params, model")
    demand(len(body.get("prompt", "")) <= 2000, "invalid params, prompt")
    demand(body.get("is_instrumental") or 0 < len(body.get("lyrics", "")) <= 3500, "invalid params, lyrics")
    _pay(world, "/v1/music_generation", body["model"], 150_000, body.get("prompt", ""))
    audio = tone(8.0, "mp3")
    return said(data={"audio": audio.hex(), "status": 2}, extra_info={"music_duration": 8000, "music_size": len(audio)})


def _pay(world: World, path: str, model: str, micro_usd: int, text: str) -> None:
    if not world.charge(Paid(path, model, micro_usd, world.now(), "", text, None)):
        raise Refusal(1008, "insufficient balance")


def no_get(_request: Request, _world: World) -> Response:
    return JSONResponse({"detail": "404 page not found"}, status_code=404)
