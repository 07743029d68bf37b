"""What the people who do not get the cells, or get them otherwise, are given."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, islice, pairwise, permutations

from apps.classification.rules.cards.amounts import read_numbers
from apps.classification.rules.cards.arms import (
    LONGEST,
    MOST_TERMS,
    Arm,
    Terms,
    Words,
    arms_of,
    cell_groups,
    is_denied,
    parted,
)
from apps.classification.rules.cards.elsewhere import tells_of_others
from apps.classification.rules.cards.material import Material, Named, Passage
from apps.classification.rules.cards.statements import sentence
from apps.classification.rules.cells import MSC, OPEN_CELLS
from apps.classification.rules.labels import Label
from apps.classification.rules.quoting import Span, evidence, sentence_at
from apps.classification.rules.reading import Place

_DESIGN = "protocolSection.designModule.designInfo."
# What the design itself says, before any background.
_PLAIN = frozenset({Place.TITLE, Place.ARM, Place.INTERVENTION})
_TOLD = _PLAIN | {Place.DESCRIPTION}

# What is left of a label when the words that name nothing are taken out is the name of a treatment.
_NAMELESS = re.compile(
    r"""\b(?:
        (?:group|arm|cohort|part|phase|ph|stage|stratum)s?(?:[ivx]{1,4}|[a-h]|\d{1,3})?
      | control(?:led)?s? | comparators? | comparison | comparative | compared | active | reference | experimental
      | test | study | patients? | subjects? | participants? | people | adults? | children
      | treatment | treated | therapy | intervention | drugs? | medical | care | standard | conventional | usual
      | transplantation | transplant | injections? | infusions? | administration | application | routine | best
      | available | alone | only | first | second | third | other
      | will | were | was | is | be | are | been | who | receives? | received | receiving | given | undergo | underwent
      | with | without | in | of | the | and | or | no | non | not | [a-h] | [ivx]{1,4} | \d{1,3}[a-d]?
    )\b | [\W_]""",
    re.IGNORECASE | re.VERBOSE,
)
_ONLY = re.compile(r"\b(?:only|alone|solely)\b", re.IGNORECASE)
_NOT = re.compile(r"\bnot\b", re.IGNORECASE)
_DENIES = re.compile(r"\b(?:not?|without|nothing)\b", re.IGNORECASE)
_ALONE = re.compile(r"\b(?:only|alone|solely|without|no additional|no use of)\b", re.IGNORECASE)
# "Standard stroke treatment": standard care named after what it treats or does.
_STANDARD = re.compile(
    r"\b(?:standardi[sz]ed|standard|conventional|routine|usual|regular|traditional)\s(?:[\w/-]{1,30}\s){1,3}"
    r"(?:treatments?|therapy|care|medications?|drugs?|management)\b",
    re.IGNORECASE,
)
_THEN = re.compile(r"\b(?:then|later|followed by|afterwards?|subsequently|cross(?:ed|ing)?)\b", re.IGNORECASE)
# A description of who is in a group, not of what they get.
_PEOPLE = re.compile(
    r"(?:up to )?(?:\d{1,4} )?(?:patients|subjects|participants|children|adults|men|women|individuals)"
    r"\s(?:with|who have|suffering|diagnosed)",
    re.IGNORECASE,
)
_GETTING = re.compile(r"\b(?:receiv|treat|giv|undergo|underw|inject|infus|administ|tak)", re.IGNORECASE)
# A sentence that tells of other studies, or of plans.
_ELSEWHERE = re.compile(
    r"\b(?:previous(?:ly)?|earlier (?:stud\w+|trials?|work)|has been|have been|were (?:found|reported|shown|observed)"
    r"|showed|reported|published|literature|future|subsequent (?:trials?|stud\w+)|other (?:trials?|stud\w+)|animal|mice"
    r"|mouse|rats?)\b",
    re.IGNORECASE,
)
# Earlier patients as the comparison: "compared with results in the literature".
_WITH_PUBLISHED = re.compile(
    r"\b(?:compar(?:ed|ing|ison)|contrast(?:ed|ing)?|held|set|matched) (?:to|with|against) (?:[\w-]{1,20} ){0,5}?"
    r"(?:literature|published|historical|historic|(?:former|past|earlier|previous|previously treated) "
    r"(?:patients|cases|participants|cohorts?)"
    r"|(?:patients|people|persons|cases|controls|cohorts?|data|records) (?:of|from|in) (?:an?|the|our|another) "
    r"(?:[\w-]{1,20} )?"
    r"(?:regist(?:ry|er)|data ?bank|database))\b",
    re.IGNORECASE,
)
_COMPARISON_CUE = re.compile(r"compar|contrast|\bheld\b|\bset\b|match", re.IGNORECASE)
# "A 3 + 3 design", "low or high dose": one group whose participants get different doses.
_THREE_PLUS_THREE = re.compile(
    r"\b(?:3\s?\+\s?3|three[\s-]plus[\s-]three)\b(?=[\s-](?:\w+[\s-]){0,2}?(?:design|scheme|rule|dose|escalation|cohorts?|method))"
    r"|\blow(?:er)?(?:[\s-]dose)?\s?(?:,|/|or|and|versus|vs\.?)\s?(?:(?:a\s)?(?:middle|medium|mid|intermediate)(?:[\s-]dose)?\s?(?:,|/|or|and)\s?(?:or\s|and\s)?)?"
    r"(?:a\s)?high(?:er)?[\s-]dos(?:e|es|age)\b",
    re.IGNORECASE,
)
# "Randomised to early or delayed treatment".
_EARLY_OR_LATE = re.compile(
    r"\b(?:randomi[sz]\w+|assign\w+|allocat\w+)\b[^.;]{0,60}?\b(?:early|immediate)\b[^.;]{0,40}?\b(?:or|versus|vs\.?|and)\b[^.;]{0,25}?"
    r"\b(?:delayed|deferred|late|later)\b[^.;]{0,30}?\b(?:treatment|infusions?|transplant\w*|therapy|injections?|arms?|groups?|cells|start)\b",
    re.IGNORECASE,
)
# "BAT is one of natalizumab, ...", "best available therapy, chosen among": what is best available is told.
_BEST = re.compile(r"\b(?:BAT|best available (?:medical )?(?:therapy|treatment|drug))\b", re.IGNORECASE)
_CHOSEN = re.compile(
    r"\b(?:among|one of|includ(?:es|ing)|consists? of|(?:chosen|selected)\b[^.;]{0,50}?\bfrom|either|such as"
    r"|namely|means)\b[^.;]{0,120}?"
    r"(?:\w+(?:mab|mod|ine|imus|cept|nib)\b|\bDMTs?\b|\bDMARDs?\b|biologic\w*|antibod\w+|interferon)",
    re.IGNORECASE,
)
_CHOSEN_REACH = 200
_VERSUS = re.compile(r"\b(?:versus|vs\.?|compared (?:to|with)|in comparison (?:to|with))\s", re.IGNORECASE)
# "Two intravenous infusions", "once": how many times the cells are given.
_COUNTS = {
    "single": 1, "one": 1, "once": 1, "double": 2, "two": 2, "twice": 2, "three": 3, "four": 4, "five": 5, "six": 6,
    "eight": 8, "ten": 10, "twelve": 12,
}  # fmt: skip
_TIMES = re.compile(
    r"\b(?:(?P<alone>once|twice)"
    r"|(?P<count>\d{1,2}|single|one|double|two|three|four|five|six|eight|ten|twelve)[\s-]"
    r"(?:(?:weekly|monthly|consecutive|repeated|separate|further|intravenous|intrathecal|intra-?\w{1,14}|IV|IT|cell|stem|MSC"
    r"|UC-MSC|hUC-MSC)s?\s){0,3}"
    r"(?:times?|doses?|injections?|infusions?|administrations?|transplantations?|implantations?))\b",
    re.IGNORECASE,
)
_COHORT = re.compile(
    r"\b(?:(?:cohort|group|level|step|stage)\s?(?:no\.?\s?|#\s?)?(?:\d|[A-D]|I{1,3})"
    r"|(?:first|second|third|fourth|1st|2nd|3rd|4th|low(?:er)?|medium|middle|high(?:er)?)[\s-](?:dose\s)?(?:cohort|group))\b",
    re.IGNORECASE,
)
_EARLY, _LATE = (
    re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for words in ("early|immediate", "late|later|delayed|deferred")
)
# Fewer words tell no treatment: "assigned to the control group".
_TELLING = 2
# Words of a description from which, and the share of them from which, two arms are said to get the same.
_FEWEST_WORDS = 3
_MOST = 0.8
# Cohorts of one arm that are compared.
_MOST_COHORTS = 8
# "Single injection vs. repeated injections": the name of an outcome.
_ONCE_OR_MORE = re.compile(
    r"\bsingle\s(?:[\w-]{1,12}\s){0,2}(?:doses?|injections?|infusions?|administrations?)\s(?:[\w-]{1,12}\s){0,3}?"
    r"(?:vs\.?|versus|compared (?:to|with))\s(?:[\w-]{1,12}\s){0,3}?(?:repeat\w*|multiple|double|two|second)\b",
    re.IGNORECASE,
)
# "The other group will receive immunosuppressive therapy".
_OTHER_GROUP = re.compile(
    r"\b(?:the\s)?(?:other|second|control|comparison)\s(?:study\s|treatment\s)?(?:group|arm)"
    r"(?:\sof\s(?:the\s)?(?:study\s)?(?:participants|patients|people|subjects))?\s(?:will\s)?"
    r"(?:receives?|gets?|be\s(?:given|treated\swith)|is\s(?:given|treated\swith))\s(?P<given>[^.;\n]{3,160})",
    re.IGNORECASE,
)
_GRAFT_WORD = re.compile(r"\b(?:transplant\w*|HSCT|AHSCT|ASCT|stem.cells?|cell infusions?|MSCs?)\b", re.IGNORECASE)
# Code points from "placebo" to the cells that follow it.
_REACH = 120
# Code points from "versus" to what is compared.
_AT_ONCE = 10
# Behind a number: cells in a volume or on an area are no dose.
_IN_VOLUME = re.compile(r"\s?(?:[\w-]{1,20}\s){0,3}?[\w-]{0,20}\s?(?:/|per)\s?(?:ml|cc|cm|µl|ul|l\b)", re.IGNORECASE)
_MSC, _OPEN = frozenset(MSC), frozenset(OPEN_CELLS)
_SIZES = frozenset({"low", "medium", "high"})
# "Dose 1" and "dose 2" as the names of arms.
_DOSE_NUMBER = re.compile(r"dose\s?(?:level|group|cohort)?\s?(?:\d|[A-D]|I{1,3})\b", re.IGNORECASE)
_DIFFERENCES = ("donor", "tissue", "way")
# Terms that tell of the cells themselves, or of a control without its treatment.
_OF_CELLS = frozenset({*_DIFFERENCES, "level", "dose", "control", "people"})
_BLINDED = frozenset({"PLACEBO_COMPARATOR", "SHAM_COMPARATOR"})
_IN_TEXT = frozenset({"placebo", "sham"})
_CROSSED = frozenset({"placebo", "sham", "standard-care", "no-treatment", "active-drug"})

REASONS = {
    "placebo-in-arm": "A group without the cells gets a placebo, or the fluid alone in which cells are given.",
    "sham-in-arm": "A group without the cells has a sham procedure.",
    "standard-care-in-arm": "A group without the cells gets standard care.",
    "background-alone": "A group gets the same treatment as the others, without the cells.",
    "no-treatment-in-arm": "A group without the cells gets no treatment.",
    "best-available-told": "A group gets the best available therapy, and the record tells which drugs that is.",
    "drug-in-arm": "A group without the cells gets another drug or treatment.",
    "historical-in-text": "The record compares with records of earlier patients.",
    "cells-later-in-arm": "A group gets the cells later than the others.",
    "cells-later-in-text": "The record says that some get the cells at once and others later.",
    "crossover-design": "The registered design is a crossover.",
    "arm-type": "The registered type of a group tells what it gets, and nothing in its words says otherwise.",
    "placebo-in-text": "The record calls the study placebo-controlled.",
    "sham-in-text": "The record tells of a sham procedure.",
    "control-in-text": "The record describes a control group in a sentence, and has no arm for it.",
    "doses-of-arms": "The arms differ in the dose or the number of administrations.",
    "doses-of-cohorts": "The description of an arm gives its cohorts different doses.",
    "doses-in-outcome": "An outcome compares giving the cells once with giving them again.",
    "dose-escalation": "The record says that doses of the cells are compared or raised step by step.",
    "cells-of-arms": "The arms differ in the cells or in the way of giving them.",
    "control-in-interventions": "No arm tells of a control, and an intervention without the cells is named for one.",
    "control-untold": "A group is called a control, and the record does not tell what it gets.",
    "other-group-in-text": "The record has no arms, and a sentence tells what the other group gets.",
    "cells-later-in-interventions": "Of two interventions, one gives the cells early and the other late.",
    "versus-in-title": "The title tells what the cells are compared with, and no arm does.",
    "expanded-access": "Expanded access gives a treatment and compares it with nothing.",
    "single-group": "The registered design has a single group, and no comparison is described.",
    "single-arm": "The record lists a single arm, and no comparison is described.",
}


@dataclass
class _Value:
    rule: str
    doubtful: bool
    spans: list[Span] = field(default_factory=list)


class _Found(dict[str, _Value]):
    """Values with their spans. What is certain once stays so; the first certain rule names the label."""

    def add(self, value: str, rule: str, spans: Iterable[Span], *, doubtful: bool = False) -> None:
        known = self.get(value)
        if known is None or (known.doubtful and not doubtful):
            self[value] = known = _Value(rule, doubtful, [*spans, *(known.spans if known else ())])
        else:
            known.spans.extend(spans)


def extract_comparators(material: Material) -> Iterator[Label]:
    """What the cells are compared with: from the arms' words first, then from their types, then from the texts."""
    reading = Words(material, "design", material.passages)
    arms = arms_of(material)
    found = _Found()
    observed = material.record.protocol.design.study_type == "OBSERVATIONAL"
    with_cells, controls = parted(arms, reading, observed=observed)
    for arm in controls:
        _read_control(arm, with_cells, reading, found)
    _read_best_available(material, arms, found)
    _read_differences(with_cells, reading, found, material)
    _read_texts(material, reading, found, arms=bool(controls))
    if not found:
        _read_untold(material, controls, reading, found)
    if not arms or not (controls or found):
        _read_interventions(material, reading, found)
    _read_early_and_late(material, with_cells, found)
    _read_crossover(material, found)
    if not arms and not found:
        _read_title(material, reading, found)
    if not arms and not found:
        _read_other_group(material, reading, found)
    if not found:
        _read_single_group(material, arms, reading, found)
    for value, one in found.items():
        yield Label("comparator", value, one.rule, REASONS[one.rule], evidence(one.spans), one.doubtful)


