"""What the study gives together with mesenchymal cells."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from apps.classification.rules.cards.arms import Arm, arms_of, is_denied
from apps.classification.rules.cards.elsewhere import tells_of_others
from apps.classification.rules.cards.material import Material, Named, Passage
from apps.classification.rules.cards.statements import sentence
from apps.classification.rules.cells import MSC, UNNAMED
from apps.classification.rules.labels import Label
from apps.classification.rules.quoting import Span, evidence, sentence_at
from apps.classification.rules.reading import Place

_MODULE = "protocolSection.armsInterventionsModule."
_CELLS = (*MSC, *UNNAMED, "progenitor-cell")
_PLACES = frozenset({Place.TITLE, Place.ARM, Place.INTERVENTION})
_CONTROL_TYPES = frozenset({"PLACEBO_COMPARATOR", "SHAM_COMPARATOR", "NO_INTERVENTION"})
# Between cells and a treatment, in either order: "MSC + methotrexate", "MSC and DMARDs"; "MSC with DMARDs".
_JOINED = re.compile(r"[+&/]|\band\b", re.IGNORECASE)
_WITH = re.compile(r"\W*(?:(?:cell|infusion|injection|transplantation)s?\W+)?with\W+(?:\w+\W+){0,2}", re.IGNORECASE)
# One instead of the other.
_EITHER = re.compile(r"\W*(?:cells?\W+)?(?:or|versus|vs)\b(?![^.]*\b(?:and|with)\b)", re.IGNORECASE)
_SIGN_REACH = 80
# "Cells collected from mononuclear cells": of these the cells are made.
_MADE_FROM = re.compile(
    r"\b(?:collected|isolated|obtained|derived|prepared|harvested|separated|selected|sorted|cultured|expanded|grown|generated)"
    r"\s(?:\w+\s){0,2}?(?:from|out of)\s(?:(?!(?:with|and|plus)\b)[\w-]+\s){0,4}$",
    re.IGNORECASE,
)
_MADE_FROM_NEAR = 90
# "Cyclophosphamide will be given 24 hours before transplantation": the study gives it, at a time before the cells.
_GIVEN_BEFORE = re.compile(
    r"\b(?:is|are|was|were|be|being)\s(?:[\w-]+\s){0,2}?(?:given|administered|infused|injected)\b"
    r"(?:[^.;]|\.(?=\d)){0,120}?"
    r"\b(?:hours?|hrs?|h|days?|minutes?|min|weeks?)\s(?:before|prior to)\s"
    r"(?:(?:the|each|every|first|stem|cells?|MSCs?)\s){0,4}(?:transplant|infusion|injection|administration|implantation|cells?\b|MSC)",
    re.IGNORECASE,
)
_GIVEN_BEHIND = re.compile(r"[^.;,:]{0,40}$")
# "The treatment is a combination of massage, acupuncture and cells": what the study's treatment is made of.
_TREATMENT_IS = re.compile(
    r"\b(?:the|this|our|study|proposed)\s(?:study\s|proposed\s|whole\s)?(?:treatment|therapy|intervention|protocol|regimen)s?\s"
    r"(?:is|will be|are)\s(?:a|the)\scombination\sof\b"
    r"|\b(?:the|this|our|study)\s(?:study\s|proposed\s)?(?:treatment|therapy|intervention|regimen)\s"
    r"(?:consists?|comprises?|is composed|is made up)\s(?:of\s)?",
    re.IGNORECASE,
)
# "Premedication with hydrocortisone", "dexamethasone 5 mg IV before the injection": for the sake of the cells.
_PREMEDICATION = re.compile(r"\bpre-?\s?medicat\w+", re.IGNORECASE)
_NO_PREMEDICATION = re.compile(r"\b(?:no|without|not?\s\w+)\s(?:any\s)?(?:\w+\s)?pre-?\s?medicat\w+", re.IGNORECASE)
_BEFORE_CELLS = re.compile(
    r"[^.;:]{0,70}?\b(?:before|prior to|ahead of|preceding)\s(?:(?:the|each|every|any|cell|cells|stem|study|MSC"
    r"|first|second)\s){0,4}"
    r"(?:injections?|infusions?|procedures?|transplantations?|implantations?|administrations?|transfusions?|cells?|MSCs?)\b",
    re.IGNORECASE,
)
_GIVEN_OR_DOSED = re.compile(
    r"\b(?:is|are|was|were|be)\s(?:[\w-]+\s){0,2}?(?:given|administered|infused|injected|used)\b|\breceiv\w+|\bgets?\b"
    r"|\b\d[\d.,]{0,6}\s?(?:mg|g|µg|mcg)\b",
    re.IGNORECASE,
)
# Words that stop or forbid it before the cells.
_STOPPED = re.compile(
    r"\b(?:stop\w*|discontinu\w*|wash-?out|withdraw\w*|paus\w*|within|must not|should not|not be|exclu\w*|at "
    r"least|if|patients? who"
    r"|screening|taper\w*|avoid\w*|stable|weeks?|months?)\b",
    re.IGNORECASE,
)
# A text that is nothing but drugs and their doses.
_DOSE = re.compile(
    r"\d[\d.,/-]*|\b(?:mg|g|mcg|µg|kg|m2|ml|iu|iv|po|days?|daily|d|weeks?|weekly|months?|monthly|oral(?:ly)?|tablets?|and|or|plus|with|low|dose"
    r"|every|per|once|twice|pulses?|intravenous(?:ly)?|e\.?g\.?)\b|[\W_]",
    re.IGNORECASE,
)
_MOST_LISTED = 160
_ENDS = re.compile(r"[.!?]\s+(?=[A-Z])|\n\s*\n")
_LONGEST_SENTENCE, _MOST_SENTENCES = 600, 20
_CELL = re.compile(r"\b(?:cells?|cellular|MSCs?)\b", re.IGNORECASE)
# No text of a record names as many.
_MOST_TERMS = 100

REASONS = {
    "named-with-cells": "The title or the name of an arm or intervention joins this treatment to the cells.",
    "told-with-cells": "The description of an arm or intervention says that this treatment is given with the cells.",
    "given-before-cells": "An arm or intervention says that this treatment is given at a time before the cells.",
    "premedication-told": "The record says that this is given to all before the cells.",
    "told-as-treatment": "The description says that the study's treatment is made of this and of cells.",
    "listed-with-cells": "This treatment is an intervention of its own in the arm that gets the cells.",
}
_ORDER = tuple(REASONS)


def extract_co_treatments(material: Material) -> Iterator[Label]:
    """Drugs and procedures that belong to the study's treatment; not what people take anyway."""
    if "msc" not in material.kinds:
        return
    texts = _texts(material)
    if not any(text.treatments for text in texts.values()):
        return
    for_cells = {
        term.value
        for text in texts.values()
        if text.passage.place in _PLACES or _TREATMENT_IS.search(text.passage.text)
        for term in text.treatments
        if "before" in text.cues(term)
    }
    found: dict[str, dict[str, list[Span]]] = {}
    for rule, term in _given(material, texts):
        if term.value not in for_cells:
            found.setdefault(term.value, {}).setdefault(rule, []).append(term.span)
    for value, rules in found.items():
        rule = min(rules, key=_ORDER.index)
        spans = [span for one in _ORDER for span in rules.get(one, ())]
        yield Label("co_treatment", value, rule, REASONS[rule], evidence(spans))


