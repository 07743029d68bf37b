"""Sentences of a record that hold a number or a time, and of what they speak: the cells, a drug, a visit."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Protocol

from apps.classification.rules.cards.elsewhere import tells_of_others
from apps.classification.rules.cards.material import Material, Passage
from apps.classification.rules.cards.mentions import codes_of, owners_of
from apps.classification.rules.cells import MSC, OPEN_CELLS, UNNAMED
from apps.classification.rules.reading import GIVEN, HEADLINE, Place
from apps.vocabulary.terms import card_finder

_ARMS = "protocolSection.armsInterventionsModule."
# Places that tell what is given, and the place that also tells what was done before, to others, or in the laboratory.
STATED = frozenset({Place.TITLE, Place.INTERVENTION, Place.ARM})
_READ = STATED | {Place.DESCRIPTION}
_CELLS = (*MSC, *UNNAMED, *OPEN_CELLS, "hsc", "hsc-abbreviation", "progenitor-cell")

# Code points that a sentence reaches to either side, and that a name of the cells may stand before it.
_REACH = 400
_BEFORE = 250
# Sentences, and code points in them, that are read of one record: what is given stands before what else is told.
_MOST_STATEMENTS = 60
_MOST_READ = 8000

# The sign stands first, so that only its places are tried; what may stand before it is looked at behind it.
_END = re.compile(
    r"[.!?;](?:(?<![\s(.]\w.)|(?<=[\s(.]\d.)(?=\s[A-Z]))(?<!\be\.g.)(?<!\bi\.e.)(?<!\bi\.v.)(?<!\bapp.)(?<!\bapprox.)(?<!\bvs.)(?<!\bInj.)(?<!\bpr.)"
    r"(?<!\bno.)(?<!\bmln.)(?<!\bmio.)(?=[\s)\"'”’]|[A-Z][a-z])|[。；]|\n"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_BETWEEN_TEXTS = "\x00"
_BACKGROUND = frozenset({"past", "laboratory"})
CELLS = frozenset({"msc", "graft", "cell"})


class Cue(Protocol):
    """A compiled pattern of RE2."""

    def finditer(self, text: str) -> Iterator[re.Match[str]]: ...


class Term(NamedTuple):
    """A word of `card_terms/doses.toml`, at [start, end) of the passage: of what the sentence speaks there."""

    subject: str
    start: int
    end: int


@dataclass(frozen=True)
class Statement:
    """A sentence, [start, end) of a passage.

    `of_cells`: without a word of its own, it still speaks of the cells; `named`: because they are named around it, not
    only because the record names nothing else that is given. `codes`: where the text calls them by a name of their own.
    """

    passage: Passage
    start: int
    end: int
    of_cells: bool
    named: bool = True
    codes: tuple[tuple[int, int], ...] = ()

    @property
    def text(self) -> str:
        return self.passage.text[self.start : self.end]

    @cached_property
    def lowered(self) -> str:
        return self.text.lower()

    @property
    def stated(self) -> bool:
        """Whether it stands where the record tells what is given."""
        return self.passage.place in STATED

    @cached_property
    def terms(self) -> tuple[Term, ...]:
        found = [
            Term(term.group.partition(".")[2], self.start + term.start, self.start + term.end)
            for term in card_finder("doses").find(self.text)
        ]
        coded = [
            Term("cell", start, end)
            for start, end in self.codes
            if self.start <= start and end <= self.end and not any(t.start < end and start < t.end for t in found)
        ]
        return tuple(sorted((*found, *coded), key=lambda term: term.start) if coded else found)

    def has(self, subjects: Iterable[str]) -> bool:
        wanted = frozenset(subjects)
        return any(term.subject in wanted for term in self.terms)

    @property
    def background(self) -> bool:
        """Whether it tells of animals, other people, or of the laboratory."""
        return self.has(_BACKGROUND) or self.of_others

    @cached_property
    def of_others(self) -> bool:
        """Whether a text that may tell of other people than the participants does so."""
        return not self.stated and (self.has(("past",)) or tells_of_others(self.passage.text, self.start, self.end))

    def before(self, at: int) -> Term | None:
        """The last word before a place that says of what the sentence speaks."""
        return next((term for term in reversed(self.terms) if term.end <= at), None)

    def after(self, at: int) -> Term | None:
        """The first such word after a place."""
        return next((term for term in self.terms if term.start >= at), None)

    def within(self, start: int, end: int) -> tuple[Term, ...]:
        return tuple(term for term in self.terms if start <= term.start and term.end <= end)


def statements(material: Material, cue: Cue) -> Iterator[Statement]:
    """The first sentences in which the cue stands, each once, in reading order; none where only what cells make is
    given."""
    if not _cell_free(material):
        yield from statements_of(material, [passage for passage in material.passages if passage.place in _READ], cue)


def statements_of(material: Material, passages: Sequence[Passage], cue: Cue) -> Iterator[Statement]:
    """The same of these passages."""
    starts, position = [], 0
    for passage in passages:
        starts.append(position)
        position += len(passage.text) + 1
    joined = _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", _BETWEEN_TEXTS.join(passage.text for passage in passages))
    names: dict[str, list[int]] | None = None
    done = -1
    count = length = 0
    for found in cue.finditer(joined):
        if found.start() < done:
            continue
        if count == _MOST_STATEMENTS or length > _MOST_READ:
            break
        names = _names(material) if names is None else names
        at = bisect_right(starts, found.start()) - 1
        passage = passages[at]
        start, end = sentence(passage.text, found.start() - starts[at])
        start = max(start, done - starts[at])
        done = starts[at] + end
        count, length = count + 1, length + end - start
        named = _of_cells(names, passage, start)
        alone = not named and passage.path.startswith(_ARMS) and _OWNERS not in names
        yield Statement(passage, start, end, named or alone, named, codes_of(material).get(passage.path, ()))


def _cell_free(material: Material) -> bool:
    """Whether the title or interventions name exosomes and the like, and no intervention is named for cells alone."""
    free = {hit.path for hit in material.reading.hits(("cell-free",), HEADLINE)}
    if not free:
        return False
    named = {hit.path for hit in material.reading.hits(_CELLS, (Place.INTERVENTION,))}
    return not named - free


def sentence(text: str, at: int) -> tuple[int, int]:
    """The sentence around a place, no longer than `_REACH` to either side."""
    low, high = max(0, at - _REACH), min(len(text), at + _REACH)
    start = low
    for found in _END.finditer(text, low, at):
        start = found.end()
    ending = _END.search(text, at, high)
    return start, ending.start() if ending else high


# Stands among the names where some intervention or arm is named for the cells.
_OWNERS = ""


def _names(material: Material) -> dict[str, list[int]]:
    """Where cells are named: path of a text, or of a whole intervention or arm, to places in it (0 for the whole)."""
    names: dict[str, list[int]] = {}
    for hit in material.reading.hits(_CELLS, GIVEN | {Place.DESCRIPTION}):
        names.setdefault(hit.path, []).append(hit.start)
        if hit.path.startswith(_ARMS) and not hit.path.endswith("description"):
            names.setdefault(_owner(hit.path), []).append(0)
    arms = material.record.protocol.arms_interventions
    owners = {path for path in names if path.startswith(_ARMS) and "]." not in path}
    if owners:
        names[_OWNERS] = []
    for i, intervention in enumerate(arms.interventions):
        if f"{_ARMS}interventions[{i}" in owners:
            for j, arm in enumerate(arms.arm_groups):
                listed = any(name.partition(": ")[2] == intervention.name for name in arm.intervention_names)
                if listed or arm.label in intervention.arm_group_labels:
                    names.setdefault(f"{_ARMS}armGroups[{j}", []).append(0)
    if not owners:
        # Cells that no intervention is named for may be given under a code.
        for owner in owners_of(material):
            names.setdefault(_ARMS + owner.removesuffix("]"), []).append(0)
    return names


def _owner(path: str) -> str:
    return path.partition("].")[0]


def _of_cells(names: dict[str, list[int]], passage: Passage, start: int) -> bool:
    """An intervention named for the cells speaks of them throughout; other texts for a while after naming them."""
    if passage.path.startswith(_ARMS) and _owner(passage.path) in names:
        return True
    return any(start - _BEFORE <= at < start for at in names.get(passage.path, ()))


def kind_here(material: Material, statement: Statement, noun: Term | None, at: int) -> str | None:
    """Of which kind the cells at a place are: "msc", "hsc", None where the record gives neither; "" for other cells."""
    if len(material.kinds) < 2:
        kind = next(iter(material.kinds), None)
        if noun is not None and kind is not None and noun.subject != "cell" and _KINDS[noun.subject] != kind:
            return ""
        return kind
    if noun is not None and noun.subject != "cell":
        return _KINDS[noun.subject]
    named = [term for term in statement.terms if term.subject in _KINDS]
    before = [term for term in named if term.end <= at]
    if before or named:
        return _KINDS[(before or named)[-1 if before else 0].subject]
    owner = _owner(statement.passage.path)
    msc = any(hit.path.startswith(owner) for hit in material.reading.hits(MSC, GIVEN))
    hsc = any(hit.path.startswith(owner) for hit in material.reading.hits(("hsc", "hsc-abbreviation"), GIVEN))
    return None if msc == hsc else "msc" if msc else "hsc"


_KINDS = {"msc": "msc", "graft": "hsc"}


def arms_of(material: Material, paths: Iterable[str]) -> tuple[int, ...]:
    """The arm groups that texts at these paths speak of: their own arms, else those that get their interventions."""
    own: set[int] = set()
    given: set[int] = set()
    module = material.record.protocol.arms_interventions
    for path in paths:
        found = _INDEX.match(path)
        if found is None:
            continue
        index = int(found["index"])
        if found["list"] == "armGroups":
            own.add(index)
        else:
            labels = module.interventions[index].arm_group_labels
            given.update(i for i, arm in enumerate(module.arm_groups) if arm.label in labels)
    return tuple(sorted(own or given))


_INDEX = re.compile(re.escape(_ARMS) + r"(?P<list>armGroups|interventions)\[(?P<index>\d+)\]")
