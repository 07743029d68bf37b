"""Severity that the participants need: a measure and its limits, always as what lets a person in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import msgspec

from apps.classification.rules.cards.comparisons import Limits, comparison, limits_in
from apps.classification.rules.cards.criteria import Criterion
from apps.classification.rules.cards.groups import Choice, of_both
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
    general health. `ends_nephritis`: where nephritis is the study's condition, an exclusion of it ends the severity.
    """

    least: float
    most: float
    diseases: tuple[str, ...] = ()
    counted: bool = False
    unit: str = ""
    kidneys: tuple[str, ...] = ()
    included_only: bool = False
    ends_nephritis: bool = False


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
        0.5,
        1000,
        (*_LUPUS, *_DIABETES),
        kidneys=(*_LUPUS, *_DIABETES),
        unit=r"mg\s?/|[µμu]mol\s?/",
        ends_nephritis=True,
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
    r"[%％]|percent\b|mmol\s?/\s?mol|(?:pmol|nmol|mmol|[µμu]mol|ng|[µμu]g|mcg|mg|g|u|iu|units?)\s?(?:/|per\s)\s?"
    r"(?:24\s?-?h(?:ours?|rs?|r)?|day|d|m?l|dl|kg|mmol|m?g(?:\s?cr(?:eatinine)?)?)\b(?:\s?(?:/|per\s)\s?(?:day|d|kg|24\s?h)\b)?"
    r"|m?g\s(?:in|per|over|during)\s24\s?-?h(?:ours?|rs?|r)?\b"
    r"|ml\s?(?:/|per\s)\s?min(?:ute)?s?\b\.?(?:\s?(?:/|per\s)\s?1[.,·]73\s?m(?:²|\\?\^?2)?)?"
    r"|mm\s?(?:/|per\s)\s?(?:1?\s?st\s)?h(?:our|r)?\b|mg\b|g\b"
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
    r"(?:kurtzke\s+)?|\s*(?:points?|scores?)\s+",
    re.IGNORECASE,
)
_ONE_MORE_COUNT = re.compile(
    r"(?:at least|minimum of|≥|>=)\s?\d{1,2}\s(?:tender|swollen|painful)(?:\sjoints?)?(?:\sand/or|\sand|\sor|,|\s/)\s$",
    re.IGNORECASE,
)
# The number of joints that are looked at, and words that count nothing.
_ALL_JOINTS = re.compile(r"(?:28|32|44|66|68|an?)\s*", re.IGNORECASE)
_COUNTED_BEFORE = re.compile(
    r"\s*(?:(?:out\s)?of\s+|/\s?)?(?:(?:28|32|44|66|68)\s+)?(?:(?:active|actively|both|the)\s+)?", re.IGNORECASE
)
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
    """A limit of a measure in the sense of inclusion; `doubt` says why it may be misread, or is empty.

    `unit` is spelled as in the label's value. `group`: the only group for which it holds, or empty. `choice`: the list
    of which a part is enough; `others`: the record names something beside it that is none of our measures. `turned`:
    it is what an unwanted state leaves.
    """

    measure: str
    limits: Limits
    span: Span
    excluded: bool
    doubt: str
    unit: str = ""
    group: str = ""
    choice: Choice | None = None
    others: bool = False
    turned: bool = False


def severity_of(
    told: Iterable[tuple[Criterion, list[Named]]], about: frozenset[str], conditions: str
) -> Iterator[Label]:
    """A label for each measure and limit.

    `told` are the criteria with their terms, `about` the groups of the study's diseases, `conditions` its conditions as
    text in lower case.
    """
    found: list[_Gate] = []
    grades: list[tuple[Label, _Gate]] = []
    for criterion, terms in told:
        if criterion.of_others:
            continue
        mentions = _mentions(criterion, terms)
        found += _gates_in(criterion, mentions, about, conditions)
        for name, start, end in mentions:
            grade = _GRADES[name](criterion, start, end) if name in _GRADES else None
            if grade:
                grades.append(grade)
    chosen = _with_choices([*found, *(gate for _, gate in grades)])
    gates: dict[str, list[_Gate]] = {}
    for gate in chosen[: len(found)]:
        gates.setdefault(gate.measure, []).append(gate)
    for measure, several in gates.items():
        for gate, spans in _united(several):
            yield _label(measure, gate, spans)
    labels: dict[str, Label] = {}
    for (label, _), gate in zip(grades, chosen[len(found) :], strict=True):
        known = labels.get(label.value)
        if known is None or (known.detail or {}).get("of_group") or (known.detail or {}).get("any_of") is not None:
            labels[label.value] = known if known and gate.group else _marked(label, gate)
    yield from labels.values()


