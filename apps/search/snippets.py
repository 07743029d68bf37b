"""The words of a document that a search found, where they stand: pure, no database."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.core.markdown import plain_text
from apps.search.matching import Term
from apps.search.words import TOKEN, fold, stem

# A document has so many snippets at most beside its title's, each of about so many characters.
MAX_SNIPPETS = 2
LENGTH = 170
_BEFORE = 60

# Where words are looked for, the places that say most first, and what readers call them.
PLACES: Mapping[str, tuple[Promise, tuple[str, ...]]] = {
    "title": (_("Title"), ("title",)),
    "interventions": (_("What is given"), ("text_interventions",)),
    "conditions": (_("Condition or keyword"), ("text_conditions",)),
    "names": (_("Other titles and ids"), ("text_a",)),
    "sponsors": (_("Sponsor"), ("text_sponsors",)),
    "outcomes": (_("What is measured"), ("text_outcomes",)),
    "people_and_places": (_("People and places"), ("text_c",)),
    "description": (_("Description"), ("text_b", "text_d")),
    "eligibility": (_("Who can join"), ("text_eligibility",)),
}
# The places in which the words of a field are looked for.
_OF_FIELD: Mapping[str, tuple[str, ...]] = {
    "title": ("title", "names"),
    "condition": ("conditions",),
    "intervention": ("interventions",),
    "sponsor": ("sponsors",),
    "outcome": ("outcomes",),
    "eligibility": ("eligibility",),
}


@dataclass(frozen=True, slots=True)
class Snippet:
    """A stretch of a text with what was found in it. `marks` are places in `text`, from and to."""

    place: str
    text: str
    marks: tuple[tuple[int, int], ...]

    @property
    def label(self) -> str:
        return str(PLACES[self.place][0])

    @property
    def parts(self) -> Iterator[tuple[str, bool]]:
        """The text piece by piece, and whether the piece was found."""
        at = 0
        for start, end in self.marks:
            yield self.text[at:start], False
            yield self.text[start:end], True
            at = end
        yield self.text[at:], False


def snippets_of(texts: Mapping[str, str], terms: Sequence[Term]) -> tuple[Snippet, ...]:
    """The title where something in it was found, and the first stretches that show what it does not.

    `texts` are the columns of a document by name. Each term is shown once, in the place that says most.
    """
    found: list[Snippet] = []
    left = list(terms)
    finder = _finder(tuple(terms))
    for place, (_label, columns) in PLACES.items():
        here = [term for term in left if term.field is None or place in _OF_FIELD[term.field]]
        for line in _lines(texts, columns) if here else ():
            hits = finder.hits(line, here)
            if hits and place != "title" and (plain := plain_text(line)) != line:
                line, hits = plain, finder.hits(plain, here)
            if hits:
                found.append(_cut(place, line, [(start, end) for start, end, _term in hits]))
                shown = {term for _start, _end, term in hits}
                left = [term for term in left if term not in shown]
                break
        if not left or len(found) - (found[:1] != [] and found[0].place == "title") >= MAX_SNIPPETS:
            break
    return tuple(found)


def _lines(texts: Mapping[str, str], columns: Sequence[str]) -> Iterator[str]:
    """A title whole; of other texts one part, or one paragraph of it, after the other."""
    for column in columns:
        for line in texts[column].split("\n"):
            if line := line.strip(" \t*•-"):
                yield line


class _Finder:
    """Finds the terms in a line. A pattern finds the words that may begin one, their stems decide."""

    def __init__(self, terms: Sequence[Term]) -> None:
        self._beginning: dict[str, list[tuple[tuple[str, ...], Term]]] = {}
        for term in terms:
            for sequence in term.sequences:
                self._beginning.setdefault(sequence[0], []).append((sequence, term))
        for sequences in self._beginning.values():
            sequences.sort(key=lambda item: -len(item[0]))
        starts = sorted({_start_of(first) for first in self._beginning}, key=len, reverse=True)
        pattern = "|".join(map(re.escape, starts)) or "(?!)"
        self._word = re.compile(rf"(?<![^\W_])(?:{pattern})[^\W_]*")

    def hits(self, line: str, terms: Sequence[Term]) -> list[tuple[int, int, Term]]:
        """Where these terms stand in a line."""
        return [hit for hit in self._all(fold(line)) if hit[2] in terms]

    def _all(self, folded: str) -> Iterator[tuple[int, int, Term]]:
        """Places that do not overlap, from left to right, the longest first."""
        at = 0
        while found := self._word.search(folded, at):
            at = found.end()
            for sequence, term in self._beginning.get(stem(found[0]), ()):
                end = _end_of(folded, found.end(), sequence[1:])
                if end:
                    yield found.start(), end, term
                    at = end
                    break


@lru_cache(maxsize=64)
def _finder(terms: tuple[Term, ...]) -> _Finder:
    return _Finder(terms)


def _start_of(stem_: str) -> str:
    """What every word with this stem begins with: the stemmer may have changed the last letter (therapy, therapi)."""
    return stem_[:-1] if len(stem_) > 2 and stem_[-1] in "ie" else stem_


def _end_of(folded: str, at: int, stems: Sequence[str]) -> int:
    """The end of these words where they follow, else 0."""
    for wanted in stems:
        word = TOKEN.search(folded, at, at + 60)
        if word is None or stem(word[0]) != wanted:
            return 0
        at = word.end()
    return at


def _cut(place: str, line: str, marks: Sequence[tuple[int, int]]) -> Snippet:
    """The line, or of a long one the stretch around the first mark, cut between words."""
    if place == "title" or len(line) <= LENGTH:
        return Snippet(place, line, tuple(marks))
    start = max(0, min(marks[0][0] - _BEFORE, len(line) - LENGTH))
    if start:
        start = line.find(" ", start, marks[0][0]) + 1 or marks[0][0]
    end = max(start + LENGTH, marks[0][1])
    if end < len(line):
        end = max(line.rfind(" ", start, end), marks[0][1])
    head, tail = "… " if start else "", " …" if end < len(line) else ""
    shift = len(head) - start
    kept = tuple((first + shift, last + shift) for first, last in marks if last <= end)
    return Snippet(place, f"{head}{line[start:end]}{tail}", kept)
