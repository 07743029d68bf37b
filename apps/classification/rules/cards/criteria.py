"""Eligibility criteria, one by one: where each stands, and whether it keeps people out."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from apps.classification.rules.cards.groups import Choice, choice_in, group_in, heading_of, named_group
from apps.classification.rules.cards.material import Passage
from apps.classification.rules.quoting import Span

# A heading of a list, at the beginning of a line. What stands before "criteria" may not be a sentence of its own.
_HEADING = re.compile(
    r"^[\s*#•\-–—\d.()\\]{0,12}"
    r"(?P<before>(?:[\w/&,'()\-]+\s+){0,9}?)"
    r"(?P<kind>inclusion|non[\s-]?inclusion|exclusion(?:ary)?|(?:in)?eligibility|entry)s?"
    r"(?P<named>\s+crit\w+|\s*[:：]|\s*$)"
    r"(?P<after>[^\n]{0,60})",
    re.IGNORECASE,
)
# A heading within a line: both words in full and a colon, or a new sentence.
_INNER_HEADING = re.compile(
    r"(?<![a-z]\s)(?<![\w-])(?i:(?P<kind>non[\s-]?inclusion|inclusion|exclusion)\s+criteri\w+\s*[:：])"
    r"|(?<=[.;:]\s)\(?(?P<plain>Exclusion|Inclusion|EXCLUSION|INCLUSION)(?:s|S)?(?:\s+[Cc]riteri\w+|\s+CRITERIA|:)"
    r"|(?<=[.;:,\s])\b(?P<short>Exclude[sd]?|Excluding|Excl\.?|EXCL\.?|Exclusions?)\s?[:：]"
    r"|\s(?P<late>Exclusion|Inclusion|EXCLUSION|INCLUSION)\s+(?:[Cc]riteri\w+|CRITERIA)\s*[:：]"
)
# "Patients with any of the following will be excluded:" opens a list as a heading does.
_EXCLUDING_LINE = re.compile(
    r"\b(?:exclu(?:ded|de)|ineligible|not (?:be )?(?:eligible|included|enrolled))\b[^.;\n]{0,60}[:：]\s*$",
    re.IGNORECASE,
)
# What stands in a list and is no criterion: "for example, patients with ...".
_EXAMPLE = re.compile(r"[(\s]*(?:for (?:example|instance)|e\.\s?g\.|such as)\b", re.IGNORECASE)
_SENTENCE_OF_ITS_OWN = re.compile(r"\b(?:meet|fulfil|satisf|none|no|not|see|other protocol)\w*\b", re.IGNORECASE)
# Lists for people other than the participants.
_OTHERS = re.compile(r"\b(?:donors?|controls?|healthy|siblings?|parents?|carers?|caregivers?|prox(?:y|ies))\b", re.I)

_CUT = re.compile(
    r"(?<=[.!?])(?<!\bi\.e\.)(?<!\be\.g\.)(?<!\bvs\.)(?<!\bcf\.)(?<!\bmin\.)(?<!\bmax\.)(?<!\bapprox\.)\s+(?=[A-Z(•*≥≤<>\\])"
    r"|(?<!&ge)(?<!&le)(?<!&gt)(?<!&lt);\s|\s\*(?=\()|\s[•▪●*]\s|\s[-–]\s(?=[A-Z])(?![IVX]{1,4}\b)|(?<=[a-z)%])\.(?=[A-Z][a-z])"
)
# An item of a list, by its bullet or number.
_ITEM = re.compile(r"\s*\\?(?:[*•▪●\-–—]|\(?(?:\d{1,2}|[a-z]|[ivx]{2,4})\s?[.)]\s)", re.IGNORECASE)
_BULLET = re.compile(r"[\s*•▪●\-–—#]*(?:\(?[\divx]{1,4}\s?[.)]\s+|\(?[a-z]\s?[.)]\s+)?", re.IGNORECASE)

# Longer than this is no criterion, in code points; what is, is read in pieces. Nor has a text of people so many.
_LONGEST = 1500
_MOST = 400

# Words by which a sentence turns against its own list.
_KEEPS_OUT = re.compile(
    r"\b(?:(?:are|is|be|were) (?:also )?excluded|excluded (?:if|when|from)|ineligible|(?:are|is) not eligible"
    r"|not be (?:enrolled|included|eligible))\b",
    re.IGNORECASE,
)
# "Who are not eligible for that may be included": an exception, from which no limit follows for the others.
_LET_IN_ALL_THE_SAME = re.compile(r"(?<!not )\bbe (?:included|enrolled)\b", re.IGNORECASE)
_LETS_IN = re.compile(
    r"\b(?:not (?:be )?(?:excluded|exclusionary|an exclusion)"
    r"|(?:are|is|be|remain) (?:still )?(?:eligible|allowed|permitted))\b",
    re.IGNORECASE,
)
_DENIAL = re.compile(
    r"(?:(?:patients?|subjects?|participants?|women|females?|who|must|should|may|do|does|are|is|have|has|with|the|those)"
    r"\s+){0,5}(?:not?|without|absence of|lack of|never|free of|cannot)\b(?!\s+(?:less|more|fewer|greater|lower|higher"
    r"|older|younger|longer|later|below|above|exceed|over|under)\b)",
    re.IGNORECASE,
)


class Criterion(NamedTuple):
    """One criterion at [start, end) of the passage.

    `excludes`: meeting it keeps people out. `denied`: it begins with a denial ("no", "without"). `of_others`: it is
    about donors, controls or carers. `group`: the group of participants to which it is restricted, in the record's
    words, or empty. `choice`: the list of which a part is enough in which it stands, or that it opens.
    """

    passage: Passage
    start: int
    end: int
    excludes: bool
    denied: bool
    of_others: bool
    group: str = ""
    choice: Choice | None = None

    @property
    def text(self) -> str:
        return self.passage.text[self.start : self.end]

    @property
    def keeps_out(self) -> bool:
        """Whether what the criterion states is unwanted."""
        return self.excludes != self.denied

    def span(self, start: int, end: int) -> Span:
        return self.passage.span(start, end)


class _List(NamedTuple):
    excludes: bool
    of_others: bool
    group: str = ""


# Lines that a list of alternatives has at most where nothing shows its end.
_MOST_ALTERNATIVES = 6
_LINE_NUMBER = re.compile(r"\s*\(?(\d{1,2})(?:-\d{1,2})?\s?\\?[.)]\s")


@dataclass
class _Below:
    """What a line that ends with a colon says of the lines below it: their group, or that some of them are enough.

    It ends with the lines that stand farther in, else where the numbers of the lines go on.
    """

    group: str
    choice: Choice | None
    indent: int
    number: int
    lines: int = 0
    nested: bool = False
    counted: bool = False
    items: bool = False
    spaced: bool = False

    @classmethod
    def opened(cls, line: str, group: str, choice: Choice | None) -> _Below:
        return cls(group, choice, _indent(line), _number_of(line))

    def holds_for(self, line: str, *, apart: bool) -> bool:
        """Whether it still holds for the next line. `apart`: there is an empty line before it."""
        indent, number = _indent(line), _number_of(line)
        self.lines += 1
        if self.lines == 1:
            self.nested, self.counted = indent > self.indent, number == 1
            self.items, self.spaced = _ITEM.match(line) is not None, apart
        elif self.lines == 2:
            self.spaced = self.spaced and apart
        if self.nested:
            return indent > self.indent
        if self.number and not self.counted:
            return number != self.number + 1
        if self.choice is None:
            return True
        # Where an empty line stands before each, none of them ends the list.
        ended = self.lines > 1 and ((apart and not self.spaced) or (self.items and not _ITEM.match(line)))
        return self.lines <= _MOST_ALTERNATIVES and not ended

    @property
    def its_choice(self) -> Choice | None:
        loose = not self.nested and (not self.number or self.counted)
        return self.choice._replace(start=0, loose=loose, below=True) if self.choice else None


# "Meet any of the following criteria." opens a list as a colon does.
_NOTHING_BEHIND = re.compile(
    r"(?:\s?\d?\s?(?:criteria|conditions|items|findings|requirements))?\s?[.)]*\s*", re.IGNORECASE
)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _number_of(line: str) -> int:
    found = _LINE_NUMBER.match(line[:20])
    return int(found[1]) if found else 0


def criteria_of(passage: Passage | None) -> tuple[Criterion, ...]:
    """The criteria of a text in reading order; what stands before any heading includes. None gives none."""
    return tuple(islice(_criteria(passage, _lines(passage.text)), _MOST)) if passage else ()


def criteria_within(passage: Passage) -> tuple[Criterion, ...]:
    """The criteria that a description lists under a heading of its own; none without such a heading."""
    return tuple(islice(_criteria(passage, _listed(passage.text)), _MOST))


def _criteria(passage: Passage, lines: Iterable[tuple[int, int]]) -> Iterator[Criterion]:
    current = _List(excludes=False, of_others=False)
    group: _Below | None = None
    choice: _Below | None = None
    before = 0
    for start, end in islice(lines, _MOST):
        line = passage.text[start:end]
        apart = passage.text.count("\n", before, start) > 1
        before = end
        heading = _heading(line, current)
        if heading is not current:
            current, group, choice = heading, None, None
        if group and not group.holds_for(line, apart=apart):
            group = None
        if choice and not choice.holds_for(line, apart=apart):
            choice = None
        at = start
        said = _Said(group.group if group else current.group, choice.its_choice if choice else None)
        for inner in _INNER_HEADING.finditer(line):
            if inner.start() > 0:
                yield from _sentences(passage, at, start + inner.start(), current, said)
                at = start + inner.start()
                current = _List(_excludes(next(filter(None, inner.groups()))), of_others=False)
                group = choice = None
                said = _Said("", None)
        told = yield from _sentences(passage, at, end, current, said)
        if told.group is not None:
            group = None
            current = current._replace(group="")
        opens = line.rstrip().endswith((":", "："))
        if opens and told.group:
            group = _Below.opened(line, told.group, None)
        if told.choice and (opens or _NOTHING_BEHIND.fullmatch(passage.text, told.choice.start, end)):
            choice = _Below.opened(line, "", told.choice)


def _listed(text: str) -> Iterator[tuple[int, int]]:
    """The lines from a heading of criteria on. A list ends at an empty line, unless more of it follows that."""
    inside = goes_on = False
    before = 0
    for start, end in _lines(text):
        line = text[start:end]
        found = _HEADING.match(line[:200])
        opens = found is not None and "crit" in found["named"].lower() and _opens(found)
        if opens:
            inside = True
        elif not goes_on and text.count("\n", before, start) > 1:
            inside = inside and _ITEM.match(line) is not None
        if inside:
            yield start, end
        goes_on = opens or line.rstrip().endswith((":", "："))
        before = end


def _lines(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        if end > start and not text[start:end].isspace():
            yield start, end
        start = end + 1


def _heading(line: str, current: _List) -> _List:
    """The list that the line opens; the current one for any other line."""
    found = _HEADING.match(line[:200])
    if found and _opens(found):
        words = found["before"], found["after"]
        group = named_group(words[0]) or named_group(words[1])
        return _List(_excludes(found["kind"]), bool(_OTHERS.search(words[0] + words[1][:40])), group)
    if _EXCLUDING_LINE.search(line[-120:]):
        return _List(excludes=True, of_others=current.of_others)
    return current


def _opens(found: re.Match[str]) -> bool:
    """Whether words of a heading are one, and not part of a sentence: a colon says so, or that nothing else is said."""
    after = found["after"]
    if found["named"].rstrip().endswith((":", "：")) or after.rstrip().endswith((":", "：")):
        return True
    if found["kind"].lower() == "entry":
        return False
    if after.lstrip().startswith((":", "：")):
        return True
    alone = not after.strip(" .-*") or not found["before"].strip()
    return alone and not _SENTENCE_OF_ITS_OWN.search(found["before"])


def _excludes(kind: str) -> bool:
    return kind.lower().startswith(("excl", "non", "ineligib"))


class _Said(NamedTuple):
    """What holds for the sentences of a line: a group (None: no heading names one), and a list of alternatives."""

    group: str | None
    choice: Choice | None


def _sentences(
    passage: Passage, start: int, end: int, current: _List, said: _Said
) -> Generator[Criterion, None, _Said]:
    """The criteria of a line; returns the group and the list of alternatives that the line itself opens."""
    text = passage.text
    at = start
    group, choice = said.group or "", said.choice
    opened = _Said(None, None)
    for cut in (*_CUT.finditer(text, start, end), None):
        stop = cut.start() if cut else end
        first = _BULLET.match(text, at, stop)
        for low, high in _pieces(text, first.end() if first else at, stop):
            sentence = text[low:high]
            named = heading_of(text, low, high)
            if named is not None:
                group = named
                opened = opened._replace(group=named)
            found = choice_in(text, low, high)
            choice = found or choice
            opened = opened._replace(choice=found)
            excludes = _keeps_out(sentence, current)
            if excludes is not None and not _EXAMPLE.match(sentence):
                denied = _DENIAL.match(sentence) is not None
                whom = group_in(text, low, high) or group
                yield Criterion(passage, low, high, excludes, denied, current.of_others, whom, choice)
        if choice is not said.choice and not (cut and cut.group().startswith(";")):
            choice = said.choice
        at = cut.end() if cut else end
    return opened


def _keeps_out(sentence: str, current: _List) -> bool | None:
    """Whether a sentence of a list keeps people out; None where it tells an exception."""
    if current.excludes:
        return _LETS_IN.search(sentence) is None
    if not _KEEPS_OUT.search(sentence) or _LETS_IN.search(sentence):
        return False
    return None if _LET_IN_ALL_THE_SAME.search(sentence) else True


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while end - start > _LONGEST:
        cut = text.rfind(" ", start, start + _LONGEST)
        cut = cut if cut > start else start + _LONGEST
        yield start, cut
        start = cut
    if start < end:
        yield start, end