# "Or" between two limits, and words that may stand before the second measure. A number behind it is the same limit in
# another unit.
_OR = r"(?:(?:and\s?/\s?)?\bor\b(?:\s?/\s?and\b)?|或者?|[oO]r\b)"
_ARTICLES = (
    r"(?:(?:an?|the|their|with|by|have|has|having|if|elevated|increased|baseline|serum|fasting|score|level|of"
    r"|at least|one|new|positive|active|high|clinical|total|mean|screening|either)\s+)"
)
_OR_BETWEEN = re.compile(rf"[\s,;:)\].]{{0,4}}{_OR}[\s*•\-–()\d.]{{0,8}}{_ARTICLES}{{0,4}}[\s(]*", re.IGNORECASE)
_SCALE_BEHIND = re.compile(
    r"[\s)]*(?:(?:points?|scores?|joints?|count|on|at|in|the|screening|baseline|visit|entry)[\s)]*){0,5}",
    re.IGNORECASE,
)
# Where the limit itself goes on, or is told once more.
_GOES_ON = re.compile(
    r"(?:more|less|fewer|greater|higher|lower|above|below|over|under|equal|equivalent|equals|its|later|older|younger|longer"
    r"|better|worse|\d|[<>≤≥=\\~(]|prior|before|after|within|during|at\b|the equivalent)",
    re.IGNORECASE,
)
_OR_BEHIND = re.compile(rf"[\s,)]{{0,3}}{_OR}\s+(?=\S)", re.IGNORECASE)
_OR_AHEAD = re.compile(rf"{_OR}\s+{_ARTICLES}{{0,4}}$", re.IGNORECASE)


def _with_choices(gates: list[_Gate]) -> list[_Gate]:
    """The gates, those of which one is enough with the list that says so. Of exclusions all must be met."""
    chosen = list(gates)
    order = sorted(range(len(gates)), key=lambda at: (gates[at].span.path, gates[at].span.start, -gates[at].span.end))
    for i, j in pairwise(order):
        one, other = chosen[i], chosen[j]
        if one.turned or other.turned or one.span.path != other.span.path or other.choice:
            continue
        between = other.span.text[one.span.end : other.span.start]
        behind = _SCALE_BEHIND.match(between[:60])
        rest = between[behind.end() if behind else 0 :]
        if one.group == other.group and len(rest) < 90 and _OR_BETWEEN.fullmatch(rest):
            choice = one.choice or Choice(one.span.start, 1, one.span.start, loose=False)
            chosen[i], chosen[j] = one._replace(choice=choice), other._replace(choice=choice)
    lines = Counter(_line_of(gate) for gate in chosen if gate.choice and gate.choice.below)
    for at, gate in enumerate(chosen):
        if gate.turned:
            chosen[at] = gate._replace(choice=None)
        elif gate.choice and gate.choice.loose and not gate.doubt:
            chosen[at] = gate._replace(doubt="Where the list of which one is enough ends cannot be told.")
        elif gate.choice and gate.choice.below and lines[_line_of(gate)] > 1 and not gate.doubt:
            chosen[at] = gate._replace(doubt="Several limits stand in one line of a list of which one is enough.")
        elif not gate.choice and _or_something_else(gate):
            choice = Choice(gate.span.start, 1, gate.span.start, loose=False)
            chosen[at] = gate._replace(choice=choice, others=True)
    return chosen


def _line_of(gate: _Gate) -> tuple[str, int]:
    return gate.span.path, gate.span.text.rfind("\n", 0, gate.span.start)


