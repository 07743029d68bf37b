"""Severity that the participants need: a measure and its limits, always as what lets a person in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from apps.classification.rules.cards.comparisons import Limits, comparison, limits_in
from apps.classification.rules.cards.criteria import Criterion
from apps.classification.rules.cards.material import Named
from apps.classification.rules.labels import Label
from apps.classification.rules.quoting import Span, evidence

_LUPUS = ("systemic-lupus-erythematosus",)
_ARTHRITIS = ("rheumatoid-arthritis", "juvenile-arthritis")
_DIABETES = ("type-1-diabetes", "type-2-diabetes", "diabetes", "complication-of-diabetes")


@dataclass(frozen=True)
class _Measure:
    """How a measure is read.

    `least` and `most`: the numbers that it can have, to tell its values from other numbers. `diseases`: groups of terms
    of which the study has to be about one, because elsewhere the measure is a limit of general health. `counted`:
    numbers may stand directly before it. `unit`: what a lone number needs behind it to be read as a limit with a lost
    operator; "" for a score. `kidneys`: those of the groups for which it has to be about the kidneys, by the
    criterion's own words or, among the inclusions, by the study's conditions. `included_only`: in an exclusion it is
    general health.
    """

    least: float
    most: float
    diseases: tuple[str, ...] = ()
    counted: bool = False
    unit: str = ""
    kidneys: tuple[str, ...] = ()
    included_only: bool = False


_CONCENTRATION = r"(?:pmol|nmol|ng|µg|μg)\s?/\s?(?:m|d)?l"
_MEASURES: Mapping[str, _Measure] = {
    "edss": _Measure(0, 10),
    "das28": _Measure(0, 10),
    "das": _Measure(0, 10, _ARTHRITIS),
    "cdai": _Measure(0, 76, _ARTHRITIS),
    "sdai": _Measure(0, 86, _ARTHRITIS),
    "haq": _Measure(0, 3, _ARTHRITIS),
    "sledai": _Measure(1, 105),
    "slam": _Measure(1, 81, _LUPUS),
    "c-peptide": _Measure(0, 3000, _DIABETES, unit=_CONCENTRATION),
    "hba1c": _Measure(4, 150, _DIABETES, unit=r"[%％]|mmol\s?/\s?mol"),
    "insulin-dose": _Measure(0.1, 200, _DIABETES, unit=r"(?:u|iu|units?)\s?/"),
    "proteinuria": _Measure(0.1, 10000, (*_LUPUS, *_DIABETES), kidneys=_DIABETES, unit=r"m?g\b"),
    "creatinine": _Measure(
        0.5, 1000, (*_LUPUS, *_DIABETES), kidneys=(*_LUPUS, *_DIABETES), unit=r"mg\s?/|[µμu]mol\s?/"
    ),
    "egfr": _Measure(5, 150, (*_LUPUS, *_DIABETES), kidneys=(*_LUPUS, *_DIABETES), unit=r"ml\s?/"),
    "tender-joints": _Measure(1, 68, _ARTHRITIS, counted=True),
    "swollen-joints": _Measure(1, 68, _ARTHRITIS, counted=True),
    "crp": _Measure(0.1, 200, _ARTHRITIS, included_only=True, unit=r"mg\s?/"),
    "esr": _Measure(5, 150, _ARTHRITIS, included_only=True, unit=r"mm"),
}

_NEPHRITIS = re.compile(r"(?i:nephritis)|\bLN\b")
_OF_THE_KIDNEYS = re.compile(r"nephr|kidney|renal", re.IGNORECASE)

_UNIT = (
    r"[%％]|percent\b|mmol\s?/\s?mol|(?:pmol|nmol|mmol|[µμu]mol|ng|[µμu]g|mcg|mg|g|u|iu|units?)\s?/\s?"
    r"(?:24\s?-?h(?:ours?|rs?|r)?|day|d|m?l|dl|kg|mmol|m?g(?:\s?cr(?:eatinine)?)?)\b(?:\s?/\s?(?:day|d|kg|24\s?h)\b)?"
    r"|mm\s?/\s?(?:1?\s?st\s)?h(?:our|r)?\b|mg\b|g\b"
)
_COMPARISON = comparison(_UNIT)
# Joints are counted in words too: "four swollen joints".
_COUNT = comparison(_UNIT, spelled=True)

# How far behind a measure its limit may stand, and how long that limit may be; both in code points.
_GAP = 70
_REACH = 150

# "Progressive" is a form of the disease.
_CHANGE = (
    r"(?:increas|worsen|progress(?!ive\b)|deteriorat|improv|reduc|chang|declin|decreas|gain|loss|step|drop|rise"
    r"|advanc)\w*"
)
_LINKS = (
    r"(?:of|in|on|by|the|their|his|her|a|an|one|total|baseline|sustained|confirmed|measured|documented|defined|as|least|at"
    r"|more|than|or|points?|steps?|level|score|value|with|using|[\d.,≥>=<≤\\/]+)"
)
_CHANGE_BEFORE = re.compile(rf"\b{_CHANGE}[\s(]+(?:{_LINKS}[\s(]+){{0,9}}$", re.IGNORECASE)
_CONDITION_BEFORE = re.compile(
    r"\b(?:if|when|where|whose|unless)\s+(?:(?:the|their|a|an|initial|previous|baseline|screening|entry|pre-treatment|is|patient'?s?"
    r"|has|have|had)\s+){0,5}$",
    re.IGNORECASE,
)
_AIM_BEFORE = re.compile(r"\b(?:goals?|targets?|aim\w*|maintain\w*|achiev\w*|reach\w*|keep\w*)\b.{0,150}$", re.I)
# "Albumin:creatinine" is no creatinine.
_OF_A_RATIO = re.compile(r"albumin\W{0,3}(?:to[\s-])?$", re.IGNORECASE)
_OLD_STATE_BEFORE = re.compile(r"\b(?:baseline|initial|starting|previous|prior|screening)\s$", re.IGNORECASE)
_ANY_CHANGE = re.compile(rf"\b{_CHANGE}|\b\d\s?points?\b", re.IGNORECASE)
_BREAK = re.compile(
    rf"\b{_CHANGE}|\b(?:if|during|because|history|relaps\w*|attacks?|exacerbation\w*|age[ds]?|weight|goals?|targets?)\b",
    re.IGNORECASE,
)
_NOT_A_LIMIT = re.compile(
    rf"\s?[×x]\s|\s?-?(?:days?|weeks?|months?|years?|hours?|h|minutes?|times|visits?|fold|ULN|joint|criteria"
    rf"|(?:points?|steps?|grades?)?\s?(?:of\s|in\s)?(?:{_CHANGE}))\b"
    r"|\s?(?:points?\s)?(?:on|in|of) (?:the )?(?:last|past|previous)",
    re.IGNORECASE,
)
_LINKED_BEFORE = re.compile(
    r"\s*(?:points?|scores?)?\s*(?:on|in|of|for|by|according to|(?:as )?measured by|assessed by)\s+(?:the\s+)?"
    r"(?:kurtzke\s+)?",
    re.IGNORECASE,
)
_ONE_MORE_COUNT = re.compile(
    r"(?:at least|minimum of|≥|>=)\s?\d{1,2}\s(?:tender|swollen|painful)(?:\sjoints?)?(?:\sand/or|\sand|\sor|,|\s/)\s$",
    re.IGNORECASE,
)
# The number of joints that are looked at, and words that count nothing.
_ALL_JOINTS = re.compile(r"(?:28|32|44|66|68|an?)\s*", re.IGNORECASE)
_COUNTED_BEFORE = re.compile(r"\s*(?:of\s+)?(?:(?:active|actively|both|the)\s+)?", re.IGNORECASE)
_SIDE_BEFORE = re.compile(r"(?<![\w.,])(\d{1,5}(?:[.,·]\d{1,3})?)\s?[%％]?\s?(\\?[<≤>≥]\s?\\?=?)\s?$")
_OUTSIDE = re.compile(r"\b(?:outside|not (?:between|within|in the range))\b", re.IGNORECASE)
_LONE = re.compile(
    r"[\s:=]*(?:(?:score|level|value|concentration|fasting|stimulated|basal|peak|of|is|was|are)[\s:=]+){0,4}", re.I
)
_NEXT_GROUP = re.compile(
    r"[\s,;()]*(?:(?:or|and|for|in|with|to|patients?|subjects?|participants?|those|rrms|spms|ppms|ms|relapsing|remitting"
    r"|secondary|primary|progressive|score|edss|a|an)[\s,;()-]+){1,12}",
    re.IGNORECASE,
)


class _Gate(NamedTuple):
    """A limit of a measure in the sense of inclusion; `doubt` says why it may be misread, or is empty."""

    measure: str
    limits: Limits
    span: Span
    excluded: bool
    doubt: str


def severity_of(
    told: Iterable[tuple[Criterion, list[Named]]], about: frozenset[str], conditions: str
) -> Iterator[Label]:
    """A label for each measure and limit.

    `told` are the criteria with their terms, `about` the groups of the study's diseases, `conditions` its conditions as
    text in lower case.
    """
    gates: dict[str, list[_Gate]] = {}
    grades: dict[str, Label] = {}
    for criterion, terms in told:
        if criterion.of_others:
            continue
        mentions = _mentions(criterion, terms)
        for gate in _gates_in(criterion, mentions, about, conditions):
            gates.setdefault(gate.measure, []).append(gate)
        for name, start, end in mentions:
            grade = _GRADES[name](criterion, start, end) if name in _GRADES else None
            if grade:
                grades.setdefault(grade.value, grade)
    for measure, found in gates.items():
        for gate, spans in _united(found):
            yield _label(measure, gate, spans)
    yield from grades.values()


def _gates_in(
    criterion: Criterion, mentions: list[_Mention], about: frozenset[str], conditions: str
) -> Iterator[_Gate]:
    for i, (name, start, end) in enumerate(mentions):
        measure = _MEASURES.get(name)
        if measure is None or not _is_of_the_disease(measure, criterion, about, conditions):
            continue
        before = mentions[i - 1].end if i else criterion.start
        after = mentions[i + 1].start if i + 1 < len(mentions) else criterion.end
        for limits, doubt in _limits_of(measure, criterion, (start, end), (before, after)):
            gate = _turned(name, limits, doubt, criterion, (start, end))
            if gate and _possible(measure, gate.limits):
                yield gate


def _is_of_the_disease(measure: _Measure, criterion: Criterion, about: frozenset[str], conditions: str) -> bool:
    """Whether the measure tells how severe the study's disease is, and not how healthy people are otherwise."""
    if criterion.excludes and measure.included_only:
        return False
    groups = about.intersection(measure.diseases)
    if not measure.diseases or groups.difference(measure.kidneys):
        return True
    if not groups:
        return False
    if _NEPHRITIS.search(criterion.text):
        return True
    return not criterion.excludes and _OF_THE_KIDNEYS.search(conditions) is not None