# What a control gets


def _read_control(arm: Arm, with_cells: Sequence[Arm], reading: Words, found: _Found) -> None:
    own = reading.of(*arm.own, *arm.given)
    said = False
    later = own.spans("comparator", "delayed-treatment")
    later = later or _cells_after(arm, own)
    if later:
        found.add("delayed-treatment", "cells-later-in-arm", later)
        said = not own.of("comparator", "standard-care")
    for value, rule in (("historical", "historical-in-text"), ("sham", "sham-in-arm")):
        spans = own.spans("comparator", value)
        if spans:
            found.add(value, rule, spans)
            said = True
    placebo = own.spans("comparator", "placebo")
    if not placebo and (arm.type in _BLINDED or not own.of("comparator", "standard-care")):
        # Beside standard care, a fluid may be a part of it.
        placebo = own.spans("fluid")
    if placebo:
        found.add("placebo", "placebo-in-arm", placebo)
    if placebo or said:
        return
    _read_untreated(arm, with_cells, own, reading, found)


def _read_best_available(material: Material, arms: Sequence[Arm], found: _Found) -> None:
    """The best available therapy is a comparison with drugs where the record tells which they are."""
    standard = found.get("standard-care")
    if standard is None or not all(_BEST.search(span.words) for span in standard.spans):
        return
    own = {
        text.path
        for arm in arms
        if any(_BEST.search(text.text) for text in (*arm.own, *arm.given))
        for text in (*arm.own, *arm.told)
    }
    for passage in material.passages:
        named = [0] if passage.path in own else []
        if passage.place is Place.DESCRIPTION:
            named = [match.start() for match in islice(_BEST.finditer(passage.text), MOST_TERMS)]
        for start in named:
            stop = _STOP.search(passage.text, start, start + _CHOSEN_REACH)
            chosen = _CHOSEN.search(passage.text, start, stop.start() if stop else start + _CHOSEN_REACH)
            if chosen:
                del found["standard-care"]
                found.add("active-drug", "best-available-told", [passage.span(*chosen.span()), *standard.spans])
                return


