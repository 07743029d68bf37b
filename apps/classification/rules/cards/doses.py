"""How many cells are given at a time: mesenchymal cells in `dose`, blood-forming cells of a graft in `cd34_dose`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal

from apps.classification.rules.cards.amounts import (
    NUMBER_CUE,
    Basis,
    Number,
    Unit,
    listed_together,
    read_numbers,
    read_unit,
    spelled,
)
from apps.classification.rules.cards.dose_tables import read_table
from apps.classification.rules.cards.material import Material
from apps.classification.rules.cards.schedules import given_repeatedly
from apps.classification.rules.cards.statements import CELLS, Statement, Term, arms_of, kind_here, sentence, statements
from apps.classification.rules.labels import Label
from apps.classification.rules.quoting import Span, evidence
from apps.classification.rules.reading import Place

Bound = Literal["at-least", "at-most"]

_BASES: dict[str | None, Basis] = {"kg": "kg", "m2": "m2", "joint": "joint", "total": "total", None: "total"}
_BY_BODY = frozenset({"kg", "m2"})
# Nobody counts cells by the weight of a person, or by the joint, in a laboratory.
_BY_PERSON = _BY_BODY | {"joint"}
# Numbers of cells that doses have, by what they count: below, it is no dose; outside the usual, a person looks.
_LEAST = {"kg": 1e4, "m2": 1e4, "joint": 1e5, "total": 1e4}
_USUAL = {"kg": (1e5, 1e8), "m2": (1e5, 1e9), "joint": (1e6, 1e9), "total": (1e5, 2e10)}
_MOST = 1e12
# Of one record, in reading order: what states more numbers of cells is a table. The recorded ones state up to 33.
_MOST_READINGS = 100

_RESTATED = re.compile(r"\s?[(=]\s?(?:i\.e\.?,?\s?)?$")
_OTHER_UNIT = re.compile(
    r"\s?-?\s?(?:IU|U\b|units?\b(?!\sof)|pfu|vg\b|tcid|cfu|copies|particles?|plaque|mg|mcg|[µμ]g|g\b|kg\b|ml\b|years?|fold|bp\b|"
    r"rpm|dalton|Da\b|Hz|%|x\s?g\b|usd|dollars?|euros?|people|patients|persons?|individuals|children|women|men|adults|cases|deaths)",
    re.I,
)
# What stands between the words of a bound and the number: "at least a dose of about".
_THEN_NUMBER = r"\s?(?:is\s|a\s|total\s|dose\s|of\s|about\s|approximately\s|:\s?){0,4}$"
_AT_MOST = re.compile(
    r"(?:\bup\sto|\bmaxim(?:um|al)(?:\s(?!tolerated)\w+){0,3}|\bmax\.?|\bat\smost)" + _THEN_NUMBER, re.I
)
_AT_LEAST = re.compile(
    r"(?:\bat\sleast|\bminim(?:um|al)(?:\s[\w+()-]+){0,4}\s?|\bmin\.?|\bno(?:t)?\sunder)" + _THEN_NUMBER, re.I
)
# "Less than" and "more than"; a denial before them turns them round: "should not be less than".
_COMPARED = re.compile(
    r"(?:(?P<fewer>≤|<=?|\b(?:less|fewer|lower|smaller)\s(?:or\sequal\s)?th[ae]n|\bbelow)|≥|>=?|\b(?:more|greater|higher|larger)"
    r"\s(?:or\sequal\s)?th[ae]n|\b(?:above|over|exceed(?:s|ed|ing)?))" + _THEN_NUMBER,
    re.I,
)
_DENIED = re.compile(
    r"\b(?:not?|never|nor|cannot|without)\s(?:(?:be|being|is|are|was|fall|go|drop|have|contain|give|given|any|a|dose|dose\sof|to|allowed"
    r"|receive|infuse)\s){0,3}$",
    re.I,
)
# Behind a number: "or more", "is the minimum".
_OR_MORE = re.compile(
    r"\s?(?:[(\w+-]*(?:cells?|MSCs?|CD34\+?|kg|weight|body|b\.?w\.?)\)?\s){0,3}\(?"
    r"(?:(?:or|and)\s(?:more|above|over|higher)\b(?!\s(?:doses?|than|infusions?|injections?|times))"
    r"|(?:as|is|being)\s(?:the|a|its)\smin|(?:(?:at\s)?minimum|at\sleast|,?\s?min\.)(?=\s?[.,;)]|\s?$))",
    re.I,
)
_TOLERANCE = re.compile(r"\brang(?:e|ing)\b[^.;]{0,12}$", re.I)
_CEILING = re.compile(r"\bmax|\bexceed|\bup to\b|\bcapped\b|\bceiling\b", re.I)
_MAXIMUM_AFTER = re.compile(r"(?:\s[\w()/-]+){0,3}?\s\(?(?:is|are|being|as)\s(?:the|a|its)\smax", re.I)
# How the product is kept: "supplied as 100 million cells in 20 ml".
_SUPPLIED = re.compile(
    r"\b(?:supplied|packaged|provided|stored|frozen|shipped|filled)\s(?:as|at|in|into)\b[^.;]{0,40}$|"
    r"\b(?:vials?|cryovials?|cryobags?|bags?|ampoules?)\s(?:contain\w*|with|of|holds?)\s(?:[\w.]+\s){0,3}$",
    re.I,
)
_TOTAL_BEFORE = re.compile(
    r"\b(?:total|altogether|overall|cumulative)\b(?:(?!\b(?:each|every|per)\b)[^.;]){0,40}$", re.I
)
_TOTAL_AFTER = re.compile(r"\s?(?:[\w()-]+\s){0,4}(?:in\stotal|total\b|altogether)", re.I)
_REPEATED = re.compile(
    r"\b(?:cumulative|infusions|doses|administrations|transplantations|(?:\w+)\stimes(?!\s\d)|intervals?|apart|weekly|monthly|every|weeks?|months?|days)\b",
    re.I,
)
_GIVING = re.compile(
    r"\b(?:receiv|giv(?:e|ing)|administ|(?:re-?)?infus|(?:re-?)?inject|dos(?:e|age|ing)|transplant|implant|deliver|treat|"
    r"instill|appl(?:y|ied)|transfus|escalat|cohort|perfus|engraft|suspension contain)",
    re.I,
)
_LABORATORY_BEFORE = re.compile(
    r"(?:densit|seed|plat(?:ed|ing)|concentration|passage|cultur\w+ (?:at|in)|frozen|harvest\w*|to (?:get|obtain|yield)"
    r"|(?:each|per) cm ?[2²])[^.;]{0,50}$",
    re.I,
)
# "Conditioned medium collected from 20 million cells": of so many cells something else is made.
_MADE_FROM = re.compile(
    r"\b(?:medium|media|supernatants?|exosomes?|vesicles?|EVs?|secretome|lysates?|extracts?|proteins?|factors|RNA|cytokines)\b[^.;]{0,40}?"
    r"\b(?:from|of|by|with)\s(?:(?:about|approximately|each|every|the|a|total\sof|cultures?\sof)\s){0,3}$",
    re.I,
)
_HARVESTED = re.compile(
    r"\b(?:collect|harvest|apheres|leukapheres|mobili[sz]|reinfus|infus|transplant|graft|return|given|receiv)", re.I
)

_CLAUSE = re.compile(r"[;:]\s|\)\s?,|\band\s(?=placebo|saline)")
_NOUN_REACH = 70
_NOUN_OF_DIGITS = 40


@dataclass(frozen=True)
class _Reading:
    """A dose as it stands in one place.

    `total`: its words call it the sum of something; `ceiling`: the most that may be given; `supplied`: what a bag or
    vial holds.
    """

    kind: str | None
    low: float
    high: float | None
    basis: Basis
    bound: Bound | None
    total: bool
    ceiling: bool
    supplied: bool
    shaky: bool
    statement: Statement
    start: int
    end: int

    @property
    def span(self) -> Span:
        return self.statement.passage.span(self.start, self.end)

    @property
    def value(self) -> str:
        return spelled(self.low, self.high, self.basis, self.bound)


@dataclass(frozen=True)
class _Counted:
    """A number of a sentence with its unit and the first word behind it that says what is counted."""

    number: Number
    unit: Unit
    noun: Term | None
    restated: bool
    shaky: bool


def extract_doses(material: Material) -> Iterable[Label]:
    """`dose` for each number of mesenchymal cells, `cd34_dose` for each of a graft; arms and steps are separate labels.

    What the title, the arms and the interventions state comes before the description, which is read where they are
    silent. `detail`: kind ("msc", "hsc", None for cells of neither kind), low, high, basis ("kg", "m2", "joint",
    "total"), bound, cumulative (over all administrations), written, arms (indices of the arm groups).
    """
    told = (reading for statement in statements(material, NUMBER_CUE) for reading in _readings(material, statement))
    readings = list(islice(told, _MOST_READINGS))
    if "hsc" in material.kinds and not any(reading.kind == "hsc" for reading in readings):
        readings.extend(_graft_criteria(material))
    for kind in ("msc", None, "hsc"):
        of_kind = [reading for reading in readings if reading.kind == kind]
        stated = [reading for reading in of_kind if reading.statement.stated]
        yield from _labels(material, _beside_weight(_beside_target(_beside_exact(_beside_given(stated or of_kind)))))


def _labels(material: Material, readings: list[_Reading]) -> Iterator[Label]:
    by_value: dict[str, list[_Reading]] = {}
    for reading in readings:
        by_value.setdefault(reading.value, []).append(reading)
    repeated: bool | None = None
    for value, same in by_value.items():
        sure = [reading for reading in same if not reading.shaky]
        first = (sure or same)[0]
        cumulative = all(reading.total for reading in same)
        if cumulative:
            repeated = given_repeatedly(material) if repeated is None else repeated
            cumulative = repeated
        place = first.statement.passage.place
        yield Label(
            "cd34_dose" if first.kind == "hsc" else "dose",
            value,
            _RULES[place],
            _REASONS[place],
            evidence(reading.span for reading in (*sure, *(reading for reading in same if reading.shaky))),
            doubtful=not sure or cumulative,
            detail={
                "kind": first.kind,
                "low": first.low,
                "high": first.high,
                "basis": first.basis,
                "bound": first.bound,
                "cumulative": cumulative,
                "written": " ".join(first.span.words.split()),
                "arms": list(arms_of(material, [reading.statement.passage.path for reading in same])),
            },
        )


_RULES = {
    Place.TITLE: "dose-in-title",
    Place.INTERVENTION: "dose-in-arm",
    Place.ARM: "dose-in-arm",
    Place.DESCRIPTION: "dose-in-description",
    Place.CRITERIA: "dose-in-criteria",
}
_REASONS = {
    Place.TITLE: "The title states a number of cells.",
    Place.INTERVENTION: "An arm or an intervention states a number of the cells that are given.",
    Place.ARM: "An arm or an intervention states a number of the cells that are given.",
    Place.DESCRIPTION: "The description states a number of the cells that are given.",
    Place.CRITERIA: "The eligibility criteria state the number of cells that a graft needs.",
}


def _beside_given(readings: list[_Reading]) -> list[_Reading]:
    """Without what a bag holds, where it is told what is given."""
    return [reading for reading in readings if not reading.supplied] or readings


def _beside_exact(readings: list[_Reading]) -> list[_Reading]:
    """Without "up to" and "at least" a number that is itself one of the doses, or the end of one."""
    exact = {
        (end, reading.basis) for reading in readings if reading.bound is None for end in (reading.low, reading.high)
    }
    return [reading for reading in readings if reading.bound is None or (reading.low, reading.basis) not in exact]


# "Target 5 x 10^6/kg, minimum 2 x 10^6/kg": what is wanted, beside what would just do.
_TARGET = re.compile(
    r"\b(?:targets?|targeted|goal|aim(?:ed)?|desired|optimal(?:ly)?|ideal(?:ly)?|preferabl[ey])\b[^.;,]{0,40}$", re.I
)
_TARGET_REACH = 70


def _beside_target(readings: list[_Reading]) -> list[_Reading]:
    """Without the smaller number that would just do, where a greater one is called the target."""
    targets = [reading for reading in readings if _is_target(reading)]
    return [
        reading
        for reading in readings
        if reading.bound != "at-least"
        or reading in targets
        or not any(reading.low < target.low and reading.basis == target.basis for target in targets)
    ]


def _is_target(reading: _Reading) -> bool:
    start = max(reading.statement.start, reading.start - _TARGET_REACH)
    return _TARGET.search(reading.statement.passage.text[start : reading.start]) is not None


def _beside_weight(readings: list[_Reading]) -> list[_Reading]:
    """Where doses per kilogram are stated: without the same numbers with the unit left out, and without ceilings."""
    per_weight = {(reading.low, reading.high) for reading in readings if reading.basis == "kg"}
    if not per_weight:
        return readings
    return [
        reading
        for reading in readings
        if reading.basis != "total" or ((reading.low, reading.high) not in per_weight and not reading.ceiling)
    ]


def _readings(material: Material, statement: Statement) -> Iterator[_Reading]:
    """The doses in a sentence."""
    if statement.of_others:
        return
    told = statement.stated or (not statement.background and bool(_GIVING.search(statement.text)))
    measures = _BASES.keys() if told else _BY_PERSON
    found: list[_Reading] = []
    counted = list(_counted(statement))
    for one in counted:
        kind = _kind(material, statement, one)
        if kind != "" and not one.restated and one.unit.measure in measures:
            found.extend(_of_number(material, statement, one, kind))
    table = list(_of_table(material, statement)) if len(found) < 2 and (told or not statement.background) else []
    yield from table or _whole_sittings(statement, counted, found)


def _of_table(material: Material, statement: Statement) -> Iterator[_Reading]:
    """Doses of a table whose unit the sentence tells."""
    kind = kind_here(material, statement, None, statement.start)
    for item in read_table(statement.passage.text, statement.start, statement.end) if kind == "msc" else ():
        yield _Reading(
            kind, item.size, None, item.basis, None, False, False, False, False, statement, item.start, item.end
        )


def _counted(statement: Statement) -> Iterator[_Counted]:
    text = statement.passage.text
    numbers = read_numbers(text, statement.start, statement.end)
    counted: list[_Counted] = []
    following: _Counted | None = None
    for i in range(len(numbers) - 1, -1, -1):
        number = numbers[i]
        nearest = numbers[i + 1] if i + 1 < len(numbers) else None
        said_again = nearest is not None and bool(_RESTATED.match(text, number.end, nearest.start))
        limit = statement.end if nearest is None else nearest.start
        shaky = number.shaky
        if said_again and nearest is not None and following is not None:
            limit = numbers[i + 2].start if i + 2 < len(numbers) else statement.end
            differs = nearest.values != number.values
            shaky = shaky or differs
            counted[-1] = following = replace(following, restated=True)
        if _OTHER_UNIT.match(text, number.end, limit) and not _named_before(statement, number):
            following = None
            continue
        unit = read_unit(text, number.end, limit)
        noun = _named_directly(statement, number, unit) or _noun(
            statement, number.end, max(unit.end, min(limit, number.end + _NOUN_REACH))
        )
        if (
            unit.measure is None
            and following is not None
            and nearest is not None
            and not said_again
            and listed_together(text[number.end : nearest.start])
        ):
            unit, noun = Unit(following.unit.measure, number.end), following.noun
        one = _Counted(number, unit, noun, False, shaky)
        if following is not None and (whole := _ends_of_range(text, one, following)):
            counted[-1] = following = whole
        else:
            counted.append(following := one)
    yield from reversed(counted)


# Between a name and its number: "MNC > 2 x 10^8/kg, CD34+ > 2 x 10^6/kg"; what follows such a number is another item.
_ITS_NUMBER = re.compile(
    r"\+?\s?(?:cells?\s|count\s|dose\s|number\s)?\s?(?:of\s|is\s|:\s?|=\s?)?(?:[≥>≤<]=?\s?|(?:at\sleast|more\sthan|over|about)\s)?",
    re.I,
)
_ONE_NAME = 2
_NEXT_ITEM = re.compile(r"\s?(?:[,;)]|\.\s|\.?$|and\b)")


def _named_directly(statement: Statement, number: Number, unit: Unit) -> Term | None:
    """The cells named right before a number, where it is one of a list of numbers with their names."""
    *_, kind, before = (None, None, *(term for term in statement.terms if term.end <= number.start))
    if before is None or before.subject not in _COUNTABLE:
        return None
    text = statement.passage.text
    end = unit.end if unit.measure else number.end
    if not (_ITS_NUMBER.fullmatch(text, before.end, number.start) and _NEXT_ITEM.match(text, end, statement.end)):
        return None
    # "CD34+ cells": the first word tells which.
    return kind if before.subject == "cell" and kind and before.start - kind.end <= _ONE_NAME else before


def _named_before(statement: Statement, number: Number) -> bool:
    """Whether the cells' name stands right before a number of "units": "MSC 30 million unit"."""
    before = statement.before(number.start)
    return before is not None and before.subject in CELLS and number.start - before.end <= 3