class _Mention(NamedTuple):
    measure: str
    start: int
    end: int


def _mentions(criterion: Criterion, terms: list[Named]) -> list[_Mention]:
    """The measures named in a criterion; a name and its abbreviation beside it are one."""
    mentions: list[_Mention] = []
    for term in terms:
        if (term.field, term.value) == ("phenotype", "lupus-nephritis"):
            mentions.append(_Mention("ln-class", term.start, term.end))
        if term.field != "measure":
            continue
        if mentions and mentions[-1].measure == term.value:
            between = criterion.passage.text[mentions[-1].end : term.start]
            if not any(sign.isalnum() for sign in between) and len(between) < 5:
                mentions[-1] = mentions[-1]._replace(end=term.end)
                continue
        mentions.append(_Mention(term.value, term.start, term.end))
    return mentions


def _limits_of(
    measure: _Measure, criterion: Criterion, mention: tuple[int, int], room: tuple[int, int]
) -> Iterator[tuple[Limits, str]]:
    """The limits beside a mention, each with a doubt; none where a change or an aim is told instead of a state."""
    text = criterion.passage.text
    start, end = mention
    lead = text[max(criterion.start, start - 160) : start]
    if _CHANGE_BEFORE.search(lead[-90:]) or _CONDITION_BEFORE.search(lead[-60:]) or _AIM_BEFORE.search(lead):
        return
    if measure.kidneys and _OF_A_RATIO.search(lead[-20:]):
        return
    # "1 point if the baseline score is below 5.5" tells how much worse it must have become, not how bad it may be.
    if _OLD_STATE_BEFORE.search(lead[-20:]) and _ANY_CHANGE.search(lead):
        return
    side = _SIDE_BEFORE.search(text, max(room[0], start - 14), start)
    found = [
        limits
        for limits in limits_in(_COMPARISON, text, end, min(room[1], end + _REACH))
        if not _NOT_A_LIMIT.match(text, limits.end) and not _is_citation(text, limits)
    ]
    first = found[0] if found else None
    if first and (first.start - end > _GAP or _BREAK.search(text, end, first.start)):
        first = None
    if side:
        yield _two_sided(side, first if first and first.start - end < 4 else None), ""
        return
    ahead = _limits_before(measure, text, max(room[0], start - 80), start)
    if ahead and (measure.counted or not (first and first.written)):
        yield ahead
    elif first and first.written:
        yield first, ""
        yield from _for_other_groups(text, found)
    elif first and _is_lone(measure, text, end, first):
        yield first, "The number stands without an operator."