_STOP = re.compile(r"[.;]\s|\n")


def _cells_after(arm: Arm, own: Terms) -> list[Span]:
    """Where the words of a placebo group say that the cells follow: "placebo, then MSC"."""
    return [
        cell
        for placebo in own.spans("comparator", "placebo")
        for cell in arm.cells
        if cell.path == placebo.path
        and 0 < cell.start - placebo.end <= _REACH
        and _THEN.search(cell.text, placebo.end, cell.start)
    ]


def _read_untreated(arm: Arm, with_cells: Sequence[Arm], own: Terms, reading: Words, found: _Found) -> None:
    """A control that gets neither placebo nor sham: standard care, another treatment, or none."""
    told = arm.bare_description if _tells_treatment(arm) else ""
    named = bool(_bare(arm))
    standard = own.spans("comparator", "standard-care") or [
        text.span(*match.span()) for text in arm.own for match in _STANDARD.finditer(text.text, 0, LONGEST)
    ]
    label_spans = [text.span(0, len(text.text)) for text in (arm.label,) if text]
    if standard and (not named or arm.type == "NO_INTERVENTION" or reading.of(arm.label).of("comparator")):
        found.add("standard-care", "standard-care-in-arm", standard)
    elif own.of("comparator", "no-treatment"):
        found.add("no-treatment", "no-treatment-in-arm", own.spans("comparator", "no-treatment"))
    elif named and _is_background(arm, with_cells):
        found.add("standard-care", "background-alone", label_spans)
    elif standard:
        found.add("standard-care", "standard-care-in-arm", standard)
    elif arm.type == "NO_INTERVENTION" and _goes_on(told, with_cells):
        found.add("standard-care", "background-alone", [_whole(arm.description)], doubtful=True)
    elif arm.type == "NO_INTERVENTION":
        found.add("no-treatment", "arm-type", [arm.type_span(), *label_spans], doubtful=bool(told) and named)
    elif arm.type == "PLACEBO_COMPARATOR" and not named and not told:
        found.add("placebo", "arm-type", [arm.type_span(), *label_spans])
    elif arm.type == "SHAM_COMPARATOR" and not named and not told:
        found.add("sham", "arm-type", [arm.type_span(), *label_spans])
    elif arm.denied and not named and (not told or _NOT.search(told)):
        # "No transplantation of stem cells": stem cells will not be given.
        found.add("no-treatment", "no-treatment-in-arm", label_spans, doubtful=True)
    elif told and not named and (_ALONE.search(told) or _is_shared(told, with_cells)):
        found.add("standard-care", "background-alone", [_whole(arm.description)], doubtful=True)
    elif named:
        found.add("active-drug", "drug-in-arm", label_spans, doubtful=arm.type not in ("ACTIVE_COMPARATOR", "OTHER"))
    elif told:
        found.add("active-drug", "drug-in-arm", [_whole(arm.description)], doubtful=True)
    elif arm.given:
        found.add("active-drug", "drug-in-arm", [_whole(text) for text in arm.given], doubtful=True)


