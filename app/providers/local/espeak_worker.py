"""Speaks one text with eSpeak NG in a child process; imports nothing of the service."""

import ctypes
import json
import sys
from typing import Any

import espeakng_loader

NO_VOICE, TOO_LONG = 3, 4
RETRIEVED, UTF8, FROM_CHARACTERS, CLEAN_EXIT = 2, 1, 1, 0x8000
WORD, END, LAST = 1, 5, 0
RATE, VOLUME, PITCH, RANGE = 1, 2, 3, 4
SAMPLE_BYTES = 2


class Event(ctypes.Structure):
    """One mark in the sound, as the library lays it out."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user", ctypes.c_void_p),
        ("name", ctypes.c_char * 8),
    )


HEARD = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(Event))


class SampleBuffer:
    """What was spoken so far; says stop when it grows over its limit."""

    def __init__(self, most_bytes: int) -> None:
        self.sound = bytearray()
        self.marks: list[tuple[int, int]] = []
        self.ends: list[tuple[int, int]] = []
        self.overflowed = False
        self._most_bytes = most_bytes
        self._character = self._last_character = self._sample = 0

    def begin(self, character: int, length: int) -> None:
        """Says that the next phrase begins with this character of the whole text."""
        self._character, self._last_character = character, character + length
        self._sample = len(self.sound) // SAMPLE_BYTES

    def hear(self, samples: int | None, count: int, events: Any) -> int:
        """Takes one piece of sound, the words that begin in it and the clauses that end in it."""
        if samples and count:
            self.sound += ctypes.string_at(samples, count * SAMPLE_BYTES)
        at = 0
        while events[at].type != LAST:
            # The library counts one character too many where a phrase ends.
            character = min(self._character + events[at].text_position - 1, self._last_character)
            place = character, self._sample + events[at].sample
            if events[at].type == WORD:
                self.marks.append(place)
            elif events[at].type == END:
                self.ends.append(place)
            at += 1
        self.overflowed = len(self.sound) > self._most_bytes
        return int(self.overflowed)


def speak(order: dict[str, Any]) -> tuple[int, int, SampleBuffer]:
    """An exit code, samples per second and the recording."""
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    rate_hz = library.espeak_Initialize(RETRIEVED, 0, espeakng_loader.get_data_path().encode(), CLEAN_EXIT)
    recording = SampleBuffer(int(order["max_seconds"] * rate_hz) * SAMPLE_BYTES)
    callback = HEARD(recording.hear)
    library.espeak_SetSynthCallback(callback)
    if library.espeak_SetVoiceByName(order["voice"].encode()) != 0:
        return NO_VOICE, rate_hz, recording
    library.espeak_SetParameter(VOLUME, int(order["volume"]), 0)
    for phrase in order["phrases"]:
        for parameter, name in ((RATE, "rate"), (PITCH, "pitch"), (RANGE, "range")):
            library.espeak_SetParameter(parameter, int(phrase[name]), 0)
        recording.begin(phrase["start"], len(phrase["text"]))
        text = spoken(phrase["text"])
        library.espeak_Synth(text, len(text) + 1, 0, FROM_CHARACTERS, 0, UTF8, None, None)
        library.espeak_Synchronize()
        if recording.overflowed:
            return TOO_LONG, rate_hz, recording
    return 0, rate_hz, recording


def spoken(text: str) -> bytes:
    """The text with as many characters but without control characters, which the library takes for commands."""
    return "".join(sign if sign.isprintable() else " " for sign in text).encode("utf-8", "replace")


def main() -> int:
    """Reads the order from standard input; writes a line of facts and then the samples."""
    code, rate_hz, recording = speak(json.load(sys.stdin))
    if code == 0:
        facts = {"rate_hz": rate_hz, "marks": recording.marks, "ends": recording.ends}
        sys.stdout.buffer.write(json.dumps(facts).encode() + b"\n" + recording.sound)
    return code


if __name__ == "__main__":
    sys.exit(main())