def _is_citation(text: str, limits: Limits) -> bool:
    """Whether the number is one of a reference: "EDSS [5] of at least 3"."""
    return text[limits.start - 1 : limits.start] == "[" and text[limits.end : limits.end + 1] == "]"


def _two_sided(side: re.Match[str], after: Limits | None) -> Limits:
    """ "7.0 <= measure <= 12": the number before, and the one behind where there is one."""
    value = side[1].replace(",", ".").replace("·", ".")
    sign = side[2].replace("\\", "").replace(" ", "")
    limits = Limits(
        None, None, False, False, after.unit if after else None, side.start(), after.end if after else side.end()
    )
    if sign[0] in "<≤":
        limits = limits._replace(low=value, low_open=sign == "<")
        return limits._replace(high=after.high, high_open=after.high_open) if after and after.high else limits
    limits = limits._replace(high=value, high_open=sign == ">")
    return limits._replace(low=after.low, low_open=after.low_open) if after and after.low else limits


def _for_other_groups(text: str, found: list[Limits]) -> Iterator[tuple[Limits, str]]:
    """Further ranges behind the first: "2 to 6 in relapsing, 4 to 6.5 in progressive disease"."""
    for earlier, later in pairwise(found):
        two = later.low is not None and later.high is not None and later.low != later.high
        if not two or not _NEXT_GROUP.fullmatch(text, earlier.end, later.start):
            return
        yield later, ""