def _read_untold(material: Material, controls: Sequence[Arm], reading: Words, found: _Found) -> None:
    """A group that its label calls a control, where no place tells what it gets.

    Each intervention is the cells, or bears no more than that group's name.
    """
    cells = {hit.path.rpartition(".")[0] for hit in material.reading.hits(cell_groups(material.kinds), _PLAIN)}
    others = [
        one for one in material.passages if ".interventions[" in one.path and one.path.rpartition(".")[0] not in cells
    ]
    for arm in controls:
        spans = reading.of(arm.label).spans("control")
        if spans and all(len(_words(other.text)) < _TELLING for other in others):
            found.add("unspecified", "control-untold", spans)


def _goes_on(told: str, with_cells: Sequence[Arm]) -> bool:
    """Whether people without an intervention get what all get: "insulin only"."""
    return bool(_ONLY.search(told) or _is_shared(told, with_cells)) and not _DENIES.search(told)


def _tells_treatment(arm: Arm) -> bool:
    """Whether a description tells what is given: one word is enough where it says that nothing else is."""
    words = len(_words(arm.bare_description))
    return (words > 1 or bool(words and _ALONE.search(arm.bare_description))) and not _tells_people(arm)


def _tells_people(arm: Arm) -> bool:
    """Whether a description only tells who is in the group: "patients with severe disease"."""
    return bool(_PEOPLE.match(arm.bare_description)) and not _GETTING.search(arm.bare_description)