@dataclass(frozen=True)
class _Text:
    """A passage with the treatments and cues in it, and the places that name cells; each in reading order."""

    passage: Passage
    treatments: Sequence[Named]
    words: Sequence[Named]
    cells: Sequence[tuple[int, int]]

    def cues(self, term: Named) -> set[str]:
        """The cues in the term's sentence."""
        low, high = sentence_at(self.passage.text, term.start, term.end)
        first = bisect_left(self.words, low, key=lambda word: word.start)
        last = bisect_left(self.words, high, key=lambda word: word.start)
        return {word.value for word in self.words[first:last]}

    def beside(self, term: Named) -> list[tuple[int, int]]:
        """The nearest names of cells in the term's sentence: before it, and behind it."""
        low, high = sentence_at(self.passage.text, term.start, term.end)
        at = bisect_left(self.cells, (term.start, 0))
        return [(start, end) for start, end in self.cells[max(0, at - 1) : at + 1] if low <= start < high]

    def is_cells(self, term: Named) -> bool:
        """Whether the treatment's words lie in a name of the cells."""
        return any(low < term.end and term.start < high for low, high in self.beside(term))


def _texts(material: Material) -> dict[str, _Text]:
    cells: dict[str, list[tuple[int, int]]] = {}
    for hit in material.reading.hits(_CELLS):
        cells.setdefault(hit.path, []).append((hit.start, hit.end))
    texts = {}
    for passage in material.passages:
        told = passage.place is Place.DESCRIPTION and _tells_treatment(passage.text)
        if passage.place in _PLACES or told:
            terms = list(islice(material.named("co_treatments", (passage,)), _MOST_TERMS))
            texts[passage.path] = _Text(
                passage,
                [term for term in terms if term.field == "treatment"],
                [term for term in terms if term.field == "cue"],
                sorted(cells.get(passage.path, ())),
            )
    return texts


