"""Speaks one text by eSpeak NG in a child process; imports nothing of the service, because the library is GPL."""

import ctypes
import json
import sys
from typing import Any

import espeakng_loader

SYNCHRONOUS, DONT_EXIT = 2, 0x8000
RATE, PITCH, RANGE = 1, 3, 4
UTF8 = 1
LIST_END, WORD = 0, 1
UNSPEAKABLE = 3


class EventId(ctypes.Union):
    """The variable part of an event."""

    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class Event(ctypes.Structure):
    """What the library reports beside samples; positions count characters from 1, times are milliseconds."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", EventId),
    )


Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(Event))


def spoken(order: dict[str, Any]) -> tuple[int, bytes, list[list[int]]]:
    """Sample rate, 16-bit samples, and for each word its first character and its millisecond."""
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    rate = library.espeak_Initialize(SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), DONT_EXIT)
    samples, words = bytearray(), list[list[int]]()

    def hear(wave: Any, count: int, events: Any) -> int:
        if wave and count > 0:
            samples.extend(ctypes.string_at(wave, count * 2))
        at = 0
        while events[at].type != LIST_END:
            if events[at].type == WORD:
                words.append([events[at].text_position - 1, events[at].audio_position])
            at += 1
        return 0

    heard = Callback(hear)
    library.espeak_SetSynthCallback(heard)
    if rate <= 0 or library.espeak_SetVoiceByName(order["voice"].encode()) != 0:
        sys.exit(UNSPEAKABLE)
    for parameter, name in ((RATE, "rate"), (PITCH, "pitch"), (RANGE, "range")):
        library.espeak_SetParameter(parameter, order[name], 0)
    text = order["text"].encode() + b"\0"
    library.espeak_Synth(text, len(text), 0, 1, 0, UTF8, None, None)
    library.espeak_Synchronize()
    return rate, bytes(samples), words


def main() -> None:
    """Reads the order from standard input; answers with a line of JSON and the samples."""
    rate, samples, words = spoken(json.load(sys.stdin))
    sys.stdout.buffer.write(json.dumps({"rate": rate, "words": words}).encode() + b"\n" + samples)


if __name__ == "__main__":
    main()