def _is_background(control: Arm, with_cells: Sequence[Arm]) -> bool:
    """Whether the label of an arm with cells says the same and more: "CABG" beside "CABG + MSC"."""
    bare = _bare(control)
    return len(bare) > 2 and any(bare in _bare(arm) for arm in with_cells)


def _is_shared(told: str, with_cells: Sequence[Arm]) -> bool:
    """Whether nearly every word that tells what a control gets is told of an arm with cells too."""
    words = _words(told)
    if len(words) < _FEWEST_WORDS:
        return False
    return any(len(words & _words(arm.bare_description)) >= _MOST * len(words) for arm in with_cells)


def _words(text: str) -> set[str]:
    return {word for word in _NAMELESS.sub(" ", text).casefold().split() if len(word) > 2}


def _bare(arm: Arm) -> str:
    """What the label names beside the cells, without the words that name nothing."""
    return _NAMELESS.sub("", arm.bare_label).casefold()


def _whole(text: Passage | None) -> Span:
    assert text
    return text.span(0, len(text.text))


# How arms with cells differ


def _read_differences(with_cells: Sequence[Arm], reading: Words, found: _Found, material: Material) -> None:
    doses = "msc" in material.kinds or not material.kinds
    amounts = {arm.number: _amounts_of(arm) for arm in with_cells} if len(with_cells) > 1 else {}
    times = {arm.number: _times_of(arm) for arm in with_cells} if len(with_cells) > 1 else {}
    for one, other in combinations([arm for arm in with_cells if arm.label], 2):
        spans = _kinds(one, other, reading)
        if spans:
            found.add("cell-comparison", "cells-of-arms", spans)
        elif doses:
            spans = (
                _levels(one, other, reading)
                or _apart(amounts[one.number], amounts[other.number])
                or _apart(times[one.number], times[other.number])
            )
            if spans:
                found.add("dose-comparison", "doses-of-arms", spans)
    for arm in with_cells if doses else ():
        spans = _cohorts(arm)
        if spans:
            found.add("dose-comparison", "doses-of-cohorts", spans)
    for passage in material.passages if doses else ():
        if passage.place in _TOLD and (match := _THREE_PLUS_THREE.search(passage.text)):
            found.add("dose-comparison", "dose-escalation", [passage.span(*match.span())])
    for outcome in material.outcomes if doses else ():
        if match := _ONCE_OR_MORE.search(outcome.measure):
            span = Span(f"{outcome.path}.measure", outcome.measure, *match.span())
            found.add("dose-comparison", "doses-in-outcome", [span])
    for passage in reading.passages if doses else ():
        for term in reading.of(passage).of("dose", "escalation"):
            if not _is_elsewhere(term):
                found.add("dose-comparison", "dose-escalation", [term.span])