def _ends_of_range(text: str, one: _Counted, other: _Counted) -> _Counted | None:
    """Two numbers as one range where each has the unit: "1x10^6 cells/kg to 2x10^6 cells/kg"."""
    if one.unit.measure is None or one.unit.measure != other.unit.measure:
        return None
    low, high = one.number.values[-1], other.number.values[0]
    if len(one.number.values) > 1 or len(other.number.values) > 1 or low[1] or high[1] or low[0] >= high[0]:
        return None
    if not _TO.match(text[one.unit.end : other.number.start]):
        return None
    number = one.number._replace(values=((low[0], high[0]),), end=other.number.end)
    return replace(one, number=number, unit=other.unit, shaky=one.shaky or other.shaky)


_TO = re.compile(r"\s?(?:to|-|–|—|~|～)\s?$", re.I)
_COUNTABLE = CELLS | {"mononuclear", "other-cell", "people", "laboratory"}


def _noun(statement: Statement, start: int, end: int) -> Term | None:
    clause = _CLAUSE.search(statement.passage.text, start, end)
    end = clause.start() if clause else end
    return next((term for term in statement.terms if start <= term.start < end and term.subject in _COUNTABLE), None)


def _kind(material: Material, statement: Statement, one: _Counted) -> str | None:
    """Of which kind the counted cells are; "" when the number is no dose of the cells that are given."""
    number, unit, noun = one.number, one.unit, one.noun
    text = statement.passage.text
    per_body = unit.measure in _BY_BODY
    if _LABORATORY_BEFORE.search(text, max(statement.start, number.start - 70), number.start) and not per_body:
        return ""
    if _MADE_FROM.search(text, max(statement.start, number.start - 90), number.start):
        return ""
    if noun is None or noun.subject == "laboratory":
        if number.form == "digits" and not per_body:
            return ""
        before = next(
            (t for t in reversed(statement.terms) if t.end <= number.start and t.subject in _DECIDING),
            None,
        )
        near = before is not None and number.start - before.end <= 120
        if before is not None and near and before.subject not in CELLS and not per_body:
            return ""
        if before is None and not statement.of_cells and not per_body:
            return ""
        if (
            number.form == "million"
            and not per_body
            and unit.measure != "joint"
            and not _dosed(text, statement, number)
        ):
            return ""
        if per_body and not (
            statement.of_cells or statement.has(CELLS) or _speaks_of_nothing_else(material, statement)
        ):
            return ""
        noun = before if before is not None and before.subject in CELLS else None
    elif noun.subject == "mononuclear":
        return None if not material.kinds else ""
    elif noun.subject not in CELLS or (
        number.form == "digits" and not per_body and noun.start - number.end > _NOUN_OF_DIGITS
    ):
        return ""
    kind = kind_here(material, statement, noun, number.start)
    if kind == "hsc" and not (unit.measure == "kg" and _of_graft(statement, noun)):
        return ""
    return kind


