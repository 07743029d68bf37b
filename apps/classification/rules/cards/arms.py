"""The arms of a study: what each is called, what its participants get, and where the cells are named in it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from apps.classification.rules.cards.material import Material, Named, Passage
from apps.classification.rules.cells import MSC, OPEN_CELLS, UNNAMED
from apps.classification.rules.quoting import Span
from apps.classification.rules.reading import Hit, Place
from apps.studies.records import ArmGroup

_MODULE = "protocolSection.armsInterventionsModule."

# Cells that are given, by the kind that the study gives; other cells than these are a comparison.
_MSC_CELLS = (*MSC, *UNNAMED, *OPEN_CELLS, "mixed-cells", "progenitor-cell", "celz-201")
_HSC_CELLS = ("hsc", "hsc-abbreviation", "stem-cell-transplantation", "stem-cell", "transplantation", "progenitor-cell")

# Words before the name of the cells that say that it is not they which are given, or not given here. What any text
# denies ("without stem cells") the reading tells; these are the words of arms.
_TAKEN_AWAY = re.compile(
    r"\b(?:non\W{1,2}$"
    r"|(?:(?:without|no|minus|excluding|lacking|devoid of|omitting|placebo (?:of|for|to)|sham|mock)\b"
    r"|not (?:be |get |given |receiv|treated|includ|contain|enriched|inject|infus|implant|undergo|accept)\w*)"
    r"\W*(?:(?!plus|with|and|but|then)\w+\W+){0,4}$)",
    re.IGNORECASE,
)
_NOT_GIVEN = re.compile(
    r"\W{1,3}(?:(?:will|were|was|are|is|be|treatment|infusion|injection|transplantation) ){0,3}not\b", re.IGNORECASE
)
_WINDOW = 60
# Terms that are read of one text. Those that name most at the registry hold less than half as many; what names more
# repeats itself.
MOST_TERMS = 300
# Code points of an arm's text in which amounts and treatments are looked for; the registry allows fewer than 1,000.
LONGEST = 4_000
# An arm's list of interventions names each after its type: "Drug: Methotrexate".
_TYPED = re.compile(r"^[A-Z][A-Za-z ]{2,24}: ")


@dataclass(frozen=True)
class Arm:
    """An arm or group. `own` are its label and description; `given` the names, `told` the descriptions, of the
    interventions that the registry links to it (nothing where it links none); `cells` the places that name cells given,
    `kinds` the groups of terms that name them in its own words. `denied` says that its label names cells and that they
    are not given. `bare_label` and `bare_description` are without any name of cells, cut at `LONGEST`.
    """

    number: int
    type: str | None
    label: Passage | None
    description: Passage | None
    given: tuple[Passage, ...]
    told: tuple[Passage, ...]
    cells: tuple[Span, ...]
    kinds: frozenset[str]
    denied: bool
    bare_label: str
    bare_description: str

    @property
    def own(self) -> tuple[Passage, ...]:
        return tuple(passage for passage in (self.label, self.description) if passage)

    @property
    def texts(self) -> tuple[Passage, ...]:
        return (*self.own, *self.given, *self.told)

    def names_cells(self, passages: Iterable[Passage | None]) -> bool:
        """Whether cells given are named in one of these passages."""
        paths = {passage.path for passage in passages if passage}
        return any(cell.path in paths for cell in self.cells)

    def type_span(self) -> Span:
        """The registry's word for the arm's type, as a quotable text."""
        word = self.type or ""
        return Span(f"{_MODULE}armGroups[{self.number}].type", word, 0, len(word))


def arms_of(material: Material) -> tuple[Arm, ...]:
    """Every arm or group of the record, in its order."""
    module = material.record.protocol.arms_interventions
    passages = {passage.path: passage for passage in material.passages if passage.place in _ARM_PLACES}
    cells = _cells_by_path(material)
    names = {(one.name or "").casefold(): i for i, one in enumerate(module.interventions)}
    linked: dict[str, list[int]] = {}
    for i, one in enumerate(module.interventions):
        for label in one.arm_group_labels:
            linked.setdefault(label, []).append(i)
    return tuple(
        _arm(
            number, group, passages, cells, sorted(set(_linked(group, names)) | set(linked.get(group.label or "", ())))
        )
        for number, group in enumerate(module.arm_groups)
    )


_ARM_PLACES = frozenset({Place.ARM, Place.INTERVENTION})


def _arm(
    number: int,
    group: ArmGroup,
    passages: Mapping[str, Passage],
    cells: Mapping[str, list[Hit]],
    interventions: Collection[int],
) -> Arm:
    def passage(path: str) -> Passage | None:
        return passages.get(_MODULE + path)

    label, description = passage(f"armGroups[{number}].label"), passage(f"armGroups[{number}].description")
    given = tuple(found for i in interventions if (found := passage(f"interventions[{i}].name")))
    told = tuple(found for i in interventions if (found := passage(f"interventions[{i}].description")))
    named = [hit for text in (label, description, *given, *told) if text for hit in cells.get(text.path, ())]
    denied = [hit for hit in named if is_denied(hit.text, hit.start, hit.end)]
    named = [hit for hit in named if hit not in denied]
    own = {text.path for text in (label, description) if text}
    return Arm(
        number,
        group.type,
        label,
        description,
        given,
        told,
        tuple(Span(hit.path, hit.text, hit.start, hit.end) for hit in named),
        frozenset(hit.group for hit in named if hit.path in own),
        label is not None
        and any(hit.path == label.path for hit in denied)
        and not any(hit.path == label.path for hit in named),
        _without_names(label, cells),
        _without_names(description, cells),
    )


def _without_names(passage: Passage | None, cells: Mapping[str, list[Hit]]) -> str:
    """The text with blanks for the names of cells."""
    if passage is None:
        return ""
    pieces, at = [], 0
    for hit in sorted(cells.get(passage.path, ()), key=lambda hit: hit.start):
        pieces.append(passage.text[at : hit.start])
        at = max(at, hit.end)
    return " ".join((*pieces, passage.text[at:]))[:LONGEST]


def _linked(group: ArmGroup, names: Mapping[str, int]) -> Iterator[int]:
    for name in group.intervention_names:
        number = names.get(_TYPED.sub("", name).casefold(), names.get(name.casefold()))
        if number is not None:
            yield number


def cell_groups(kinds: Collection[str]) -> tuple[str, ...]:
    """The groups of terms by which arms name the study's cells. Where MSC are given, the graft is the background."""
    return _MSC_CELLS if "msc" in kinds or "hsc" not in kinds else _HSC_CELLS