def _levels(one: Arm, other: Arm, reading: Words) -> list[Span]:
    first, second = reading.of(*one.own).of("level"), reading.of(*other.own).of("level")
    sizes = [[term for term in terms if term.value in _SIZES] for terms in (first, second)]
    if all(sizes):
        # "Low dose, one injection" and "high dose, one injection".
        first, second = sizes
    if not (first or second):
        numbered = [_DOSE_NUMBER.match(arm.label.text) if arm.label else None for arm in (one, other)]
        return [_whole(arm.label) for arm in (one, other)] if all(numbered) else []
    if {term.value for term in first} & {term.value for term in second}:
        return []
    return [first[0].span, second[0].span] if first and second else []


def _apart(first: Mapping[float, Span], second: Mapping[float, Span]) -> list[Span]:
    """The places of two amounts, where the two arms share none."""
    if not first or not second or set(first) & set(second):
        return []
    return [next(iter(first.values())), next(iter(second.values()))]


def _amounts_of(arm: Arm) -> dict[float, Span]:
    """Amounts of cells by their size: those of the label, and where it has none those of the description."""
    return next((dict(amounts) for text in arm.own if (amounts := list(_amounts_in(text)))), {})


def _amounts_in(text: Passage) -> Iterator[tuple[float, Span]]:
    for number in islice(read_numbers(text.text[:LONGEST]), MOST_TERMS):
        if not _IN_VOLUME.match(text.text, number.end):
            for value, _ in number.values:
                yield value, text.span(number.start, number.end)


def _times_of(arm: Arm) -> dict[float, Span]:
    """How many times the cells are given, as the label says, and else the description."""
    for text in arm.own:
        times = {
            float(_COUNTS.get(word.lower()) or word): text.span(*match.span())
            for match in islice(_TIMES.finditer(text.text, 0, LONGEST), MOST_TERMS)
            if (word := match["alone"] or match["count"])
        }
        if times:
            return times
    return {}