def _limits_before(measure: _Measure, text: str, start: int, mention: int) -> tuple[Limits, str] | None:
    """Limits in front of a mention, with a doubt: "a score of 3 to 6 on the EDSS", "at least 6 swollen joints"."""
    linked = _COUNTED_BEFORE if measure.counted else _LINKED_BEFORE
    for limits in limits_in(_COUNT if measure.counted else _COMPARISON, text, start, mention):
        if not linked.fullmatch(text, limits.end, mention):
            continue
        if limits.written:
            return limits, ""
        if measure.counted and not _ALL_JOINTS.fullmatch(text, limits.start, limits.end):
            # "At least 6 tender and 6 swollen joints": the operator holds for both.
            both = _ONE_MORE_COUNT.search(text, max(0, limits.start - 60), limits.start)
            doubt = "" if both else "The number stands without an operator."
            return limits._replace(high=None, written=True), doubt
    return None


def _is_lone(measure: _Measure, text: str, end: int, limits: Limits) -> bool:
    """Whether a number without an operator can only be the limit: next to the measure, with its unit if it has one."""
    if not _LONE.fullmatch(text, end, limits.start):
        return False
    if not measure.unit:
        return text[limits.end : limits.end + 1] in ("", " ", ".", ",", ";", ")")
    return re.match(measure.unit, (limits.unit or "") + text[limits.end : limits.end + 3], re.IGNORECASE) is not None


