"""Text to sentences of phonemes by eSpeak NG, which drops the signs between clauses: they are put back."""

import ctypes
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import espeakng_loader

SYNCHRONOUS, CLEAN_EXIT, UTF8, IPA, JOINED = 2, 0x8000, 1, 0x02, 0x80
JOINER = "^"
# eSpeak NG marks a word that it reads by the rules of another language.
OTHER_LANGUAGE = re.compile(r"\([a-z-]+\)")
WORD = re.compile(r"\S+")
SIGN = re.compile(r"([.!?…,;:])[^\w.!?…,;:]*\Z")
ENDS = frozenset(".!?…")
# A stop behind these, or behind one capital, ends no sentence.
SHORTENED = re.compile(
    r"(?:\A|[\s(„“«\"])(?:[A-ZŁŚŻ]|(?i:dr|mr|mrs|ms|st|no|prof|sr|sra|jr|mme|mlle|hr|fr|nr|sig|dott|dra|ul|np|św"
    r"|godz|ok|tzn|tzw|m\.in|z\.b|d\.h))\.\Z"
)
MOST_PHONEMES = 420


@dataclass
class SpokenClause:
    """What eSpeak NG reads in one breath; `words` are the places of written words, `sign` is what stood behind."""

    phonemes: str
    sign: str
    words: list[int]


@dataclass(frozen=True)
class Sentence:
    """What is spoken at once; every word, by its first character, with its share of the sound."""

    phonemes: str
    words: tuple[int, ...]
    weights: tuple[int, ...]


class VoiceWish(ctypes.Structure):
    """By what eSpeak NG looks for a voice, as the library lays it out."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_char_p),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("xx1", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    )


class PhonemeReader:
    """eSpeak NG in one language; only one in a process."""

    def __init__(self, voice: str) -> None:
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        self._library.espeak_Initialize(SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), CLEAN_EXIT)
        self._library.espeak_TextToPhonemes.restype = ctypes.c_char_p
        self.knows_voice = self._takes(voice.encode())

    def sentences(self, text: str) -> Iterator[Sentence]:
        """A text, sentence by sentence; very long ones are cut between clauses."""
        words = {found.start(): found[0] for found in WORD.finditer(text)}
        held: list[SpokenClause] = []
        # All are read before a word is weighed: the library holds a character of the next one back.
        for clause in list(self._clauses(text, words)):
            length = sum(len(each.phonemes) for each in held)
            if held and length + len(clause.phonemes) > MOST_PHONEMES:
                yield self._sentence(held, words)
                held = []
            held.append(clause)
            if clause.sign in ENDS:
                yield self._sentence(held, words)
                held = []
        if held:
            yield self._sentence(held, words)

    def _takes(self, voice: bytes) -> bool:
        """Whether there is a voice of this name, or one of this language such as en-gb."""
        if self._library.espeak_SetVoiceByName(voice) == 0:
            return True
        wish = VoiceWish(languages=voice)
        return bool(self._library.espeak_SetVoiceByProperties(ctypes.byref(wish)) == 0)

    def _sentence(self, clauses: Sequence[SpokenClause], words: Mapping[int, str]) -> Sentence:
        phonemes = " ".join(clause.phonemes + clause.sign for clause in clauses if clause.phonemes)
        places = tuple(place for clause in clauses for place in clause.words)
        return Sentence(phonemes, places, tuple(self._weight(words[place]) for place in places))

    def _weight(self, word: str) -> int:
        return max(1, sum(len(phonemes) for phonemes, _ in self._read(word)))

    def _clauses(self, text: str, words: Mapping[int, str]) -> Iterator[SpokenClause]:
        begun = 0
        for phonemes, read in self._read(text):
            # Behind a sign the library has read the first character of what follows.
            ended = read if read >= len(text) or text[read - 1].isspace() else read - 1
            places = [place for place in words if begun <= place < ended]
            if phonemes or places:
                yield SpokenClause(phonemes, _sign(text[begun:ended]), places)
            begun = ended

    def _read(self, text: str) -> Iterator[tuple[str, int]]:
        """Phonemes of one clause after another, and how many characters were read until then."""
        content = text.encode("utf-8", "replace")
        buffer = ctypes.create_string_buffer(content)
        base = ctypes.addressof(buffer)
        at = ctypes.c_void_p(base)
        mode = IPA | JOINED | (ord(JOINER) << 8)
        while at.value:
            found = self._library.espeak_TextToPhonemes(ctypes.byref(at), UTF8, mode)
            read = len(content) if at.value is None else at.value - base
            phonemes = OTHER_LANGUAGE.sub("", (found or b"").decode("utf-8", "replace")).strip()
            yield phonemes, len(content[:read].decode("utf-8", "ignore"))


def _sign(source: str) -> str:
    """The sign at the end of a clause; none behind a shortened word."""
    found = SIGN.search(source)
    if found is None or SHORTENED.search(source.rstrip()):
        return ""
    return found[1]