def _cohorts(arm: Arm) -> list[Span]:
    """The places of the doses that the description of one arm gives to its cohorts, where they differ."""
    text = arm.description
    heads = [match.end() for match in islice(_COHORT.finditer(text.text, 0, LONGEST), _MOST_COHORTS)] if text else []
    if text is None or len(heads) < 2:
        return []
    amounts: list[dict[float, Span]] = [{} for _ in heads]
    for value, span in _amounts_in(text):
        cohort = bisect_right(heads, span.start) - 1
        if cohort >= 0:
            amounts[cohort][value] = span
    told = [one for one in amounts if one]
    return next((spans for one, other in pairwise(told) if (spans := _apart(one, other))), [])


def _kinds(one: Arm, other: Arm, reading: Words) -> list[Span]:
    """The places of two kinds of cells, donors, tissues or ways, where the two arms share none of that sort."""
    if one.cells and other.cells and _are_other_cells(one, other):
        return [one.cells[0], other.cells[0]]
    for difference in _DIFFERENCES:
        first, second = reading.of(*one.own).of(difference), reading.of(*other.own).of(difference)
        if not first and not second:
            first, second = reading.of(*one.given).of(difference), reading.of(*other.given).of(difference)
        if first and second and not {term.value for term in first} & {term.value for term in second}:
            return [first[0].span, second[0].span]
    return []


def _are_other_cells(one: Arm, other: Arm) -> bool:
    """Whether one arm names mesenchymal cells and the other only cells of another kind, such as mononuclear ones."""
    sorted_out = [bool(arm.kinds & set(MSC)) for arm in (one, other)]
    return (
        any(sorted_out)
        and not all(sorted_out)
        and any(arm.kinds and arm.kinds <= set(OPEN_CELLS) for arm in (one, other))
    )


# What the texts say


def _read_texts(material: Material, reading: Words, found: _Found, *, arms: bool) -> None:
    """Historical controls wherever they stand; placebo and sham where no arm told of a control."""
    for passage in material.passages:
        for match in _WITH_PUBLISHED.finditer(passage.text) if _COMPARISON_CUE.search(passage.text) else ():
            spans = [passage.span(*match.span())]
            found.add("historical", "historical-in-text", spans, doubtful=passage.place not in _PLAIN)
    for passage in reading.passages:
        for term in reading.of(passage).of("comparator"):
            if term.value == "historical":
                if not _is_elsewhere(term):
                    found.add("historical", "historical-in-text", [term.span], doubtful=passage.place not in _PLAIN)
            elif not arms and term.value in _IN_TEXT and not (_is_elsewhere(term) or _is_left_out(term)):
                found.add(term.value, f"{term.value}-in-text", [term.span], doubtful=_is_single_group(material))


def _is_left_out(term: Named) -> bool:
    """Whether the words around it deny it."""
    return is_denied(term.passage.text, term.start, term.end)


def _read_early_and_late(material: Material, with_cells: Sequence[Arm], found: _Found) -> None:
    """Some get the cells at once and others later: by the labels of two arms, or by a sentence."""
    labels = [arm.label for arm in with_cells if arm.label]
    for sooner, later in permutations(labels, 2):
        if _EARLY.search(sooner.text) and (late := _LATE.search(later.text)):
            found.add("delayed-treatment", "cells-later-in-arm", [later.span(*late.span()), _whole(sooner)])
    for passage in material.passages:
        if passage.place in _TOLD and (match := _EARLY_OR_LATE.search(passage.text)):
            found.add("delayed-treatment", "cells-later-in-text", [passage.span(*match.span())])


def _read_crossover(material: Material, found: _Found) -> None:
    """Who crosses over from a treatment without cells gets them later."""
    if material.record.protocol.design.design_info.intervention_model == "CROSSOVER" and found.keys() & _CROSSED:
        found.add("delayed-treatment", "crossover-design", [Span(_DESIGN + "interventionModel", "CROSSOVER", 0, 9)])


def _read_interventions(material: Material, reading: Words, found: _Found) -> None:
    """What the names of interventions tell of a comparison, where no arm tells any."""
    cells = {hit.path for hit in material.reading.hits(cell_groups(material.kinds), (Place.INTERVENTION,))}
    names = [passage for passage in material.passages if passage.place is Place.INTERVENTION]
    for passage in names:
        terms = reading.of(passage)
        if passage.path not in cells:
            for term in terms.of("comparator"):
                found.add(term.value, "control-in-interventions", [term.span], doubtful=term.value == "standard-care")
            if fluid := not terms.of("comparator") and terms.spans("fluid"):
                found.add("placebo", "control-in-interventions", fluid, doubtful=True)
    for late in names:
        later = _LATE.search(late.text) if late.path in cells else None
        sooner = next((one for one in names if one.path in cells and _EARLY.search(one.text)), None)
        if later and sooner and sooner is not late:
            spans = [late.span(*later.span()), _whole(sooner)]
            found.add("delayed-treatment", "cells-later-in-interventions", spans)