def _or_something_else(gate: _Gate) -> bool:
    """Whether the record lets people in who have something else instead, which is no limit that we read."""
    text, span = gate.span.text, gate.span
    found = _OR_BEHIND.match(text, span.end, span.end + 20)
    if found and not _GOES_ON.match(text, found.end()):
        return True
    ahead = text[max(0, span.start - 50) : span.start].rpartition("\n")[2]
    return _OR_AHEAD.search(ahead) is not None


def _marked(label: Label, gate: _Gate) -> Label:
    """The label with what restricts it in its detail."""
    detail = {**(label.detail or {}), **_restricted(gate)}
    doubtful = label.doubtful or bool(gate.doubt)
    return msgspec.structs.replace(label, detail=detail, doubtful=doubtful, reason=gate.doubt or label.reason)


def _restricted(gate: _Gate) -> dict[str, Any]:
    """`of_group`: the group for which alone it holds. `any_of`: limits with the same number stand for each other.

    `at_least`: how many of them are needed. `others`: the record names things beside them that we do not read.
    """
    told: dict[str, Any] = {"of_group": gate.group} if gate.group else {}
    if gate.choice:
        others = gate.others or gate.choice.start != gate.choice.number
        told |= {"any_of": gate.choice.number, "at_least": gate.choice.least, "others": others}
    return told


def _gates_in(
    criterion: Criterion, mentions: list[_Mention], about: frozenset[str], conditions: str
) -> Iterator[_Gate]:
    for i, (name, start, end) in enumerate(mentions):
        measure = _MEASURES.get(name)
        if measure is None or not _is_of_the_disease(measure, criterion, about, conditions):
            continue
        before = mentions[i - 1].end if i else criterion.start
        after = mentions[i + 1].start if i + 1 < len(mentions) else criterion.end
        gates = [
            gate
            for limits, doubt in _limits_of(measure, criterion, (start, end), (before, after))
            if (gate := _turned(name, limits, doubt, criterion, (start, end))) and _possible(measure, gate.limits)
        ]
        # "2 to 6 in relapsing, 4 to 6.5 in progressive disease": nobody has to be in both.
        several = Choice(start, 1, start, loose=False) if len(gates) > 1 else None
        for gate in gates:
            yield gate._replace(choice=gate.choice or several)


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
    if criterion.excludes:
        return measure.ends_nephritis and _NEPHRITIS.search(conditions) is not None
    return _OF_THE_KIDNEYS.search(conditions) is not None


class _Mention(NamedTuple):
    measure: str
    start: int
    end: int


# "Urine protein:creatinine" is a measure of protein.
_PROTEIN_TO = re.compile(r"\b(?:(?:urin\w+|spot)\s)?protein\s?[:/]\s?(?:serum\s)?$", re.IGNORECASE)
# The number of a variant is none where decimals follow: "DAS28 3.2".
_DECIMALS = re.compile(r"[\s-]\d$")


def _as_meant(term: Named, text: str) -> Named:
    """A measure as the words beside its name have it."""
    if term.value == "creatinine" and (found := _PROTEIN_TO.search(text, max(0, term.start - 24), term.start)):
        return term._replace(value="proteinuria", start=found.start())
    lost = _DECIMALS.search(text, term.start, term.end)
    if lost and re.match(r"[.,]\d", text[term.end : term.end + 2]):
        return term._replace(end=lost.start())
    return term


def _mentions(criterion: Criterion, terms: list[Named]) -> list[_Mention]:
    """The measures named in a criterion; a name and its abbreviation beside it are one."""
    mentions: list[_Mention] = []
    for term in terms:
        if (term.field, term.value) == ("phenotype", "lupus-nephritis"):
            mentions.append(_Mention("ln-class", term.start, term.end))
        if term.field != "measure":
            continue
        term = _as_meant(term, criterion.passage.text)
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
        if not _NOT_A_LIMIT.match(text, limits.end, max(limits.end, criterion.end)) and not _is_citation(text, limits)
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
        # "3.0 - 6.5 EDSS": a range needs no word between.
        at_once = limits.low != limits.high and limits.low and limits.high and not text[limits.end : mention].strip()
        if not (at_once or linked.fullmatch(text, limits.end, mention)):
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
    unit, same = _unit_of(measure, kept, criterion, mention)
    if not same:
        doubt = doubt or "The two ends have different units."
    choice = _choice_of(criterion, start)
    return _Gate(
        measure, kept, span, criterion.excludes, doubt, unit, criterion.group, choice, turned=criterion.keeps_out
    )