def _turned(measure: str, limits: Limits, doubt: str, criterion: Criterion, mention: tuple[int, int]) -> _Gate | None:
    start, end = min(mention[0], limits.start), max(mention[1], limits.end)
    span = criterion.span(start, end)
    outside = _OUTSIDE.search(criterion.passage.text, start, max(start, limits.start + 12)) is not None
    kept = limits.turned() if criterion.keeps_out != outside and limits.written else limits
    if kept is None or not kept.whole:
        return None
    if criterion.keeps_out and not limits.written:
        doubt = "The number stands without an operator, in an exclusion."
    return _Gate(measure, kept, span, criterion.excludes, doubt)


def _possible(measure: _Measure, limits: Limits) -> bool:
    """Whether the measure can have these numbers, and they are not just its whole scale."""
    values = [float(value) for value in (limits.low, limits.high) if value is not None]
    if (values[0], values[-1]) == (measure.least, measure.most):
        return False
    return all(measure.least <= value <= measure.most for value in values)


def _united(gates: list[_Gate]) -> Iterator[tuple[_Gate, list[Span]]]:
    """Each limit once, with all its places; a lower and an upper limit from two criteria become one range."""
    distinct: dict[tuple[float | None, float | None], tuple[_Gate, list[Span]]] = {}
    for gate in gates:
        key = (_float(gate.limits.low), _float(gate.limits.high))
        known = distinct.get(key)
        if known is None:
            distinct[key] = (gate, [gate.span])
        else:
            known[1].append(gate.span)
            if known[0].doubt and not gate.doubt:
                distinct[key] = (gate, known[1])
    lows = [item for (_, high), item in distinct.items() if high is None]
    highs = [item for (low, _), item in distinct.items() if low is None]
    ranges = [item for (low, high), item in distinct.items() if low is not None and high is not None]
    if len(lows) == len(highs) == 1 and not ranges and _fit(lows[0][0], highs[0][0]):
        (low, its_spans), (high, other_spans) = lows[0], highs[0]
        limits = low.limits._replace(high=high.limits.high, high_open=high.limits.high_open)
        yield low._replace(limits=limits, doubt=low.doubt or high.doubt), [*its_spans, *other_spans]
        return
    for gate, spans in (*ranges, *lows, *highs):
        wider = _wider_range(gate, [other for other, _ in ranges if other is not gate])
        if wider == "said":
            continue
        yield (gate._replace(doubt="Another criterion gives another limit.") if wider == "disputed" else gate), spans


def _fit(low: _Gate, high: _Gate) -> bool:
    units = {gate.limits.unit.lower() for gate in (low, high) if gate.limits.unit}
    return len(units) < 2 and float(low.limits.low or 0) < float(high.limits.high or 0)


def _wider_range(gate: _Gate, ranges: list[_Gate]) -> str:
    """ "said" when a range already says a single limit, "disputed" when it says a wider one, else empty."""
    low, high = _float(gate.limits.low), _float(gate.limits.high)
    if not ranges or (low is not None and high is not None):
        return ""
    within = [
        (low is not None and low <= float(other.limits.low or 0))
        or (high is not None and high >= float(other.limits.high or 0))
        for other in ranges
    ]
    return "said" if any(within) else "disputed"


def _float(value: str | None) -> float | None:
    return None if value is None else float(value)


def _label(measure: str, gate: _Gate, spans: list[Span]) -> Label:
    limits = gate.limits
    if not limits.written:
        value = f"{measure}={limits.low}"
    elif limits.low is not None and limits.high is not None:
        value = f"{measure}={limits.low}" if limits.low == limits.high else f"{measure}:{limits.low}-{limits.high}"
    elif limits.low is not None:
        value = f"{measure}>{'' if limits.low_open else '='}{limits.low}"
    else:
        value = f"{measure}<{'' if limits.high_open else '='}{limits.high}"
    reason = "An exclusion names a limit of a measure; what is left is shown." if gate.excluded else ""
    return Label(
        "severity",
        value,
        "limit-in-exclusion" if gate.excluded else "limit-in-inclusion",
        gate.doubt or reason or "The criteria name a measure with its limit.",
        evidence(spans),
        doubtful=bool(gate.doubt),
        detail={
            "measure": measure,
            "low": _float(limits.low),
            "high": _float(limits.high),
            "low_open": limits.low_open,
            "high_open": limits.high_open,
            "unit": limits.unit,
            "written": spans[0].words,
        },
    )