def _read_title(material: Material, reading: Words, found: _Found) -> None:
    """What stands on the other side of a "versus" than the cells: how they differ, a control, or else a treatment."""
    cells = material.reading.hits(cell_groups(material.kinds), (Place.TITLE,))
    for passage in material.passages:
        match = _VERSUS.search(passage.text) if passage.place is Place.TITLE else None
        if match is None:
            continue
        before = any(hit.path == passage.path and hit.start < match.start() for hit in cells)
        after = any(hit.path == passage.path and hit.start >= match.end() for hit in cells)
        if before == after:
            continue
        low, high = (match.end(), len(passage.text)) if before else (0, match.start())
        found_in = reading.of(passage).found
        if after and any(0 <= term.start - match.end() <= _AT_ONCE and term.field in _OF_CELLS for term in found_in):
            continue  # "Low versus high dose of cells"
        terms = [term for term in found_in if low <= term.start and term.end <= high]
        controls = [term for term in terms if term.field == "comparator"]
        if controls:
            for term in controls:
                found.add(term.value, "versus-in-title", [term.span], doubtful=True)
        elif not any(term.field in _OF_CELLS for term in terms) and _words(passage.text[low:high]):
            found.add("active-drug", "versus-in-title", [passage.span(low, high)], doubtful=True)


def _read_other_group(material: Material, reading: Words, found: _Found) -> None:
    """What a description says that "the other group" gets, where that is not the cells."""
    cells = material.reading.hits(cell_groups(material.kinds), (Place.DESCRIPTION,))
    for passage in material.passages:
        for match in _OTHER_GROUP.finditer(passage.text) if passage.place is Place.DESCRIPTION else ():
            low, high = match.span("given")
            named = [term for term in reading.of(passage).of("comparator") if low <= term.start and term.end <= high]
            if any(hit.path == passage.path and low <= hit.start < high for hit in cells):
                continue
            if _GRAFT_WORD.search(passage.text, low, high) or _ELSEWHERE.search(passage.text, match.start(), high):
                continue
            for value in {term.value for term in named} or {"active-drug"}:
                found.add(value, "other-group-in-text", [passage.span(*match.span())], doubtful=True)


def _is_elsewhere(term: Named) -> bool:
    """Whether the sentence tells of another study, or of one to come."""
    text = term.passage.text
    low, high = sentence_at(text, term.start, term.end)
    return term.passage.place not in _PLAIN and bool(
        _ELSEWHERE.search(text, low, high) or tells_of_others(text, *sentence(text, term.start))
    )


def _is_single_group(material: Material) -> bool:
    return material.record.protocol.design.design_info.intervention_model == "SINGLE_GROUP"


# No comparison


def _read_single_group(material: Material, arms: Sequence[Arm], reading: Words, found: _Found) -> None:
    """ "none", unless a text speaks of a control group: then what it gets, if the sentence says so, else a doubt."""
    design = material.record.protocol.design
    if design.study_type == "EXPANDED_ACCESS":
        place = Span("protocolSection.designModule.studyType", design.study_type, 0, len(design.study_type))
        found.add("none", "expanded-access", [place])
    if design.study_type not in (None, "INTERVENTIONAL") or len(arms) > 1:
        return
    model = design.design_info.intervention_model
    if model == "SINGLE_GROUP":
        place = Span(_DESIGN + "interventionModel", model, 0, len(model))
    elif len(arms) == 1 and arms[0].label and design.design_info.allocation in (None, "NA"):
        place = _whole(arms[0].label)
    else:
        return
    told = [
        term
        for passage in reading.passages
        for term in reading.of(passage).of("control", "group")
        if not _is_elsewhere(term) and not _is_left_out(term)
    ]
    for term in told:
        low, high = sentence_at(term.passage.text, term.start, term.end)
        for other in reading.of(term.passage).of("comparator"):
            if low <= other.start and other.end <= high:
                found.add(other.value, "control-in-text", [term.span, other.span], doubtful=True)
    if not found:
        rule = "single-group" if model == "SINGLE_GROUP" else "single-arm"
        found.add("none", rule, [place, *(term.span for term in told)], doubtful=bool(told))