def _choice_of(criterion: Criterion, at: int) -> Choice | None:
    """The list of alternatives of a criterion, for what stands behind its opening words."""
    return criterion.choice if criterion.choice and criterion.choice.start <= at else None


_SPELLINGS = (
    (re.compile(r"\s?per\s"), "/"),
    (re.compile(r"\s(?:in|over|during)\s"), "/"),
    (re.compile(r"[\s\\^-]"), ""),
    (re.compile(r"％|percent"), "%"),
    (re.compile(r"[µμ]|mcg"), lambda found: "ug" if found[0] == "mcg" else "u"),
    (re.compile(r"/(?:24(?:h(?:ours?|rs?|r)?)|d)(?=/|$)"), "/day"),
    (re.compile(r"\bunits?\b"), "u"),
    (re.compile(r"/(?:1?st)?h(?:our|r)$"), "/h"),
    (re.compile(r"cr(?:eatinine)?$"), ""),
    (re.compile(r"/min(?:ute)?s?\.?(?=/|$)"), "/min"),
    (re.compile(r"1[,·]73"), "1.73"),
    (re.compile(r"1\.73m²?$"), "1.73m2"),
)
_A_DAY = re.compile(r"\b24\s?-?h", re.IGNORECASE)
_RATIO = re.compile(r"ratio|\bu?pcr?\b", re.IGNORECASE)
# Measures without a unit.
_BARE = frozenset({"edss", "das28", "das", "cdai", "sdai", "haq", "sledai", "slam", "tender-joints", "swollen-joints"})


def _unit_of(measure: str, limits: Limits, criterion: Criterion, mention: tuple[int, int]) -> tuple[str, bool]:
    """The unit as a value spells it ("mg/dl"), empty where none is written; and whether both ends have the same.

    "24-hour protein of 1 g" is 1 g/day, and of a ratio without a unit it is said that it is one.
    """
    if measure in _BARE:
        return "", True
    unit, low = spelled(limits.unit or limits.low_unit or ""), spelled(limits.low_unit or "")
    if unit and low and unit != low:
        return "", False
    if measure == "proteinuria":
        words = criterion.passage.text[max(criterion.start, mention[0] - 12) : min(criterion.end, mention[1] + 15)]
        if unit in ("g", "mg") and _A_DAY.search(words):
            return unit + "/day", True
        if not unit and _RATIO.search(words):
            return "ratio", True
    return unit, True


def spelled(unit: str) -> str:
    """A unit in one spelling: "mg / dL" and "mg per dl" are "mg/dl", "µmol/L" is "umol/l", "g/24 hours" is "g/day"."""
    unit = unit.strip().lower()
    for pattern, to in _SPELLINGS:
        unit = pattern.sub(to, unit)
    return unit


def _possible(measure: _Measure, limits: Limits) -> bool:
    """Whether the measure can have these numbers, and they are not just its whole scale."""
    values = [float(value) for value in (limits.low, limits.high) if value is not None]
    if (values[0], values[-1]) == (measure.least, measure.most):
        return False
    return all(measure.least <= value <= measure.most for value in values)


