"""For how long participants are followed after treatment: the longest time that the record tells of, in months."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from apps.classification.rules.cards.comparisons import SPELLED, months, number, plain
from apps.classification.rules.cards.material import Material, Outcome
from apps.classification.rules.labels import Label
from apps.classification.rules.quoting import Span, evidence
from apps.classification.rules.reading import Place

_UNIT = r"hours?|hrs?|days?|weeks?|weeds?|wks?|months?|monthes|moths?|mths?|mos?|years?|yrs?"
# Thirty years; what is longer is another number.
_LONGEST = 360
_NUMBER = rf"(?:\d{{1,4}}(?:[.,]\d{{1,2}})?|\b(?:{SPELLED}|half an?)\b)"
# "28 +/- 3 days", "3rd month", "twenty-four (24) months", "5-year", "12m".
_BEFORE_UNIT = (
    rf"(?<![\w.,])(?P<number>{_NUMBER})(?:\s?\(\d{{1,4}}\))?"
    r"(?:\s?\(?(?:±|\+\s?/?\s?-|plus or minus)\s?\d{1,3}\)?)?(?:st|nd|rd|th)?\.?"
    rf"(?:[\s\-‑]{{0,3}}(?P<unit>{_UNIT})\b|(?P<letter>[dwmy])\b(?!\s?(?:walk|/)))"
)
# "Weeks 4, 12 and 52", "day 28", "M12".
# A number with a unit of its own behind it is no part of such a list.
_ITEM = rf"\d{{1,4}}(?:\.\d)?(?![\d.]|[\s\-]{{0,2}}(?:{_UNIT})\b)"
_BEHIND_UNIT = (
    rf"\b(?P<ahead>days?|weeks?|months?|years?)\s{{0,2}}#?(?P<list>{_ITEM}"
    rf"(?:\s?(?:,|、|，|/|;|&|-|–|±|and|or|to|through|till|until){{1,2}}\s?(?:and\s|or\s)?{_ITEM}){{0,30}})"
    r"|\b(?P<initial>[DWMY])-?(?P<code>\d{1,4})\b"
)
_TIME = re.compile(rf"(?:{_BEFORE_UNIT})|(?:{_BEHIND_UNIT})", re.IGNORECASE)
_CODE_LETTERS = frozenset("DWMY")

# Times of something else: of the past, of a rhythm, of life.
_LEADS_ASTRAY = re.compile(
    r"\b(?:every|each|prior|previous|past|preceding|last|older than|younger than|age[ds]?(?: of)?|once a|per"
    r"|stable for|history of)\s(?:the\s)?(?:\d{1,2}\s?(?:-|–|to)\s?)?$",
    re.IGNORECASE,
)
_TURNS_ASTRAY = re.compile(
    r"[\s\-)]*(?:prior\b|before\b|preceding|ago\b|of[\s-]age|old\b|of life|PMA|post-?\s?menstrual|corrected|gestation"
    r"|intervals?\b"
    r"|apart\b|urine|urinary|survival rate in|half-?life)",
    re.IGNORECASE,
)
# What is measured here is the work of the study, over the years that it runs, not a participant's fate.
_OF_THE_STUDY = re.compile(
    r"\b(?:feasib\w*|recruitment|enrol\w+ rate|rate of enrol\w*|number of (?:eligible|screened|enrol\w*|recruited)"
    r"|accrual|manufactur\w*)\b",
    re.IGNORECASE,
)

_FOLLOW = re.compile(
    r"\b(?:(?P<followed>follow(?:ed|s)?[\s-]?ups?|followed|followups?|seen (?=monthly|weekly|every|each|regularly))"
    r"|(?P<called>(?:tele)?phone(?:d|\s(?:calls?|contacts?|interviews?|visits?))?)"
    r"|monitor(?:ed|ing)|observed|examined?|assess(?:ed|ments?)|evaluat(?:ed|ions?)|visits?)\b",
    re.IGNORECASE,
)
_NOT_PARTICIPANTS = re.compile(
    r"\b(?:duration of (?:the |this )?(?:study|trial)"
    r"|(?:study|trial|project)(?:['’]s)? (?:(?:total |overall |planned )?[\w.]{1,8}[\s-](?:month|year|week)s?[\s-])?"
    r"(?:duration|period|length|will last|lasts)|total duration"
    r"|recruit\w*|enrol(?:l)?ment|accrual|previous(?:ly)?|earlier|literature|reported|published|pilot|results? of"
    r"|(?:have|has) (?:shown|been(?! (?:started|initiated|begun|given|completed)\b))|were|was"
    r"|median|mean|retrospective\w*|overall study)\b",
    re.IGNORECASE,
)
# "Every month for the entire duration of the trial (2 years)": here that duration is how long people are looked at.
_THROUGHOUT = re.compile(
    r"\b(?:for|throughout|during|over)\s(?:the\s)?(?:entire|whole|full|complete)\s(?:duration|length|course|period)\sof\s"
    r"(?:the|this)\s(?:study|trial)\s?[(,:]\s?(?=\d)",
    re.IGNORECASE,
)
# "Admitted to the in-patient service for 3-5 days": days in a hospital bed are part of the treatment.
_IN_HOSPITAL = re.compile(
    r"\b(?:admi(?:tted|ssion)\b|hospitali[sz]\w*|in-?patients?\b|(?:stay|remain|kept|held)\w*\s(?:[\w-]+\s){0,3}?hospital"
    r"|hospital\s(?:stay|for)|stays?\sin\s(?:the\s)?(?:hospital|clinic|ward))(?:(?!\band\b)[^.;,\d]){0,50}?"
    r"\b(?:for|of|is|be|lasts?)\s(?:(?:the|a|an|about|approximately|around|at|least|up|to|total|of|first)\s){0,4}"
    r"(?:[\d.]{1,4}\s?(?:-|–|to)\s?)?$",
    re.IGNORECASE,
)
_HOSPITAL_REACH = 100
# One thing after another.
_FOLLOWED_BY = re.compile(
    r"followed by (?!(?:the |a |an |their )?(?:(?:study|trial|treating|local|same) )?"
    r"(?:team|phone|telephone|x-?ray|MRI|exam|visit|doctors?\b|physicians?\b|nurses?\b|investigators?\b|clinicians?\b"
    r"|specialists?\b|(?:rheumat|neur|nephr|haemat|hemat|endocrin|diabet|gastroenter|dermat|cardi)ologists?\b))",
    re.IGNORECASE,
)
# Between words of following and the time.
_GAP = 90
# No text of people speaks of following so often.
_MOST_MENTIONS = 100
# Names and time frames of outcomes are short; of what is longer the beginning is read, in code points.
_SHORT = 1000
_TEXTS = frozenset({Place.TITLE, Place.ARM, Place.DESCRIPTION})
_IN_WORDS = re.compile(
    r"\b(?:at|up to|upto|until|till|through|throughout|over|for|within|during|by|after|and|,)\s(?:the\s)?"
    r"(?:first\s|next\s|following\s)?$",
    re.IGNORECASE,
)

# "Change from baseline to week 24".
_FROM_BASELINE = re.compile(
    r"\b(?:baseline|day 0|inclusion|enrol?lment)(?:\s?\([^()]{0,20}\))?"
    r"\s(?:to|until|through|up to|and|at|vs\.?|versus)\s(?:the\s)?$",
    re.IGNORECASE,
)
# The name of an outcome without a time frame: "HbA1c at 12 months".
_AT = re.compile(r"\b(?:at|until|through|up to|by)\s(?:the\s)?$", re.IGNORECASE)

_AND = re.compile(r"\s?(?:,|and|&|or|,\sand)\s", re.IGNORECASE)


class _Time(NamedTuple):
    """A time in months at [start, end) of a text."""

    months: float
    start: int
    end: int


class _Told(NamedTuple):
    months: float
    span: Span


def extract_follow_up(material: Material) -> Iterator[Label]:
    """One label of the scheme follow_up: the longest time; doubtful where only words beside the time frames tell it."""
    frames = list(_in_time_frames(material.outcomes))
    texts = [*_in_measures(material.outcomes), *_in_texts(material), *_in_participation(material)]
    longest = max(frames, default=None, key=lambda told: told.months)
    beside = max(texts, default=None, key=lambda told: told.months)
    target = _target_duration(material)
    if target and (longest is None or target.months > longest.months):
        yield _label(target, [], "target-duration", "The registry's field for the time over which each is followed.")
    elif longest and (beside is None or beside.months <= longest.months * 1.05):
        same = [told for told in frames if told.months == longest.months]
        yield _label(longest, same[1:], "longest-time-frame", "The longest time frame of the outcomes.")
    elif beside and longest:
        reason = "A text tells of a longer time than the time frames of the outcomes."
        yield _label(beside, [longest], "longer-in-text", reason, doubtful=beside.months > 3 * longest.months)
    elif beside:
        yield _label(
            beside, [], "time-in-text", "No outcome has a time frame; a text tells how long people are followed."
        )


def _label(told: _Told, others: list[_Told], rule: str, reason: str, *, doubtful: bool = False) -> Label:
    return Label(
        "follow_up",
        plain(told.months),
        rule,
        reason,
        evidence([told.span, *(other.span for other in others)]),
        doubtful=doubtful,
        detail={"months": told.months, "written": told.span.words},
    )


def _in_time_frames(outcomes: Iterable[Outcome]) -> Iterator[_Told]:
    for outcome in outcomes:
        if outcome.time_frame and not _OF_THE_STUDY.search(outcome.measure):
            for time in times_in(outcome.time_frame, 0, _SHORT):
                yield _Told(time.months, Span(f"{outcome.path}.timeFrame", outcome.time_frame, time.start, time.end))


def _in_measures(outcomes: Iterable[Outcome]) -> Iterator[_Told]:
    """Times in the words of an outcome, where they say when it is measured."""
    for outcome in outcomes:
        if _OF_THE_STUDY.search(outcome.measure):
            continue
        for name, text in (("measure", outcome.measure), ("description", outcome.description)):
            before: _Time | None = None
            for time in times_in(text, 0, _SHORT):
                at = _AT if name == "measure" and not outcome.time_frame else None
                if _is_of_measuring(text, time, at) or (before and _AND.fullmatch(text, before.end, time.start)):
                    yield _Told(time.months, Span(f"{outcome.path}.{name}", text, time.start, time.end))
                    before = time


def _is_of_measuring(text: str, time: _Time, at: re.Pattern[str] | None) -> bool:
    lead = text[max(0, time.start - 45) : time.start]
    if _FROM_BASELINE.search(lead) or (at and at.search(lead)):
        return True
    return _IN_WORDS.search(lead) is not None and _AFTER.match(text, time.end) is not None


_AFTER = re.compile(
    r"[^.;\d]{0,25}\b(?:after|post|following|follow[\s-]?up)\b|\s?(?:visit|time[\s-]?points?)\b", re.IGNORECASE
)


def _in_texts(material: Material) -> Iterator[_Told]:
    """Times beside words of following participants, in titles, arms and descriptions."""
    for passage in material.passages:
        if passage.place not in _TEXTS:
            continue
        for found in islice(_FOLLOW.finditer(passage.text), _MOST_MENTIONS):
            low, high = _sentence(passage.text, found.start(), found.end())
            if throughout := _THROUGHOUT.search(passage.text, found.end(), high):
                for time in times_in(passage.text, throughout.end(), high):
                    if time.start == throughout.end():
                        yield _Told(time.months, passage.span(time.start, time.end))
            if _NOT_PARTICIPANTS.search(passage.text, low, high) or _FOLLOWED_BY.match(passage.text, found.start()):
                continue
            called = found["called"] and _SAFETY.search(passage.text, low, high)
            treated = found["followed"] or called or _TREATED.search(passage.text, low, high)
            for time in times_in(passage.text, low, high) if treated else ():
                if abs(time.start - found.start()) < _GAP and not _is_in_hospital(passage.text, low, time.start):
                    yield _Told(time.months, passage.span(time.start, time.end))


def _is_in_hospital(text: str, low: int, at: int) -> bool:
    return _IN_HOSPITAL.search(text, max(low, at - _HOSPITAL_REACH), at) is not None


# A call is a visit where it asks how people are.
_SAFETY = re.compile(
    r"\b(?:safety|adverse|side effects?|toxicit\w+|malignanc\w+|survival|follow|extension|health|visits?)", re.I
)
# "Total participation is 30 months", "each patient takes part for 3 years".
_PARTICIPATION = re.compile(
    r"\b(?:participation|time in (?:the|this) (?:study|trial)|(?:takes?|taking) part(?: in (?:the|this) (?:study"
    r"|trial))?"
    r"|(?:remains?|stays?|participates?) in (?:the|this) (?:study|trial))\b(?: (?:of|in|for) (?:each|every|a|an"
    r"|one|the|this)(?: (?:single|individual))?"
    r" (?:patient|participant|subject|person|study|trial))?\s?(?:(?:is|lasts?|will|be|last|of|for|about"
    r"|approximately|up|to|over|at|least|a|total"
    r"|maximum|:|in|all)\s?){1,5}$",
    re.IGNORECASE,
)
_PARTICIPATION_CUE = re.compile(
    r"\bparticipation\b|\btime in\b|\btak(?:es?|ing) part\b|\b(?:remain|stay|participate)s? in (?:the|this) "
    r"(?:study|trial)\b",
    re.IGNORECASE,
)
_PARTICIPATION_REACH = 70


def _in_participation(material: Material) -> Iterator[_Told]:
    """For how long one takes part, where the record says just that."""
    for passage in material.passages:
        if passage.place not in _TEXTS:
            continue
        for found in islice(_PARTICIPATION_CUE.finditer(passage.text), _MOST_MENTIONS):
            for time in times_in(passage.text, found.end(), found.end() + _PARTICIPATION_REACH):
                if _PARTICIPATION.search(passage.text[found.start() : time.start]):
                    yield _Told(time.months, passage.span(time.start, time.end))


_TREATED = re.compile(
    r"\b(?:after|post|following)[\s-](?:\w+\s){0,4}(?:infusion|transplant\w*|injection|treatment|therapy|procedure"
    r"|administration|implantation|graft\w*|surgery|operation|HSCT|AHSCT|randomi[sz]ation)\b",
    re.IGNORECASE,
)
_STOP = re.compile(r"[.;]\s|\n")


def _sentence(text: str, start: int, end: int) -> tuple[int, int]:
    low = max(0, start - 160)
    for stop in _STOP.finditer(text, low, start):
        low = stop.end()
    stopped = _STOP.search(text, end, min(len(text), end + 160))
    return low, stopped.start() if stopped else min(len(text), end + 160)


def _target_duration(material: Material) -> _Told | None:
    """The field of patient registries for how long each participant is followed."""
    text = material.record.protocol.design.target_duration
    if not text:
        return None
    path = "protocolSection.designModule.targetDuration"
    return max((_Told(time.months, Span(path, text, time.start, time.end)) for time in times_in(text)), default=None)


def times_in(text: str, start: int = 0, end: int | None = None) -> Iterator[_Time]:
    """Every time in [start, end) of the text that may follow a treatment; of a list the longest."""
    stop = len(text) if end is None else min(end, len(text))
    for found in _TIME.finditer(text, start, stop):
        length = _length(found)
        astray = _LEADS_ASTRAY.search(text, max(start, found.start() - 25), found.start()) or _TURNS_ASTRAY.match(
            text, found.end(), stop
        )
        if length and length <= _LONGEST and not astray:
            yield _Time(length, found.start(), found.end())


def _length(found: re.Match[str]) -> float | None:
    if found["number"]:
        words = found["number"].lower()
        unit = found["unit"] or found["letter"]
        return months(0.5 if words.startswith("half") else number(words), unit.lower())
    if found["code"]:
        return months(found["code"], found["initial"]) if found["initial"] in _CODE_LETTERS else None
    values = [float(value) for value in re.findall(r"\d+(?:\.\d)?", re.sub(r"±\s?\d+", "", found["list"]))]
    return months(max(values), found["ahead"])
