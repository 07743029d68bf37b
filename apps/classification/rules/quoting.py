"""From places in a record to the quotes that a label carries."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple, Protocol

from apps.classification.rules.labels import Evidence

# Quotes a label, and code points a quote: enough to see why, little enough to read.
MAX_QUOTES = 3
MAX_QUOTE = 240

_SENTENCE_END = re.compile(r"[.!?;][)\"'”’]?\s|\n")


class Quotable(Protocol):
    """A stretch [start, end) of the text at a path of the record, in code points."""

    @property
    def path(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


class Span(NamedTuple):
    """A stretch of the whole text at a path."""

    path: str
    text: str
    start: int
    end: int

    @property
    def words(self) -> str:
        return self.text[self.start : self.end]


def evidence(spans: Iterable[Quotable]) -> tuple[Evidence, ...]:
    """The first few stretches as quotes of their sentences; stretches within one quote are marked in it together."""
    quotes: list[Evidence] = []
    for span in spans:
        for i, earlier in enumerate(quotes):
            if earlier.path == span.path and earlier.start <= span.start and span.end <= earlier.end:
                quotes[i] = _marked(earlier, span.start, span.end)
                break
        else:
            if len(quotes) < MAX_QUOTES:
                quotes.append(quote(span))
    return tuple(quotes)


def _marked(earlier: Evidence, start: int, end: int) -> Evidence:
    if any(low < end and start < high for low, high in earlier.marks):
        return earlier
    marks = tuple(sorted((*earlier.marks, (start, end))))
    return Evidence(earlier.path, earlier.start, earlier.end, earlier.quote, marks)


def quote(span: Quotable) -> Evidence:
    """The sentence around a stretch, with the stretch marked; a short text whole, a long sentence cut between words."""
    text, start, end = span.text, span.start, span.end
    if end - start > MAX_QUOTE:
        return Evidence(span.path, start, start + MAX_QUOTE, text[start : start + MAX_QUOTE])
    low, high = sentence_at(text, start, end)
    return Evidence(span.path, low, high, text[low:high], ((start, end),))


def sentence_at(text: str, start: int, end: int) -> tuple[int, int]:
    """The sentence around [start, end), at most `MAX_QUOTE` code points; only as much text as that is read."""
    if len(text) <= MAX_QUOTE:
        return 0, len(text)
    room = (MAX_QUOTE - (end - start)) // 2
    low, high = max(0, start - room), min(len(text), end + room)
    first = last = None
    for found in _SENTENCE_END.finditer(text, low, start):
        first = found.end()
    ending = _SENTENCE_END.search(text, end, high)
    if ending:
        last = ending.start() + 1 if text[ending.start()] != "\n" else ending.start()
    if first is None:
        first = 0 if low == 0 else _after_space(text, low, start)
    if last is None:
        last = len(text) if high == len(text) else _before_space(text, end, high)
    while first < start and text[first].isspace():
        first += 1
    while last > end and text[last - 1].isspace():
        last -= 1
    return first, last


def _after_space(text: str, low: int, high: int) -> int:
    at = text.find(" ", low, high)
    return high if at < 0 else at + 1


def _before_space(text: str, low: int, high: int) -> int:
    at = text.rfind(" ", low, high)
    return low if at < 0 else at