def _united(gates: list[_Gate]) -> Iterator[tuple[_Gate, list[Span]]]:
    """Each limit once, with all its places; a lower and an upper limit from two criteria become one range.

    A limit that one criterion demands of everybody and another of a group, or as one of several, holds for everybody.
    """
    distinct: dict[tuple[float | None, float | None, str], tuple[_Gate, list[Span]]] = {}
    for gate in gates:
        numbers = _float(gate.limits.low), _float(gate.limits.high)
        # A limit that is told once more without its unit is the same one.
        units = [unit for low, high, unit in distinct if (low, high) == numbers]
        unit = next((unit for unit in units if gate.unit in ("", unit) or not unit), gate.unit)
        known = distinct.get((*numbers, unit))
        if known is None:
            distinct[(*numbers, unit)] = (gate, [gate.span])
            continue
        known[1].append(gate.span)
        distinct[(*numbers, unit)] = (_stricter(known[0], gate), known[1])
    lows = [item for (_, high, _), item in distinct.items() if high is None]
    highs = [item for (low, _, _), item in distinct.items() if low is None]
    ranges = [item for (low, high, _), item in distinct.items() if low is not None and high is not None]
    if len(lows) == len(highs) == 1 and not ranges and _fit(lows[0][0], highs[0][0]):
        (low, its_spans), (high, other_spans) = lows[0], highs[0]
        limits = low.limits._replace(high=high.limits.high, high_open=high.limits.high_open)
        both = low._replace(limits=limits, doubt=low.doubt or high.doubt, unit=low.unit or high.unit)
        yield both, [*its_spans, *other_spans]
        return
    for gate, spans in (*ranges, *lows, *highs):
        others = [other for other, _ in ranges if other is not gate and _of_one(other, gate)]
        wider = _wider_range(gate, others)
        if wider == "said":
            continue
        yield (gate._replace(doubt="Another criterion gives another limit.") if wider == "disputed" else gate), spans


def _stricter(one: _Gate, other: _Gate) -> _Gate:
    """The same limit from two places: of the two what is certain, and what holds for more people."""
    kept = other if one.doubt and not other.doubt else one
    group = of_both(one.group, other.group)
    free = next((gate for gate in (one, other) if gate.choice is None), None)
    choice, others = (None, False) if free else (kept.choice, kept.others)
    return kept._replace(unit=one.unit or other.unit, group=group, choice=choice, others=others)


def _of_one(one: _Gate, other: _Gate) -> bool:
    """Whether two limits hold for the same people, in the same unit."""
    return one.group.lower() == other.group.lower() and (one.unit == other.unit or not (one.unit and other.unit))


def _fit(low: _Gate, high: _Gate) -> bool:
    if low.choice or high.choice or not _of_one(low, high):
        return False
    return float(low.limits.low or 0) < float(high.limits.high or 0)


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
    value += gate.unit
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
            "unit": limits.unit if gate.unit else None,
            "written": spans[0].words,
            **_restricted(gate),
        },
    )


# A and B are the two upper grades of activity: so many organs with an A, or so many with a B.
_BILAG_GRADE = re.compile(
    r"(?:\(?(?P<count>\d|\bone|\btwo|\bthree)\)?\s?(?:or more\s|new\s|\(\d\)\s)?|\bor\s|(?=\b(?:grade|category"
    r"|level|bilag)))"
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


def _bilag(criterion: Criterion, start: int, end: int) -> tuple[Label, _Gate] | None:
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
    return _graded("bilag", f"bilag>={limit}", criterion, (start, stop), None, None)


def names_class_of_nephritis(criterion: Criterion, start: int, end: int) -> bool:
    """Whether a class stands by the nephritis that is named at [start, end)."""
    return _nephritis_class(criterion, start, end) is not None


def _nephritis_class(criterion: Criterion, start: int, end: int) -> tuple[Label, _Gate] | None:
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
    return _graded("ln-class", value, criterion, (start, end), first, last)


def _graded(
    measure: str, value: str, criterion: Criterion, place: tuple[int, int], low: int | None, high: int | None
) -> tuple[Label, _Gate]:
    """A label of grades, and where it stands among the other limits."""
    span = criterion.span(*place)
    choice = _choice_of(criterion, place[0])
    no_limits = Limits(None, None, False, False, None, *place)
    gate = _Gate(measure, no_limits, span, criterion.excludes, "", group=criterion.group, choice=choice)
    return _grade_label(measure, value, span, low, high), gate


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


_GRADES: Mapping[str, Callable[[Criterion, int, int], tuple[Label, _Gate] | None]] = {
    "bilag": _bilag,
    "ln-class": _nephritis_class,
}