def _of_graft(statement: Statement, noun: Term | None) -> bool:
    """Whether the counted cells are those of a graft, not others that are given to transplanted people."""
    if noun is not None and noun.subject == "graft":
        return True
    return statement.has(("graft",)) and not statement.has(("other-cell", "mononuclear"))


def _speaks_of_nothing_else(material: Material, statement: Statement) -> bool:
    """Whether millions by the weight can only be the mesenchymal cells: the sentence names nothing else."""
    return material.kinds == {"msc"} and not statement.has(_NOT_MSC)


_NOT_MSC = frozenset({"mononuclear", "other-cell", "drug", "control", "people", "past"})
_DECIDING = CELLS | {"mononuclear", "other-cell", "drug", "control", "people"}


def _dosed(text: str, statement: Statement, number: Number) -> bool:
    """Whether "20 million" without a noun counts cells: a dose, or a number in brackets behind them."""
    if statement.of_cells and statement.stated and number.end - statement.start < 60:
        return True
    if _named_before(statement, number):
        return True
    return bool(
        re.search(
            r"(?:\bdos(?:e|es|age)\b[^.;]{0,40}|[(:]\s?)$",
            text[max(statement.start, number.start - 60) : number.start],
            re.I,
        )
    )


def _of_number(material: Material, statement: Statement, one: _Counted, kind: str | None) -> Iterator[_Reading]:
    text = statement.passage.text
    number, basis = one.number, _BASES[one.unit.measure]
    end = one.unit.end if one.unit.measure else number.end
    before = text[max(statement.start, number.start - 60) : number.start]
    greatest = bool(_MAXIMUM_AFTER.match(text, end, statement.end))
    bound_told: Bound | None = "at-most" if greatest else _bound_in(before) or _bound_behind(text, end, statement.end)
    ceiling = greatest or bool(_CEILING.search(before))
    total = bool(_TOTAL_BEFORE.search(before) or _TOTAL_AFTER.match(text, number.end, statement.end))
    supplied = basis == "total" and bool(_SUPPLIED.search(before))
    low_usual, high_usual = _USUAL[basis]
    for low, high in number.values:
        if (high or low) < _LEAST[basis] or low > _MOST:
            continue
        bound: Bound | None = None
        if high is None:
            bound = bound_told
        open_kind = kind is None and bool(material.kinds)
        shaky = one.shaky or supplied or open_kind or not low_usual <= low <= high_usual
        yield _Reading(
            kind,
            low,
            high,
            basis,
            bound,
            total,
            ceiling,
            supplied,
            shaky,
            statement,
            number.start,
            max(number.end, end),
        )