def _given(material: Material, texts: dict[str, _Text]) -> Iterator[tuple[str, Named]]:
    arms = arms_of(material)
    with_cells = [arm for arm in arms if _gets_cells(arm)]
    for text in texts.values():
        if text.passage.place is Place.TITLE:
            yield from (("named-with-cells", term) for term in _joined(text))
        elif text.passage.place is Place.DESCRIPTION:
            yield from (("told-as-treatment", term) for term in _parts(text))
            yield from (("premedication-told", term) for term in _premedication(text))
    for arm in with_cells:
        if arm.label:
            yield from (("named-with-cells", term) for term in _joined(texts[arm.label.path], alone=True))
        if arm.description:
            yield from (("told-with-cells", term) for term in _joined(texts[arm.description.path], also=True))
            yield from (("given-before-cells", term) for term in _before(texts[arm.description.path]))
            yield from (("premedication-told", term) for term in _premedication(texts[arm.description.path]))
    if "hsc" not in material.kinds:
        # Beside a transplantation the list holds the drugs of its conditioning.
        yield from _listed(material, texts, with_cells, only=len(arms) <= 1)


def _gets_cells(arm: Arm) -> bool:
    if arm.type in _CONTROL_TYPES:
        return False
    return arm.type == "EXPERIMENTAL" or arm.names_cells((*arm.own, *arm.given))


def _joined(text: _Text, *, alone: bool = False, also: bool = False) -> Iterator[Named]:
    """Treatments that a sentence joins to the cells.

    `alone` takes them wherever the same sentence names cells, `also` where it says that they are given too.
    """
    for term in text.treatments:
        if is_denied(text.passage.text, term.start, term.end) or text.is_cells(term) or _is_made_from(text, term):
            continue
        cues, beside = text.cues(term), text.beside(term)
        if "anyway" in cues or "against" in cues:
            continue
        joined = (alone or "together" in cues) and not any(_either(text, term, one) for one in beside)
        with_them = beside and (joined or any(_signs(text, term, one) for one in beside))
        if with_them or (also and "too" in cues):
            yield term


def _is_made_from(text: _Text, term: Named) -> bool:
    return _MADE_FROM.search(text.passage.text, max(0, term.start - _MADE_FROM_NEAR), term.start) is not None


def _before(text: _Text) -> Iterator[Named]:
    """Treatments of which a sentence says that they are given at a time before the cells."""
    for term in text.treatments:
        words = text.passage.text
        high = sentence_at(words, term.start, term.end)[1]
        given = _GIVEN_BEFORE.search(words, term.end, high)
        if (
            given
            and _GIVEN_BEHIND.fullmatch(words, term.end, given.start())
            and not is_denied(words, term.start, term.end)
            and not text.cues(term) & {"anyway", "against"}
        ):
            yield term


def _tells_treatment(text: str) -> bool:
    """Whether a description may say what the study's treatment is made of, or what is given before the cells."""
    return any(sign.search(text) for sign in (_TREATMENT_IS, _PREMEDICATION, _BEFORE_SIGN))


