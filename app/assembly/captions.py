"""Pure: the times of spoken words become captions, and captions become SRT and WebVTT."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.assembly.line_breaks import UNBREAKABLE, BreakRules, columns_of, is_sentence_end, joint_of
from app.media.timeline import Caption, Timeline, Word

__all__ = ["captions_of", "srt", "vtt", "wrapped"]

LINE_COLUMNS = 42
LONGEST_SECONDS = 6.0
SHORTEST_SECONDS = 1.0
PAUSE_SECONDS = 0.7
MOST_COLUMNS_PER_SECOND = 17.0
# Two pictures of a film of 24 in a second.
GAP_SECONDS = 0.084
# A sentence that ends within so few columns shares its caption with the next.
SHORT_SENTENCE_COLUMNS = 20
# What a caption costs by itself, and what faults cost beside a break in the middle of a thought, which costs four.
EACH, BREATHLESS, TOO_SHORT, SPARSE, PAUSED, RUN_ON = 2.0, 4.0, 30.0, 8.0, 200.0, 40.0


@dataclass(frozen=True)
class _Page:
    """The words of one segment, when it ends, and how their captions are set."""

    words: Sequence[Word]
    end_seconds: float
    rules: BreakRules
    language: str
    columns: int

    def latest(self, end: int) -> float:
        """When the caption before the word of this number must be gone."""
        return self.words[end].start_seconds - GAP_SECONDS if end < len(self.words) else self.end_seconds

    def shown_until(self, first: int, end: int) -> float:
        """Until all of it is spoken and can have been read, as far as there is room."""
        begin = self.words[first].start_seconds
        reading = max(SHORTEST_SECONDS, self.rules.width(first, end) / MOST_COLUMNS_PER_SECOND)
        return min(max(self.words[end - 1].end_seconds, begin + reading), self.latest(end))

    def caption(self, first: int, end: int) -> Caption:
        words = self.words[first:end]
        text = wrapped([word.text for word in words], self.language, self.columns)
        begin = words[0].start_seconds
        until = max(self.shown_until(first, end), min(begin + GAP_SECONDS / 2, self.end_seconds))
        return Caption(begin, until, text, tuple(words))


def captions_of(timeline: Timeline, columns: int = LINE_COLUMNS) -> tuple[Caption, ...]:
    """The captions of a film: each ends before the next begins and within its segment."""
    found: list[Caption] = []
    for segment, start in zip(timeline.segments, timeline.starts, strict=True):
        if segment.narration is not None:
            end = float(start + segment.duration)
            words = [_moved(word, float(start), end) for word in segment.narration.words if word.text.strip()]
            words = [word for word in words if word.start_seconds < end]
            rules = BreakRules([word.text for word in words], timeline.language, columns)
            page = _Page(words, end, rules, timeline.language, columns)
            found += [page.caption(first, after) for first, after in _parts(page)]
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
    """At most two lines, broken at sense and of nearly equal length, when the words need two."""
    joint = joint_of(language)
    if len(words) == 1:
        return words[0]
    cut, cost = BreakRules(words, language, columns).line_cut(0, len(words))
    if cost == UNBREAKABLE:
        cut = min(range(1, len(words)), key=lambda at: _widest(joint.join(words[:at]), joint.join(words[at:])))
    return joint.join(words) if cut is None else f"{joint.join(words[:cut])}\n{joint.join(words[cut:])}"


def _widest(*lines: str) -> int:
    return max(map(columns_of, lines))


def _parts(page: _Page) -> list[tuple[int, int]]:
    """The cheapest way to part the words into captions, found from the end to the beginning."""
    count = len(page.words)
    best: list[tuple[float, int]] = [(0.0, count)] * (count + 1)
    for first in range(count - 1, -1, -1):
        choices = []
        inner = 0.0
        for end in range(first + 1, count + 1):
            inner += _inner_cost(page, first, end - 1) if end > first + 1 else 0.0
            cost = _cost(page, first, end)
            if cost >= UNBREAKABLE and end > first + 1:
                break
            choices.append((cost + inner + best[end][0], end))
        best[first] = min(choices)
    parts, first = [], 0
    while first < count:
        parts.append((first, best[first][1]))
        first = best[first][1]
    return parts


def _cost(page: _Page, first: int, end: int) -> float:
    """What is wrong with these words as one caption."""
    words, rules = page.words, page.rules
    _, line_cost = rules.line_cut(first, end)
    begin = words[first].start_seconds
    if line_cost >= UNBREAKABLE or words[end - 1].end_seconds - begin > LONGEST_SECONDS:
        return UNBREAKABLE
    shown = max(page.shown_until(first, end) - begin, 0.01)
    hurry = max(0.0, rules.width(first, end) / shown - MOST_COLUMNS_PER_SECOND)
    cost = EACH + line_cost / 2 + hurry * BREATHLESS + max(0.0, SHORTEST_SECONDS - shown) * TOO_SHORT
    cost += SPARSE * max(0.0, 1 - rules.width(first, end) / SHORT_SENTENCE_COLUMNS)
    if end == len(words) or words[end].start_seconds - words[end - 1].end_seconds > PAUSE_SECONDS:
        return cost
    return cost + 1.5 * rules.cost_after(end)


def _inner_cost(page: _Page, first: int, at: int) -> float:
    """What it costs not to end before the word of this number."""
    before, after = page.words[at - 1], page.words[at]
    if after.start_seconds - before.end_seconds > PAUSE_SECONDS:
        return PAUSED
    runs_on = is_sentence_end(before.text) and page.rules.width(first, at) > SHORT_SENTENCE_COLUMNS
    return RUN_ON if runs_on else 0.0


def _moved(word: Word, by_seconds: float, latest_seconds: float) -> Word:
    start = min(by_seconds + word.start_seconds, latest_seconds)
    return Word(word.text.strip(), start, min(max(start, by_seconds + word.end_seconds), latest_seconds))


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
