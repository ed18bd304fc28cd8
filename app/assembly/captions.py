"""Pure: the times of spoken words become captions, and captions become SRT and WebVTT."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from app.media.timeline import Caption, Timeline, Word

__all__ = ["captions_of", "srt", "vtt", "wrapped"]

LINE_COLUMNS = 42
MOST_LINES = 2
LONGEST_SECONDS = 6.0
SHORTEST_SECONDS = 1.0
PAUSE_SECONDS = 0.7
GAP_SECONDS = 0.04
# A sentence that ends within so few columns shares its caption with the next.
SHORT_SENTENCE_COLUMNS = 20
# Begins only where a run begins and gives nothing of it back: work grows with the text, not with its square.
SENTENCE_END = re.compile(
    r"(?<![.!?\u2026\u3002\uff01\uff1f])[.!?\u2026\u3002\uff01\uff1f]++[\"'\u201d\u2019\u00bb)]*+$"
)
CLAUSE_END = re.compile(r"[,;:\u2013\u2014\u3001\uff0c\uff1b\uff1a][\"'\u201d\u2019\u00bb)]*$")
UNSPACED = frozenset({"zh", "ja", "th"})


@dataclass(frozen=True)
class _Page:
    """In which language and how wide captions are set."""

    language: str
    columns: int

    def wrapped(self, words: Sequence[Word]) -> str:
        return wrapped([word.text for word in words], self.language, self.columns)


def captions_of(timeline: Timeline, columns: int = LINE_COLUMNS) -> tuple[Caption, ...]:
    """The captions of a film: each ends before the next begins and within its segment."""
    found: list[Caption] = []
    for segment, start in zip(timeline.segments, timeline.starts, strict=True):
        if segment.narration is not None:
            end = float(start + segment.duration)
            words = [_moved(word, float(start), end) for word in segment.narration.words if word.text.strip()]
            found += _within(list(_captions(words, _Page(timeline.language, columns))), end)
    return tuple(found)


def srt(captions: Sequence[Caption]) -> str:
    """SubRip text."""
    blocks = (
        f"{number}\n{_span(caption, ',')}\n{_plain(caption.text)}\n" for number, caption in enumerate(captions, 1)
    )
    return "\n".join(blocks)


def vtt(captions: Sequence[Caption]) -> str:
    """WebVTT text; what looks like markup is shown as it was written."""
    blocks = (f"{_span(caption, '.')}\n{_escaped(_plain(caption.text))}\n" for caption in captions)
    return "\n".join(["WEBVTT\n", *blocks])


def wrapped(words: Sequence[str], language: str, columns: int = LINE_COLUMNS) -> str:
    """At most two lines of nearly equal length, when the words need two."""
    joint = _joint(language)
    whole = joint.join(words)
    if _columns(whole) <= columns or len(words) == 1:
        return whole
    halves = [(joint.join(words[:cut]), joint.join(words[cut:])) for cut in range(1, len(words))]
    first, second = min(halves, key=lambda half: max(_columns(half[0]), _columns(half[1])))
    return f"{first}\n{second}"


def _captions(words: Sequence[Word], page: _Page) -> Iterator[Caption]:
    gathered: list[Word] = []
    for word in words:
        if gathered and _is_full([*gathered, word], page):
            cut = _cut(gathered)
            yield _caption(gathered[:cut], page)
            gathered = gathered[cut:]
        elif gathered and _is_over(gathered, word, page.language):
            yield _caption(gathered, page)
            gathered = []
        gathered.append(word)
    if gathered:
        yield _caption(gathered, page)


def _is_full(words: Sequence[Word], page: _Page) -> bool:
    lines = page.wrapped(words).split("\n")
    too_long = words[-1].end_seconds - words[0].start_seconds > LONGEST_SECONDS
    return too_long or max(_columns(line) for line in lines) > page.columns


def _is_over(gathered: Sequence[Word], following: Word, language: str) -> bool:
    if following.start_seconds - gathered[-1].end_seconds > PAUSE_SECONDS:
        return True
    columns = _columns(_joint(language).join(word.text for word in gathered))
    return columns > SHORT_SENTENCE_COLUMNS and SENTENCE_END.search(gathered[-1].text) is not None


def _cut(words: Sequence[Word]) -> int:
    """How many words of a full caption stay in it: up to a clause's end in its second half, else all."""
    for cut in range(len(words) - 1, len(words) // 2, -1):
        if CLAUSE_END.search(words[cut - 1].text) or SENTENCE_END.search(words[cut - 1].text):
            return cut
    return len(words)


def _caption(words: Sequence[Word], page: _Page) -> Caption:
    return Caption(words[0].start_seconds, words[-1].end_seconds, page.wrapped(words), tuple(words))


def _within(captions: Sequence[Caption], end_seconds: float) -> Iterator[Caption]:
    """Gives short captions time to be read, up to the next one."""
    nexts = [*(caption.start_seconds - GAP_SECONDS for caption in captions[1:]), end_seconds]
    for caption, latest in zip(captions, nexts[: len(captions)], strict=True):
        wanted = max(caption.end_seconds, caption.start_seconds + SHORTEST_SECONDS)
        end = min(wanted, max(latest, caption.start_seconds + GAP_SECONDS))
        if caption.start_seconds < end_seconds:
            yield replace(caption, end_seconds=min(end, end_seconds))


def _moved(word: Word, by_seconds: float, latest_seconds: float) -> Word:
    start = min(by_seconds + word.start_seconds, latest_seconds)
    return Word(word.text.strip(), start, min(max(start, by_seconds + word.end_seconds), latest_seconds))


def _joint(language: str) -> str:
    return "" if language.partition("-")[0].lower() in UNSPACED else " "


def _columns(text: str) -> int:
    """How wide a line is; letters of East Asia are twice as wide, and accents stand above others."""
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    above = sum(unicodedata.combining(letter) > 0 for letter in text)
    return len(text) + wide - above


def _span(caption: Caption, point: str) -> str:
    return f"{_clock(caption.start_seconds, point)} --> {_clock(caption.end_seconds, point)}"


def _clock(seconds: float, point: str) -> str:
    whole, milliseconds = divmod(round(seconds * 1000), 1000)
    minutes, left = divmod(whole, 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{left:02}{point}{milliseconds:03}"


def _plain(text: str) -> str:
    """An empty line would end the caption, and an arrow would look like times."""
    lines = (line.strip() for line in text.replace("-->", "→").splitlines())
    return "\n".join(line for line in lines if line)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