_PRIOR_TO = re.compile(r"prior to\b", re.IGNORECASE)
_BEFORE_SIGN = re.compile(r"\b(?:before|prior to|ahead of|preceding)\s", re.IGNORECASE)


def _premedication(text: _Text) -> Iterator[Named]:
    """Treatments of which a sentence says that all get them before the cells."""
    words = text.passage.text
    for term in text.treatments:
        low, high = sentence(words, term.start)
        cues = {
            cue.value
            for cue in text.words
            if low <= cue.start < high and not _PRIOR_TO.match(words, cue.start)  # a time, no earlier treatment
        }
        if _NO_PREMEDICATION.search(words, low, high) or cues & {"anyway", "against"}:
            continue
        if is_denied(words, term.start, term.end) or _STOPPED.search(words, low, high):
            continue
        if text.passage.place is Place.DESCRIPTION and tells_of_others(words, low, high):
            continue
        before = _BEFORE_CELLS.match(words, term.end, high)
        if _PREMEDICATION.search(words, low, high) or (before and _GIVEN_OR_DOSED.search(words, low, before.end())):
            yield term


def _only_lists(text: _Text) -> bool:
    """Whether a text is a list of treatments and nothing else."""
    words = text.passage.text
    if not text.treatments or len(words) > _MOST_LISTED:
        return False
    rest, at = [], 0
    for term in text.treatments:
        rest.append(words[at : term.start])
        at = max(at, term.end)
    return not _DOSE.sub("", " ".join((*rest, words[at:])))


def _parts(text: _Text) -> Iterator[Named]:
    """Treatments that a sentence names with cells as what the study's treatment is made of."""
    words = text.passage.text
    for told in islice(_TREATMENT_IS.finditer(words), _MOST_SENTENCES):
        limit = min(len(words), told.end() + _LONGEST_SENTENCE)
        ending = _ENDS.search(words, told.end(), limit)
        end = ending.start() if ending else limit
        if _CELL.search(words, told.end(), end):
            for term in text.treatments:
                if told.end() <= term.start < end and not is_denied(words, term.start, term.end):
                    yield term


def _between(text: _Text, term: Named, cells: tuple[int, int]) -> str | None:
    """The words between a treatment and the cells, if they are not far apart."""
    low, high = min(term.end, cells[1]), max(term.start, cells[0])
    return text.passage.text[low:high] if low <= high <= low + _SIGN_REACH else None


def _signs(text: _Text, term: Named, cells: tuple[int, int]) -> bool:
    gap = _between(text, term, cells)
    return gap is not None and bool(_JOINED.search(gap) or (cells[1] <= term.start and _WITH.fullmatch(gap)))


def _either(text: _Text, term: Named, cells: tuple[int, int]) -> bool:
    gap = _between(text, term, cells)
    return gap is not None and bool(_EITHER.match(gap))


def _listed(
    material: Material, texts: dict[str, _Text], with_cells: Sequence[Arm], *, only: bool
) -> Iterator[tuple[str, Named]]:
    """What the interventions of the arms with cells (all, where there is `only` one arm) join to the cells, or are."""
    linked = {passage.path for arm in with_cells for passage in arm.given}
    for i, one in enumerate(material.record.protocol.arms_interventions.interventions):
        path = f"{_MODULE}interventions[{i}]."
        name = texts.get(path + "name")
        if name is None:
            continue
        if name.cells:
            yield from (("listed-with-cells", term) for term in _joined(name, alone=True))
            for other in (f"otherNames[{j}]" for j in range(len(one.other_names))):
                if path + other in texts:
                    yield from (("named-with-cells", term) for term in _joined(texts[path + other], alone=True))
            if path + "description" in texts:
                yield from (("told-with-cells", term) for term in _joined(texts[path + "description"]))
                yield from (("given-before-cells", term) for term in _before(texts[path + "description"]))
                yield from (("premedication-told", term) for term in _premedication(texts[path + "description"]))
        elif (name.passage.path in linked or only) and not any(word.value == "anyway" for word in name.words):
            told = texts.get(path + "description")
            listed = told if told and not name.treatments and _only_lists(told) else name
            yield from (("listed-with-cells", term) for term in listed.treatments)