def _bound_in(before: str) -> Bound | None:
    """The bound of which the words right before a number tell."""
    compared = _COMPARED.search(before)
    if compared:
        fewer = compared["fewer"] is not None
        denied = _DENIED.search(before[: compared.start()]) is not None
        return "at-most" if fewer != denied else "at-least"
    return "at-most" if _AT_MOST.search(before) else "at-least" if _AT_LEAST.search(before) else None


def _bound_behind(text: str, at: int, end: int) -> Bound | None:
    return "at-least" if _OR_MORE.match(text, at, end) else None


def _whole_sittings(statement: Statement, counted: list[_Counted], found: list[_Reading]) -> Iterator[_Reading]:
    """Without the parts of one sitting where their total stands beside them, and without totals of several sittings
    where the parts do."""
    totals = [reading for reading in found if reading.total]
    parts = [reading for reading in found if not reading.total]
    in_places = any(one.unit.measure in ("site", "concentration") for one in counted)
    repeated = bool(_REPEATED.search(statement.text))
    for reading in found:
        same_basis = [other for other in (parts if reading.total else totals) if other.basis == reading.basis]
        if reading.total and repeated and any(other.low < reading.low for other in same_basis):
            continue
        if not reading.total and not repeated and any(other.low > reading.low for other in same_basis):
            continue
        if _is_tolerance(reading, found):
            continue
        if reading.total and in_places:
            reading = replace(reading, total=False)
        yield reading


