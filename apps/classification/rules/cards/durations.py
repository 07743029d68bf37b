"""How long participants may have had their disease, or since when: in months, as what lets a person in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from apps.classification.rules.cards.comparisons import TIME_UNIT, Limits, comparison, limits_in, months, plain
from apps.classification.rules.cards.criteria import Criterion
from apps.classification.rules.cards.groups import of_both
from apps.classification.rules.cards.material import Named
from apps.classification.rules.labels import Label
from apps.classification.rules.quoting import Span, evidence

_COMPARISON = comparison(TIME_UNIT, spelled=True)

# How far from its starting point a time may stand, in code points.
_REACH = 150

# What else may last: none of these is the disease. A word of the study's own conditions is no obstacle.
_OTHER = re.compile(
    r"\b(?:treat\w*|therap\w*|medicat\w*|drugs?|dose|dosage|steroid\w*|immunosuppress\w*|relapses?|attacks?|flares?|exacerbat\w*|remission"
    r"|disability|biops\w*|surg\w*|operat\w*|transplant\w*|[a-z]{0,4}HSCT|[a-z]{0,2}HCT|ASCT|BMT|graft\w*|infect\w*|malignan\w*|cancer\w*|tumou?rs?|neoplas\w*|carcinoma\w*|lymphoma"
    r"|thrombo\w*|infarct\w*|stroke|hepatitis|HIV|pregnan\w*|menopaus\w*|amenorrh\w*|contracept\w*"
    r"|surviv\w*|life expectancy|morning stiffness|stiffness|(?<=duration of )pain|ulcer\w*|wound\w*"
    r"|nephritis|neuropathy|retinopathy"
    r"|ketoacidosis|hypoglyc\w*|epilep\w*|seizures?|progression|worsening|symptoms? of (?!MS|diab|the disease)"
    r"|vaccin\w*|washout|stable|screen\w* period|menses|diet|smok\w*|alcohol|abuse)\b",
    re.IGNORECASE,
)

_OF = (
    r"(?:\s(?:the|their|his|her|a|an|initial|first|clinical|formal|definite|original|confirmed|established|documented"
    r"|histologic(?:al)?|pathologic(?:al)?|date|time|point|day|moment|of|disease|symptoms?|symptomatic|diabetes|t1dm?|ms"
    r"|sle|ra|lupus|multiple|sclerosis|type|1|i|mellitus|new|recent))"
)
# "3 months since the first ..." right before the starting point.
_BEFORE = re.compile(
    rf"\s?(?:ago\s)?(?:(?:(?:has|have|had|must have|should have)\s)?(?:passed|elapsed|gone by)\s)?(?:since|from"
    rf"|of|after|following|post|past|beyond|-|\()?{_OF}{{0,7}}[\s\-(]*",
    re.IGNORECASE,
)
_BARE_BEFORE = re.compile(rf"\s?(?:since|from|of|after|following|post){_OF}{{0,7}}[\s\-]+", re.IGNORECASE)
# Between a starting point and the time behind it.
_BREAKS = re.compile(
    r"[.;]\s|\b(?:age[ds]?|years? old|who|must|if|but|whose|which|having|treated|received|EDSS|score|C-?peptide|HbA1c"
    r"|lesions?|MRI|relapse|criteria \d|defined as|without|after|complet\w*|and (?:at|with|have|has|a|no|is|recruit\w*)"
    r"|with (?:at|a))\b|\band\s*$|[<>≤≥]\s?\d",
    re.IGNORECASE,
)
_AN_AGE = re.compile(r"\b(?:age[ds]?|old|life|survival)\b", re.IGNORECASE)
_AGE_AT = re.compile(r"\bage[ds]?\s(?:at|of)\W*(?:the\W)?$", re.IGNORECASE)
_COUNTED_FROM_ELSE = re.compile(
    r"\s?(?:of|from|after|since|post|following)[\s-]"
    r"(?:the\s|hospital\s|completion of\s|start of\s|initiation of\s|last\s){0,4}"
    r"(?:admission|treatment|therap|surg|transplant|HCT|HSCT|injur|biops|infusion|relaps|attack|discharge)",
    re.IGNORECASE,
)
_DURATION_OF_STUDY = re.compile(r"\s(?:of|in)\s(?:the\s)?(?:study|trial|follow|participation|protocol)", re.IGNORECASE)
_TIME_BEFORE_DURATION = re.compile(r"[\s-]*(?:of\s|in\s)?(?:the\s)?$", re.IGNORECASE)
# "T1D > 5 years;": the time stands at once behind the name, and nothing behind the time.
_AT_ONCE = re.compile(r"\s?(?:\([^()]{1,12}\)\s?)?(?P<comma>,\s?)?", re.IGNORECASE)
# Months from which a range behind the disease, or a limit behind a comma, is how old people are: "MS, 18-60 years".
_LEAST_AGE = 144
# And up to which: "T1DM, 6-60 years".
_MOST_DISEASE = 480
# By which criteria the disease was told, between its name and the time.
_BY_CRITERIA = re.compile(
    r"[\s,(]{0,3}(?:(?:as per|per|by|with|according to|fulfil\w*|meeting|satisfying|under|on|in)\s)?(?:the\s)?"
    r"(?:(?:revised|modified|classification|criteria|of|the|\d{4}|ACR|EULAR|ADA|WHO|SLICC|ARA|Poser|Mc ?Donald)\b"
    r"[\s/,()]{0,3}){1,8}",
    re.IGNORECASE,
)
_CRITERIA_NAMED = re.compile(r"criteria|ACR|EULAR|\bADA\b|\bWHO\b|SLICC|\bARA\b|Poser|Mc ?Donald", re.IGNORECASE)
# Between a time and the name of the disease behind it: "6 months of RA;".
_OF_DISEASE = re.compile(r"\s(?:(?:of|with|having|history of)\s)?(?:established\s|known\s|active\s)?", re.IGNORECASE)
_DISEASE_ENDS = re.compile(r"\s*(?:\([^()]{1,20}\)\s?)?(?:$|[,;.)\n])", re.IGNORECASE)
_ENDS = re.compile(r"\s*(?:$|[,;.)\n]|and\b|with\b|before\b|prior\b)", re.IGNORECASE)
_RECENT = re.compile(r"\b(?:last|past|previous|preceding)\b", re.IGNORECASE)
_LASTS = re.compile(r"(?:for|of|since|lasting|duration|evolving)\W+$|\(\W*$", re.IGNORECASE)
_LASTING = re.compile(
    r"[\s,()]*(?:(?:\((?:[^()]{0,30})\)|mellitus|type|1|i|patients?|disease|has|have|had|been|is|was|evolving|lasting|present|existing|known"
    r"|diagnosed|established|confirmed|definite|for|of|since|during|duration|with|a|an|the|clinical|history|entered|,|:|RR|SP|PP)\s?){0,8}\s?",
    re.IGNORECASE,
)


class _Duration(NamedTuple):
    """Months of the disease that let a person in, and from what they are counted."""

    limits: Limits
    since: str
    span: Span
    excluded: bool
    doubt: str
    group: str = ""


def durations_of(
    told: Iterable[tuple[Criterion, list[Named]]], about: frozenset[str], conditions: str
) -> Iterator[Label]:
    """A label for each length of disease.

    `told` are the criteria with their terms, `about` the groups of the study's diseases, `conditions` its conditions as
    text in lower case.
    """
    found: dict[tuple[float | None, float | None], tuple[_Duration, list[Span]]] = {}
    for criterion, terms in told:
        if criterion.of_others:
            continue
        for duration in _durations_in(criterion, terms, about, conditions):
            key = (_float(duration.limits.low), _float(duration.limits.high))
            if key in found:
                known, spans = found[key]
                spans.append(duration.span)
                # What holds for everybody holds for a group too.
                found[key] = (known._replace(group=of_both(known.group, duration.group)), spans)
            else:
                found[key] = (duration, [duration.span])
    united = _united(found)
    for (low, high), (duration, spans) in united.items():
        yield _label(low, high, duration, spans)


Found = dict[tuple[float | None, float | None], tuple[_Duration, list[Span]]]


def _united(found: Found) -> Found:
    """A lower limit from one criterion and an upper one from another are one range."""
    lows = [key for key in found if key[1] is None]
    highs = [key for key in found if key[0] is None]
    if len(found) == 2 and len(lows) == len(highs) == 1:
        low, high = lows[0][0], highs[0][1]
        (one, its), (other, others) = found[lows[0]], found[highs[0]]
        if low is not None and high is not None and low < high and (one.since, one.group) == (other.since, other.group):
            limits = one.limits._replace(high=other.limits.high, high_open=other.limits.high_open)
            return {(low, high): (one._replace(limits=limits, doubt=one.doubt or other.doubt), [*its, *others])}
    return found


def _durations_in(
    criterion: Criterion, terms: list[Named], about: frozenset[str], conditions: str
) -> Iterator[_Duration]:
    points = [term for term in terms if term.field in ("since", "named") or term.value == "new-onset"]
    if not points:
        return
    text = criterion.passage.text
    own = any(_is_own(term, about) for term in terms)
    times = [
        _in_months(limits)
        for limits in limits_in(_COMPARISON, text, criterion.start, criterion.end)
        if limits.unit and not _AN_AGE.search(text[limits.start : limits.end + 12])
    ]
    taken: set[int] = set()
    for point in points:
        for limits in times:
            if limits.start in taken or abs(limits.start - point.start) > _REACH:
                continue
            doubt = _belongs(criterion, point, limits, own, conditions)
            if doubt is None:
                continue
            duration = _turned(criterion, point, limits, doubt)
            if duration:
                taken.add(limits.start)
                yield duration
                break


def _is_own(term: Named, about: frozenset[str]) -> bool:
    """Whether the term names the disease of the study."""
    if term.field == "named":
        return term.value in about or (term.value == "diabetes" and any("diabetes" in disease for disease in about))
    return term.field == "phenotype" and term.value != "new-onset"


def _kind(point: Named) -> str:
    if point.value == "new-onset":
        return "diagnosis"
    return "named" if point.field == "named" else point.value


def _belongs(criterion: Criterion, point: Named, limits: Limits, own: bool, conditions: str) -> str | None:
    """None when the time is not counted from the point; otherwise the doubt about it, mostly empty."""
    text = criterion.passage.text
    kind = _kind(point)
    if criterion.excludes and not own and kind != "disease":
        return None
    bare = kind == "disease" and point.span.words.lower() in ("duration", "course")
    alone = (
        bare
        and not criterion.excludes
        and not text[criterion.start : point.start].strip(" \t*•-–.()0123456789①②③④⑤⑥⑦⑧⑨")
    )
    if bare and ((not own and not alone) or _DURATION_OF_STUDY.match(text, point.end)):
        return None
    if limits.end <= point.start:
        between = text[limits.end : point.start]
        # "Surgery with at least 3 months of evolution": what evolves stands farther before.
        before = 80 if point.span.words.lower() == "of evolution" else 30
        around = text[max(criterion.start, limits.start - before) : limits.start]
        fits = _time_before(kind, between, limits) or (
            kind == "named"
            and limits.written
            and _OF_DISEASE.fullmatch(between) is not None
            and _DISEASE_ENDS.match(text, point.end, criterion.end) is not None
        )
    elif limits.start >= point.end:
        between = text[point.end : limits.start]
        around = text[max(criterion.start, point.start - 25) : point.start]
        fits = _time_behind(kind, between) or (kind == "named" and _stands_at_once(criterion, point, limits))
    else:
        return None
    if not fits or any(_names_another(words, conditions) for words in (between, _last_clause(around))):
        return None
    if _COUNTED_FROM_ELSE.match(text, limits.end) or _AGE_AT.search(around):
        return None
    if _names_another(text[point.end : point.end + 30].split(",")[0], conditions) and kind not in (
        "named",
        "progression",
    ):
        return None
    if not limits.written:
        lone = limits.end <= point.start or kind in ("disease", "named", "progression")
        return "The time stands without an operator." if lone else None
    if alone and not own:
        return "The criterion does not say of what."
    return "Counted from a later stage of the disease." if kind == "progression" else ""


def _stands_at_once(criterion: Criterion, point: Named, limits: Limits) -> bool:
    """Whether a time stands right behind the disease, and no other word before or behind tells what lasts so long."""
    text = criterion.passage.text
    between = _AT_ONCE.fullmatch(_without_criteria(text[point.end : limits.start]))
    ranged = limits.low is not None and limits.high is not None
    return (
        limits.written
        and between is not None
        and not ((ranged or between["comma"]) and float(limits.low or limits.high or 0) >= _LEAST_AGE)
        and not (ranged and float(limits.high or 0) >= _MOST_DISEASE)
        and _ENDS.match(text, limits.end) is not None
        and not _RECENT.search(text, limits.start, limits.end)
        and not _OTHER.search(text, max(criterion.start, point.start - 60), point.start)
    )


def _without_criteria(between: str) -> str:
    """The words between a disease and a time without the criteria by which it was told: "RA (ACR 1987), > 1 year"."""
    found = _BY_CRITERIA.match(between)
    if not found or not _CRITERIA_NAMED.search(found.group()):
        return between
    return f"{', ' if ',' in found.group() else ' '}{between[found.end() :]}"


def _last_clause(words: str) -> str:
    return re.split(r"[,;(]", words)[-1]


def _time_before(kind: str, between: str, limits: Limits) -> bool:
    if kind == "disease":
        return _TIME_BEFORE_DURATION.fullmatch(between) is not None
    if kind in ("named", "progression"):
        return False
    pattern = _BEFORE if limits.written else _BARE_BEFORE
    return pattern.fullmatch(between) is not None


def _time_behind(kind: str, between: str) -> bool:
    if kind in ("named", "progression"):
        between = _without_criteria(between)
        return _LASTING.fullmatch(between) is not None and _LASTS.search(between + " ") is not None
    return len(between) <= _REACH and not _BREAKS.search(between)


def _names_another(words: str, conditions: str) -> bool:
    return any(found[0].lower() not in conditions for found in _OTHER.finditer(words))


def _turned(criterion: Criterion, point: Named, limits: Limits, doubt: str) -> _Duration | None:
    since = "disease" if point.field == "named" else _kind(point)
    kept = limits.turned() if criterion.keeps_out else limits
    if kept is None or not kept.whole:
        return None
    if not limits.written and criterion.keeps_out:
        return None
    span = criterion.span(min(point.start, limits.start), max(point.end, limits.end))
    return _Duration(kept, since, span, criterion.excludes, doubt, criterion.group)


def _float(number: str | None) -> float | None:
    return None if number is None else float(number)


def _in_months(limits: Limits) -> Limits:
    unit = limits.unit or ""
    low = None if limits.low is None else plain(months(limits.low, limits.low_unit or unit))
    high = None if limits.high is None else plain(months(limits.high, unit))
    return limits._replace(low=low, high=high)


def _label(low: float | None, high: float | None, duration: _Duration, spans: list[Span]) -> Label:
    limits = duration.limits
    if low is not None and high is not None:
        value = f"={plain(low)}" if low == high else f"{plain(low)}-{plain(high)}"
    elif low is not None:
        value = f">{'' if limits.low_open else '='}{plain(low)}"
    else:
        value = f"<{'' if limits.high_open else '='}{plain(high or 0)}"
    reason = "An exclusion names a length of disease; what is left is shown."
    detail = {"low_months": low, "high_months": high, "since": duration.since, "written": spans[0].words}
    return Label(
        "duration",
        value,
        "duration-in-exclusion" if duration.excluded else "duration-in-inclusion",
        duration.doubt or (reason if duration.excluded else "The criteria say how long ago the disease began."),
        evidence(spans),
        doubtful=bool(duration.doubt),
        detail=detail | {"of_group": duration.group} if duration.group else detail,
    )
