"""What the study gives together with mesenchymal cells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from apps.classification.rules.cards.arms import Arm, arms_of, is_denied
from apps.classification.rules.cards.material import Material, Named, Passage
from apps.classification.rules.cells import MSC, UNNAMED
from apps.classification.rules.labels import Label
from apps.classification.rules.quoting import Span, evidence, sentence_at
from apps.classification.rules.reading import Place

_MODULE = "protocolSection.armsInterventionsModule."
_CELLS = (*MSC, *UNNAMED, "progenitor-cell")
_CONTROL_TYPES = frozenset({"PLACEBO_COMPARATOR", "SHAM_COMPARATOR", "NO_INTERVENTION"})
# "MSC + methotrexate", "MSC and DMARDs": the signs that join, beside the words of the vocabulary.
_JOINED = re.compile(r"[+&/]|\band\b", re.IGNORECASE)

REASONS = {
    "named-with-cells": "The title or the name of an arm or intervention joins this treatment to the cells.",
    "told-with-cells": "The description of an arm says that this treatment is given with the cells.",
    "listed-with-cells": "This treatment is an intervention of its own in the arm that gets the cells.",
}
_ORDER = tuple(REASONS)


def extract_co_treatments(material: Material) -> Iterator[Label]:
    """Drugs and procedures that belong to the study's treatment; not what people take anyway."""
    if "msc" not in material.kinds:
        return
    places = frozenset({Place.TITLE, Place.ARM, Place.INTERVENTION})
    terms: dict[str, list[Named]] = {}
    for term in material.named("co_treatments", tuple(p for p in material.passages if p.place in places)):
        terms.setdefault(term.passage.path, []).append(term)
    if not terms:
        return
    for_cells = {term.value for named in terms.values() for term in named if _sentence_has(term, named, "before")}
    found: dict[str, dict[str, list[Span]]] = {}
    for rule, term in _given(material, terms):
        if term.value not in for_cells:
            found.setdefault(term.value, {}).setdefault(rule, []).append(term.span)
    for value, rules in found.items():
        rule = min(rules, key=_ORDER.index)
        spans = [span for one in _ORDER for span in rules.get(one, ())]
        yield Label("co_treatment", value, rule, REASONS[rule], evidence(spans))


def _sentence_has(term: Named, named: Sequence[Named], cue: str) -> bool:
    """Whether a cue of this value stands in the term's sentence."""
    low, high = sentence_at(term.passage.text, term.start, term.end)
    return any(one.field == "cue" and one.value == cue and low <= one.start < high for one in named)


def _given(material: Material, terms: dict[str, list[Named]]) -> Iterator[tuple[str, Named]]:
    cells: dict[str, list[tuple[int, int]]] = {}
    for hit in material.reading.hits(_CELLS):
        cells.setdefault(hit.path, []).append((hit.start, hit.end))
    arms = arms_of(material)
    with_cells = [arm for arm in arms if _gets_cells(arm)]
    for passage in material.passages:
        if passage.place is Place.TITLE and passage.path in cells:
            yield from (("named-with-cells", term) for term in _joined(passage, terms, cells[passage.path]))
    for arm in with_cells:
        if arm.label:
            near = cells.get(arm.label.path, [])
            yield from (("named-with-cells", term) for term in _joined(arm.label, terms, near, alone=bool(near)))
        if arm.description:
            near = cells.get(arm.description.path, [])
            yield from (("told-with-cells", term) for term in _joined(arm.description, terms, near))
    if "hsc" not in material.kinds:
        # Beside a transplantation the list holds the drugs of its conditioning.
        yield from (("listed-with-cells", term) for term in _listed(material, arms, with_cells, terms, cells))


def _gets_cells(arm: Arm) -> bool:
    if arm.type in _CONTROL_TYPES:
        return False
    return arm.type == "EXPERIMENTAL" or arm.names_cells((*arm.own, *arm.given))


def _joined(
    passage: Passage, terms: dict[str, list[Named]], cells: Sequence[tuple[int, int]], *, alone: bool = False
) -> Iterator[Named]:
    """Treatments that a sentence joins to the cells; `alone` takes them wherever cells are named in the same label."""
    inside = terms.get(passage.path, ())
    for term in inside:
        if term.field != "treatment" or is_denied(passage.text, term.start, term.end):
            continue
        if any(low < term.end and term.start < high for low, high in cells):
            continue
        if _sentence_has(term, inside, "anyway") or _sentence_has(term, inside, "against"):
            continue
        together = _sentence_has(term, inside, "together")
        low, high = sentence_at(passage.text, term.start, term.end)
        beside = [(start, end) for start, end in cells if low <= start < high]
        if beside and (together or alone or any(_signs(passage.text, term, one) for one in beside)):
            yield term


def _signs(text: str, term: Named, cells: tuple[int, int]) -> bool:
    """Whether a sign or "and" stands between a treatment and the cells, not far apart."""
    low, high = min(term.end, cells[1]), max(term.start, cells[0])
    return low <= high <= low + 80 and bool(_JOINED.search(text, low, high))


def _listed(
    material: Material,
    arms: Sequence[Arm],
    with_cells: Sequence[Arm],
    terms: dict[str, list[Named]],
    cells: dict[str, list[tuple[int, int]]],
) -> Iterator[Named]:
    """Interventions without cells: those that the registry links to an arm with cells, or all of the only arm."""
    linked = {text.path for arm in with_cells for text in arm.given}
    only = len(arms) <= 1
    for i, _ in enumerate(material.record.protocol.arms_interventions.interventions):
        path = f"{_MODULE}interventions[{i}].name"
        named = [term for term in terms.get(path, ()) if term.field == "treatment"]
        if not named:
            continue
        if path in cells:
            passage = named[0].passage
            yield from _joined(passage, terms, cells[path], alone=True)
        elif path in linked or only:
            yield from (term for term in named if not _anyway(terms.get(path, ())))


def _anyway(terms: Iterable[Named]) -> bool:
    return any(term.field == "cue" and term.value == "anyway" for term in terms)