def _is_tolerance(reading: _Reading, found: list[_Reading]) -> bool:
    """Whether a range only says how far from a stated dose the number may be."""
    text = reading.statement.passage.text
    return (
        reading.high is not None
        and bool(_TOLERANCE.search(text[max(reading.statement.start, reading.start - 24) : reading.start]))
        and any(
            other.high is None and other.basis == reading.basis and reading.low <= other.low <= reading.high
            for other in found
        )
    )


def _graft_criteria(material: Material) -> Iterator[_Reading]:
    """A number of CD34 cells that a graft must reach, where it stands among the eligibility criteria."""
    passage = material.criteria
    if passage is None:
        return
    for start, end in _sentences_of_graft(passage.text):
        statement = Statement(passage, start, end, False)
        if not _HARVESTED.search(statement.text):
            continue
        for one in _counted(statement):
            if one.noun is not None and one.noun.subject == "graft" and one.unit.measure == "kg" and not one.restated:
                yield from _of_number(material, statement, one, "hsc")


_GRAFT_WORD = re.compile(r"\bCD ?34", re.I)


def _sentences_of_graft(text: str) -> Iterator[tuple[int, int]]:
    done = -1
    for found in _GRAFT_WORD.finditer(text):
        if found.start() < done:
            continue
        start, end = sentence(text, found.start())
        done = end
        yield start, end