def _cells_by_path(material: Material) -> dict[str, list[Hit]]:
    """Every name of cells, those that a text denies among them."""
    groups = cell_groups(material.kinds)
    found: dict[str, list[Hit]] = {}
    for hit in (*material.reading.hits(groups), *material.reading.denied(groups)):
        of_path = found.setdefault(hit.path, [])
        if len(of_path) < MOST_TERMS:
            of_path.append(hit)
    return found


def is_denied(text: str, start: int, end: int) -> bool:
    """Whether the words around [start, end) take it away: "without stem cells", "stem cells will not be given"."""
    return bool(_TAKEN_AWAY.search(text, max(0, start - _WINDOW), start) or _NOT_GIVEN.match(text, end))


# Which arms get the cells


class Terms(NamedTuple):
    """Terms of a card's vocabulary in one passage or several."""

    found: tuple[Named, ...]

    def of(self, field: str, value: str | None = None) -> list[Named]:
        return [term for term in self.found if term.field == field and value in (None, term.value)]

    def spans(self, field: str, value: str | None = None) -> list[Span]:
        return [term.span for term in self.of(field, value)]


class Words:
    """The terms of a vocabulary in some passages, in reading order; read once."""

    def __init__(self, material: Material, vocabulary: str, passages: Iterable[Passage]) -> None:
        self._by_path: dict[str, list[Named]] = {}
        texts = list(passages)
        for term in material.named_together(vocabulary, [text for text in texts if len(text.text) <= LONGEST]):
            self._by_path.setdefault(term.passage.path, []).append(term)
        for text in texts:
            if len(text.text) > LONGEST:
                terms = list(islice(material.named(vocabulary, (text,)), MOST_TERMS))
                if terms:
                    self._by_path[text.path] = terms
        self.passages = [text for text in texts if text.path in self._by_path]

    def of(self, *passages: Passage | None) -> Terms:
        return Terms(tuple(term for passage in passages if passage for term in self._by_path.get(passage.path, ())))


CONTROL_TYPES = frozenset({"PLACEBO_COMPARATOR", "SHAM_COMPARATOR", "NO_INTERVENTION"})


def parted(arms: Sequence[Arm], design: Words, *, observed: bool) -> tuple[list[Arm], list[Arm]]:
    """Arms that get the cells, and those that do not; healthy people are neither.

    Groups that are only `observed` are no controls unless their words say so.
    """
    with_cells: list[Arm] = []
    controls: list[Arm] = []
    for arm in arms:
        if not design.of(*arm.own).of("people"):
            (controls if _is_control(arm, design) else with_cells).append(arm)
    if observed or not any(arm.cells or arm.type == "EXPERIMENTAL" for arm in with_cells):
        controls = [
            arm
            for arm in controls
            if arm.type in CONTROL_TYPES
            or design.of(*arm.own).of("comparator")
            or (observed and any(_MATCHED.search(text.text) for text in arm.own))
        ]
    return with_cells, controls


# Of groups that are only observed: the same disease, without the cells.
_MATCHED = re.compile(r"\bmatched (?:control|comparison|comparator|reference)", re.IGNORECASE)


def _is_control(arm: Arm, design: Words) -> bool:
    """Whether an arm goes without the cells. Its own words count for more than its registered type."""
    label, own = design.of(arm.label), design.of(*arm.own)
    if arm.type in CONTROL_TYPES:
        return not arm.names_cells(arm.own) or bool(own.of("comparator") or own.of("fluid") or label.of("control"))
    if arm.names_cells((arm.label,)):
        return False
    if label.of("comparator") or label.of("control"):
        return True
    named = arm.names_cells((*arm.own, *arm.given))
    if arm.type == "EXPERIMENTAL":
        return not named and (bool(own.of("comparator")) or arm.denied)
    return not named