# A and B are the two upper grades of activity: so many organs with an A, or so many with a B.
_BILAG_GRADE = re.compile(
    r"(?:(?P<count>\d|\bone|\btwo|\bthree)\s?(?:or more\s|new\s|\(\d\)\s)?|\bor\s|(?=\b(?:grade|category|level|bilag)))"
    r"(?:(?:grade|category|level|bilag|score|organ|domain|system)s?[\s-]{1,2}){0,3}(?P<grade>[AB])\b",
    re.IGNORECASE,
)
_COUNTS = {"one": 1, "two": 2, "three": 3}
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6}
_NEPHRITIS_CLASSES = re.compile(
    r"\b(?:class(?:es)?|type)\s?(?:of\s)?((?:[ivx]{1,3}|[1-6])\b(?:[\s,/+±()\-–&SGAC]{1,4}"
    r"(?:(?:or|and|to|class|with|without|and/or)\s){0,3}(?:[ivx]{1,3}|[1-6])\b){0,6})",
    re.IGNORECASE,
)
_LEFT_OUT = re.compile(r"[\s,]*(?:(?:is|are|will be|being|was)\s)?(?:excluded|not (?:eligible|included|allowed))", re.I)


def _bilag(criterion: Criterion, start: int, end: int) -> Label | None:
    """BILAG grades the organs: "at least one A or two B". The weaker demand is the limit."""
    text = criterion.passage.text
    if criterion.keeps_out or _CONDITION_BEFORE.search(text[max(criterion.start, start - 60) : start]):
        return None
    grades: dict[str, int] = {}
    count, stop = 1, end
    for found in _BILAG_GRADE.finditer(text, max(criterion.start, start - 30), min(criterion.end, end + 90)):
        if found["count"]:
            count = int(found["count"]) if found["count"].isdigit() else _COUNTS[found["count"].lower()]
        grades.setdefault(found["grade"].upper(), count)
        stop = max(stop, found.end())
    if not grades:
        return None
    limit = (
        "1B" if grades.get("B") == 1 else "-or-".join(f"{number}{grade}" for grade, number in sorted(grades.items()))
    )
    return _grade_label("bilag", f"bilag>={limit}", criterion.span(start, stop), None, None)


def _nephritis_class(criterion: Criterion, start: int, end: int) -> Label | None:
    """The classes of lupus nephritis in the biopsy, from the lowest to the highest that is named."""
    if criterion.keeps_out:
        return None
    low, high = max(criterion.start, start - 40), min(criterion.end, end + 120)
    classes: list[int] = []
    for found in _NEPHRITIS_CLASSES.finditer(criterion.passage.text, low, high):
        if _LEFT_OUT.match(criterion.passage.text, found.end()):
            continue
        words = re.findall(r"\b(?:[ivx]{1,3}|[1-6])\b", found[1].lower())
        classes += [int(word) if word.isdigit() else _ROMAN[word] for word in words if word.isdigit() or word in _ROMAN]
        start, end = min(start, found.start()), max(end, found.end())
    if not classes:
        return None
    first, last = min(classes), max(classes)
    value = f"ln-class={first}" if first == last else f"ln-class:{first}-{last}"
    return _grade_label("ln-class", value, criterion.span(start, end), first, last)


def _grade_label(measure: str, value: str, span: Span, low: int | None, high: int | None) -> Label:
    return Label(
        "severity",
        value,
        "limit-in-inclusion",
        "The criteria name the grades of a measure.",
        evidence([span]),
        detail={
            "measure": measure,
            "low": None if low is None else float(low),
            "high": None if high is None else float(high),
            "low_open": False,
            "high_open": False,
            "unit": None,
            "written": span.words,
        },
    )


_GRADES: Mapping[str, Callable[[Criterion, int, int], Label | None]] = {"bilag": _bilag, "ln-class": _nephritis_class}
