"""Sentences that speak of the cells: the words of a card in them, and how far to trust the place where they stand."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property, lru_cache
from itertools import chain, islice
from typing import NamedTuple

from apps.classification.rules.cards.elsewhere import tells_of_others
from apps.classification.rules.cards.material import Material, Passage
from apps.classification.rules.quoting import Span
from apps.classification.rules.reading import GIVEN, Hit, Place
from apps.vocabulary.terms import READ_TOGETHER, card_finder

# Terms of the first rules that name cells, by what they name.
_MSC = ("msc", "msc-by-tissue", "mixed-cells")
_HSC = ("hsc", "hsc-abbreviation")
_GRAFT = ("stem-cell-transplantation", "transplantation", "marrow-mononuclear", "cord-blood")
_ANY = ("stem-cell", "progenitor-cell", "stromal-vascular-fraction", "stem-cell-educator", "celz-201")
_OTHER = (
    "organ-transplantation",
    "car-t",
    "treg",
    "tolerogenic-cells",
    "t-cell-vaccine",
    "islet",
    "neural",
    "not-cells",
    "bone-graft",
)
# The value of cells called by the name or code of a product.
_NAME = "name"
_CELLS = {
    **dict.fromkeys(_MSC, "msc"),
    "msc-product": _NAME,
    **dict.fromkeys(_HSC, "hsc"),
    **dict.fromkeys((*_GRAFT, *_ANY), "any"),
    **dict.fromkeys(_OTHER, ""),
}

# What a word of the other fields may belong to; a finding is nothing but words taken away.
_THINGS = frozenset({"cells", "past", "other", "tissue", "drug", "inert", "finding"})
_MESH = (Place.CONDITION_MESH, Place.INTERVENTION_MESH)
# Ways into the body whose full stops or strokes end the finder's words.
_DOTTED = re.compile(r"(?<![\w./])[iI](?:\.\s?|/)([vVmMaA])\.?(?![\w./])")
_DOTTED_ROUTES = {"v": "intravenous", "m": "intramuscular", "a": "intra-arterial"}
# "IT" is an everyday word too, but beside another way it is one.
_BESIDE_WAY = re.compile(r"\b(?:IT\s?(?:\+|/|&|and|or|,)\s?I[VM]|I[VM]\s?(?:\+|/|&|and|or|,)\s?IT)\b")
_OFTEN_DOTTED = ("i.", "I.", "i/", "I/", "IT")


# No record comes near these: words of a text, words and code points of a sentence, words to either side that may be the
# nearest one. They bound the time that any text can take.
_MOST_WORDS = 400
_MOST_IN_SENTENCE = 40
_LONGEST_SENTENCE = 600
_NEIGHBOURS = 5

# A full stop ends a sentence when a new one begins behind it: "i.v. infusion" goes on.
_BREAK = re.compile(r"[.!?;](?<!\b[iI]\.[vVmMaAtT].)[)\"'”’]?\s+(?=[A-Z0-9(\"“•*\[-])|\n\s*")
# What is kept for research is given to nobody.
_FOR_RESEARCH = re.compile(
    r"\bfor (?:later|future|further|exploratory|translational|mechanistic) (?:\w+ ){0,2}"
    r"(?:stud(?:y|ies)|research|analys\w+|tests?|testing)\b",
    re.IGNORECASE,
)
# What stands between a word and what it belongs to makes the way longer.
_TURN = re.compile(
    r"[,:()]|\b(?:and|or|plus|with|then|followed|versus|vs|while|whereas|but|compared|after|before)\b", re.IGNORECASE
)
_PER_TURN = 25
# Words farther apart have nothing to do with each other, whatever stands between them.
_TURNS_NEAR = 250
# An arm's or intervention's text that is longer may tell of such cells in general too, in code points.
_TALKATIVE = 300
# Before the name of a transplantation: it took place before these cells are given, or is the reason for them.
_BEHIND_US = re.compile(
    r"\b(?:after|following|post|previous|prior|history of|failed|failure of|underwent|had|who (?:have )?receiv\w+|"
    r"undergo|undergoing|recipients? of)\b[\s-]*(?:\w+[\s-]+){0,3}$",
    re.IGNORECASE,
)
_BEHIND_US_NEAR = 60
_TRANSPLANTED = frozenset({"hsc", "hsc-abbreviation", "stem-cell-transplantation", "transplantation"})


class Trust(IntEnum):
    """How far to trust what a sentence says of the product. The smaller, the better."""

    NAMED = 0  # the title, an intervention, an arm
    STUDY = 1  # a sentence of the summary or description on this study
    TEXT = 2  # any other sentence there
    LISTED = 3  # a keyword
    CRITERIA = 4  # the eligibility criteria, an outcome
    BACKGROUND = 5  # a sentence on other studies, or on such cells in general


class Word(NamedTuple):
    """A term in a sentence, [start, end) of the passage's text.

    Cells have the field "cells" and as value their kind ("msc", "hsc"), "any" where the word leaves it open, or "name"
    for a product's name. A transplantation that lies behind the participants has the field "past".
    """

    field: str
    value: str
    start: int
    end: int


@dataclass(frozen=True)
class Sentence:
    """A sentence with a term in it. `of_cells`: it stands in the arm or intervention by which the cells are given."""

    passage: Passage
    start: int
    end: int
    words: tuple[Word, ...]
    of_cells: bool

    def having(self, *fields: str) -> list[Word]:
        return [word for word in self.words if word.field in fields]

    @cached_property
    def trust(self) -> Trust:
        if self.passage.place in (Place.CONDITION, Place.KEYWORD):
            return Trust.LISTED
        if self.passage.place is Place.CRITERIA:
            return Trust.CRITERIA
        told = self.passage.place is Place.DESCRIPTION
        if not told and len(self.passage.text) <= _TALKATIVE:
            return Trust.NAMED
        if told and tells_of_others(self.passage.text, self.start, self.end):
            return Trust.BACKGROUND
        general = self.general and "hint.study" not in self._hints
        if not told:
            return Trust.TEXT if general else Trust.NAMED
        if general and not any(word.value == _NAME for word in self.having("cells")):
            return Trust.BACKGROUND
        return Trust.STUDY if "hint.study" in self._hints else Trust.TEXT

    @cached_property
    def _hints(self) -> frozenset[str]:
        finder = card_finder("sentences")
        return frozenset(found.group for found in finder.find(self.passage.text[self.start : self.end]))

    @property
    def general(self) -> bool:
        """Whether words of it tell of other studies, or of such cells in general."""
        return "hint.background" in self._hints

    def span(self, word: Word) -> Span:
        return self.passage.span(word.start, word.end)

    def between(self, one: Word, other: Word) -> str:
        """The text between two words; empty when they overlap."""
        first, second = sorted((one, other), key=lambda word: word.start)
        return self.passage.text[first.end : second.start]

    def way(self, one: Word, other: Word) -> int:
        """How far apart two words are: in code points, and more for every turn of the sentence between them."""
        gap = self.between(one, other)
        return len(gap) + (_PER_TURN * len(_TURN.findall(gap)) if len(gap) <= _TURNS_NEAR else 0)

    def nearest(self, word: Word, *fields: str, before: int = 0) -> Word | None:
        """The nearest other word of these fields. One that stands before counts as `before` farther away."""
        earlier = (one for one in reversed(self.words) if one.start < word.start and one.field in fields)
        later = (one for one in self.words if one.start >= word.start and one.field in fields and one is not word)
        candidates = [*islice(earlier, _NEIGHBOURS), *islice(later, _NEIGHBOURS)]
        return min(
            candidates, key=lambda one: self.way(word, one) + (before if one.end <= word.start else 0), default=None
        )


def sentences(material: Material, passages: tuple[Passage, ...] | None = None) -> Iterator[Sentence]:
    """The sentences that tell something of what is given, in reading order.

    Of all given texts, unless passages are named. A sentence that only names cells or other things tells nothing.
    """
    found: dict[str, list[Word]] = {}
    telling: dict[str, Passage] = {}
    for passage in material.passages if passages is None else passages:
        if passage.place in _MESH:
            continue
        words = _words(passage.text, named="other" if material.kinds == {"hsc"} else "cells")
        if any(word.field not in _THINGS for word in words):
            telling[passage.path] = passage
            found[passage.path] = words
    if not telling:
        return
    owners, anchors = _named_cells(material)
    for path, passage in telling.items():
        words = _merged(anchors.get(path, ()), found[path])
        for sentence in _split(passage, words, _owner(path) in owners):
            if not _FOR_RESEARCH.search(passage.text, sentence.start, sentence.end):
                yield sentence


def _words(text: str, *, named: str) -> list[Word]:
    """The words of a text. The name of a product is a word for what `named` says too, as names of cells are."""
    words = []
    for term in islice(card_finder(*READ_TOGETHER).find(text), _MOST_WORDS):
        field, _, value = term.group.partition(".")
        words.append(Word(field, value, term.start, term.end))
        if field == "product":
            words.append(Word(named, _NAME, term.start, term.end))
    if not any(sign in text for sign in _OFTEN_DOTTED):
        return words
    dotted = [
        Word("route", _DOTTED_ROUTES[found[1].lower()], *found.span())
        for found in islice(_DOTTED.finditer(text), _MOST_WORDS)
    ]
    for found in islice(_BESIDE_WAY.finditer(text), _MOST_WORDS):
        start = found.start() + found.group().index("IT")
        dotted.append(Word("route", "intrathecal", start, start + 2))
    return sorted((*words, *dotted), key=_in_order) if dotted else words


def _merged(anchors: Collection[Word], words: list[Word]) -> list[Word]:
    """Both in reading order, without the words for any thing that lie within the full name of cells."""
    if not anchors:
        return words
    ranked = [(word.start, -word.end, 0, word) for word in islice(anchors, _MOST_WORDS)]
    ranked += [(word.start, -word.end, 1, word) for word in words]
    merged: list[Word] = []
    reach = 0
    for _, _, rank, word in sorted(ranked):
        if rank == 0:
            reach = max(reach, word.end)
        elif word.field in _THINGS and word.end <= reach:
            continue
        merged.append(word)
    return merged


def _in_order(word: Word) -> tuple[int, int]:
    return word.start, -word.end


def _split(passage: Passage, words: list[Word], of_cells: bool) -> Iterator[Sentence]:
    start, i = 0, 0
    breaks = ((found.start(), found.end()) for found in _BREAK.finditer(passage.text))
    for end, next_start in chain(breaks, [(len(passage.text), 0)]):
        while i < len(words) and words[i].start < end:
            j = i + 1
            while j < len(words) and words[j].start < end and _in_reach(words, i, j):
                j += 1
            low, high = max(start, words[i].start - _LONGEST_SENTENCE), min(end, words[j - 1].end + _LONGEST_SENTENCE)
            if any(word.field not in _THINGS for word in words[i:j]):
                yield Sentence(passage, low, high, tuple(words[i:j]), of_cells)
            start, i = words[j - 1].end, j
        if i == len(words):
            return
        start = next_start


def _in_reach(words: list[Word], first: int, last: int) -> bool:
    return last - first < _MOST_IN_SENTENCE and words[last].start - words[first].start < _LONGEST_SENTENCE


def _kinds_given(material: Material, past: Collection[Hit]) -> frozenset[str]:
    """The kinds given. Beside MSC, a transplantation counts where title, interventions or arms name it as none past."""
    hits = material.reading.hits(_HSC, GIVEN)
    return material.kinds if any(hit not in past for hit in hits) else material.kinds - {"hsc"}


def _anchors(material: Material) -> tuple[frozenset[str], dict[str, list[Word]]]:
    """The kinds given, and where the record names cells. Cells of a kind that is not given are something else.

    Where MSC are given, a transplantation that they follow is past; an unspecific graft beside one that is given is the
    blood-forming one.
    """
    hits = material.reading.hits(_CELLS)
    kinds, past = material.kinds, frozenset[Hit]()
    if "msc" in kinds:
        past = frozenset(hit for hit in hits if hit.group in _TRANSPLANTED and _is_behind_us(hit))
        kinds = _kinds_given(material, past)
    found: dict[str, list[Word]] = {}
    for hit in hits:
        value = _CELLS[hit.group]
        if hit.group in _GRAFT and len(kinds) > 1:
            value = "hsc"
        needed = "msc" if value == _NAME else value
        given = value == "any" or needed in kinds or (value and not kinds)
        field = "past" if hit in past else "cells" if given else "other"
        found.setdefault(hit.path, []).append(Word(field, value, hit.start, hit.end))
    return kinds, found


def _is_behind_us(hit: Hit) -> bool:
    return bool(_BEHIND_US.search(hit.text, max(0, hit.start - _BEHIND_US_NEAR), hit.start))


_CELL = re.compile(r"\bcells?\b", re.IGNORECASE)
_OWNER = re.compile(r"(?:interventions|armGroups)\[\d+\]")
_CONTROL = re.compile(r"placebo|sham|control|vehicle|saline|standard|without|no treatment", re.IGNORECASE)


def _owner(path: str) -> str | None:
    found = _OWNER.search(path)
    return found.group() if found else None


def _owners(material: Material, kinds: frozenset[str], anchors: dict[str, list[Word]]) -> frozenset[str]:
    """The interventions and arms by which the cells are given, as "interventions[0]".

    Those that name the cells; of MSC, also those whose description names them, and else the only biological product. A
    graft is named in the descriptions of the drugs around it too, so that there only names count.
    """
    module = material.record.protocol.arms_interventions
    named = {
        owner
        for path, words in anchors.items()
        if _given(words, None if not path.endswith("description") else "" if "hsc" in kinds else "msc")
        and (owner := _owner(path))
    }
    able = [i for i, one in enumerate(module.interventions) if not _CONTROL.search(one.name or "")]
    given = [i for i in able if f"interventions[{i}]" in named]
    if kinds == {"msc"} and not given:
        biological = [i for i in able if module.interventions[i].type == "BIOLOGICAL"]
        given = biological if len(biological) == 1 else []
    owners = {f"interventions[{i}]" for i in given}
    if "hsc" in kinds:
        return frozenset(owners)
    names = {module.interventions[i].name for i in given}
    labels = {label for i in given for label in module.interventions[i].arm_group_labels}
    for i, arm in enumerate(module.arm_groups):
        linked = arm.label in labels or any(name.partition(": ")[2] in names for name in arm.intervention_names)
        told = f"armGroups[{i}]" in named or _CELL.search(arm.description or "")
        if (linked or told) and not _CONTROL.search(arm.label or ""):
            owners.add(f"armGroups[{i}]")
    return frozenset(owners)


# A product known by a code only: "ABC-123", "AbcCell"; not "Group-1".
_CODE = re.compile(
    r"(?i:(?!(?:group|arm|cohort|dose|level|phase|part|step|stage|day|week)s?(?![a-z])))"
    r"(?=\S*[\d-]|\S*[a-z][A-Z]|[A-Z]{3})[A-Za-z][\w-]{2,24}"
)


def owners_of(material: Material) -> frozenset[str]:
    """The interventions and arms by which the cells are given, as "interventions[0]"."""
    return _named_cells(material)[0]


@lru_cache(maxsize=2)
def codes_of(material: Material) -> dict[str, tuple[tuple[int, int], ...]]:
    """Where texts call the cells by a name of their own, as [start, end) by the path of the text."""
    anchors = _named_cells(material)[1]
    return {
        path: places
        for path, words in anchors.items()
        if (places := tuple((word.start, word.end) for word in words if word.field == "cells" and word.value == _NAME))
    }


@lru_cache(maxsize=2)
def _named_cells(material: Material) -> tuple[frozenset[str], dict[str, list[Word]]]:
    """The owners, and the places that name cells; the same for all that is asked of one record."""
    kinds, anchors = _anchors(material)
    owners = _owners(material, kinds, anchors)
    _add_codes(material, owners, anchors)
    return owners, anchors


def _add_codes(material: Material, owners: frozenset[str], anchors: dict[str, list[Word]]) -> None:
    """The code by which the record calls its cells, or the arm that gets them, names them everywhere."""
    module = material.record.protocol.arms_interventions
    names = [
        name
        for i, one in enumerate(module.interventions)
        if f"interventions[{i}]" in owners
        for name in (one.name, *one.other_names)
    ]
    names += [arm.label for i, arm in enumerate(module.arm_groups) if f"armGroups[{i}]" in owners]
    for name in {(name or "").strip("®™ ") for name in names}:
        if _CODE.fullmatch(name):
            word = re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])")
            for passage in material.passages:
                if name in passage.text:
                    found = [Word("cells", _NAME, *match.span()) for match in word.finditer(passage.text)]
                    anchors.setdefault(passage.path, []).extend(found)


def _given(words: list[Word], kind: str | None = None) -> bool:
    return any(word.field == "cells" and (kind is None or word.value == kind) for word in words)


def kind_of(material: Material, sentence: Sentence, cells: Word | None) -> str:
    """The kind of cells of which a word in this sentence speaks; "" where the record does not give one."""
    if len(material.kinds) == 1:
        return next(iter(material.kinds))
    if not material.kinds:
        return ""
    if cells and cells.value in material.kinds:
        return cells.value
    named = [word.value for word in sentence.words if word.field == "cells" and word.value in material.kinds]
    return named[0] if named else "msc"
