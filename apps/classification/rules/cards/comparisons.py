"""Limits as criteria write them: "at least 3", "between 3,0 and 6,5", "2 years or more", "> 7% but < 12%"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

# A point, a decimal comma or a middle dot before decimals; commas between thousands.
_DIGITS = r"(?<![\w.,·])(?:[1-9]\d{0,2}(?:,\d{3})+(?![\d,])|\d{1,6}(?:[.,·٫]\d{1,3})?|\.\d{1,3})(?![\d%％]?\d)"
_WORDS = {
    "half a": 0.5, "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "fifteen": 15, "sixteen": 16, "eighteen": 18,
    "twenty": 20,
    "twenty-four": 24, "thirty": 30, "thirty-six": 36, "forty-eight": 48, "fifty-two": 52, "sixty": 60, "ninety": 90,
}  # fmt: skip
# Numbers in words, as alternatives of a pattern; the longest first.
SPELLED = "|".join(sorted(_WORDS, key=len, reverse=True))
_SPELLED_PATTERN = rf"\b(?:{SPELLED})\b(?:\s?\(\s?\d{{1,3}}\s?\))?"

# The registry's texts are markdown, so a sign may stand behind a backslash.
_GE = (
    r"\\?[>＞]\s?(?:\\?=|/\s?\\?=|or\s?\\?=)|\\?=\s?\\?[>＞]|[≥≧⩾](?:\s?\\?=)?|&ge;|\\?[>＞]\s?or equal to"
    r"|(?:greater|higher|more|larger|superior|above|over|older|longer)(?: than| to)?,? (?:or|and/or) (?:equals?|egal)"
    r"(?: to| than)?"
    r"|equals?(?: to)? or (?:greater|higher|more|superior|above|larger|over|longer|older)(?: than| to)?"
    r"|(?:at least|(?:a )?minimum(?: of)?|min\.?)(?: of)?"
    r"|no[tn]?(?: be| have been)? (?:less|fewer|lower|smaller|younger|shorter) than|not (?:be )?(?:below|under)"
    r"|starting (?:from|at)|since"
)
_LE = (
    r"\\?[<＜]\s?(?:\\?=|/\s?\\?=|or\s?\\?=)|\\?=\s?\\?[<＜]|[≤≦⩽](?:\s?\\?=)?|&le;|\\?[<＜]\s?or equal to"
    r"|(?:less|lower|inferior|smaller|fewer|below|under|shorter|younger)(?: than| to)?,? (?:or|and/or) (?:equals?|egal)"
    r"(?: to| than)?"
    r"|equals?(?: to)? or (?:less|lower|inferior|below|fewer|smaller|shorter|under|younger)(?: than| to)?"
    r"|at (?:the )?most|(?:a )?max(?:imum|imal|\.)?(?: of)?|up to"
    r"|no[tn]?(?: be| have been)? (?:more|greater|higher|larger|longer|older|later) than"
    r"|(?:not|cannot) (?:be )?(?:exceed(?:ing)?|above|over)"
    r"|(?:with)?in (?:the )?(?:last|past|previous|preceding|first)|(?:during|over) the (?:last|past|previous|preceding)"
    r"|within|until"
)
_GT = (
    r"\\?[>＞]|&gt;|(?:greater|higher|more|larger|longer|older|superior)(?: than| to)"
    r"|above|over|exceed(?:s|ing)?|in excess of|beyond"
)
_LT = r"\\?[<＜]|&lt;|(?:less|lower|fewer|smaller|shorter|younger|inferior)(?: than| to)|below|under"
_SIGN = rf"(?:{_GE}|{_LE}|{_GT}|{_LT})"
# "3 or more"; "3, and less than 6" begins another limit.
_NO_SIGN = r"\b(?!\s(?:than|or equal))"
_AFTER_GE = (
    rf"(?:,\s?|\s|-)?(?:or|and)\s(?:more|greater|higher|above|over|larger|longer|older|worse|up(?:ward)?s?){_NO_SIGN}"
    r"|\s?\+(?!\s?/)"
)
_AFTER_LE = rf"(?:,\s?|\s|-)?(?:or|and)\s(?:less|lower|fewer|below|under|shorter|younger|better|smaller){_NO_SIGN}"
_DASH = r"-|–|—|~|‐|‑|−|－|～|_|to|until|till|through|up to"

# Where a comparison can begin at all; spares trying the rest at every letter.
_BEGINS = (
    r"(?=[\d.\\<>＜＞≥≤≦≧⩾⩽=&]|\b(?:betw|from|rang|grea|high|more|larg|supe|abov|over|olde|long|equal|at\s|a\s|mini|min\b|max"
    r"|n[o]|star|less|lowe|infe|smal|fewe|belo|unde|shor|youn|up\s|in\s|with|duri|unti|exce|beyo|since|cann))"
)
_KINDS = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in ((">=", _GE), ("<=", _LE), (">", _GT)))

TIME_UNIT = r"(?:days?|weeks?|wks?|months?|mos?|mths?|years?|yrs?|hours?|hrs?)\b\.?"
_MONTHS_A = {"h": 1 / (24 * 30.4), "d": 1 / 30.4, "w": 1 / 4.345, "m": 1.0, "y": 12.0}


class Limits(NamedTuple):
    """What a comparison allows, as it stands at [start, end): numbers as text with a point, None for no limit.

    `written` is false where a lone number stands without an operator; it is `low` and `high` then. `unit` is the unit
    as written, or None; `low_unit` that of the lower number where it differs.
    """

    low: str | None
    high: str | None
    low_open: bool
    high_open: bool
    unit: str | None
    start: int
    end: int
    written: bool = True
    low_unit: str | None = None

    def turned(self) -> Limits | None:
        """What is left when this keeps people out: beyond the limit. None where that is two separate ranges."""
        if self.low is None or self.high is None:
            return self._replace(low=self.high, high=self.low, low_open=not self.high_open, high_open=not self.low_open)
        if float(self.low) > float(self.high):
            return self._replace(low=self.high, high=self.low, low_open=not self.high_open, high_open=not self.low_open)
        if float(self.low) == 0:
            return self._replace(low=self.high, high=None, low_open=not self.high_open)
        return None

    @property
    def whole(self) -> bool:
        """Whether the limits leave room between them."""
        return self.low is None or self.high is None or float(self.low) <= float(self.high)


@cache
def comparison(unit: str, *, spelled: bool = False) -> re.Pattern[str]:
    """The pattern of a comparison with a unit behind its numbers; `spelled` also reads numbers in words."""
    number = rf"(?:{_DIGITS}|{_SPELLED_PATTERN})" if spelled else _DIGITS
    gap = r"[\s\-‑]{0,3}(?:\(inclusive\)\s)?"
    begins = rf"(?:{_BEGINS}|(?=\b(?:{'|'.join(sorted({word[:3] for word in _WORDS}))})))" if spelled else _BEGINS
    return re.compile(
        rf"{begins}(?:(?:(?:between|from|within|ranging(?: from| between)?|ranges?d?(?: of| from| between|:)?)\s{{1,2}}"
        rf"(?:the ages of\s|ages?\s)?(?P<a1>{number}){gap}(?P<ua1>{unit})?(?:\s(?:of age|old))?"
        rf"\s{{0,2}}(?:{_DASH}|and|&)\s{{0,2}}(?:the\s)?(?P<b1>{number}){gap}(?P<ub1>{unit})?)"
        rf"|(?P<oa2>\\?[<>≥≤]\s?\\?=?\s?)?(?P<a2>{number}){gap}(?P<ua2>{unit})?\s{{0,2}}(?:{_DASH})\s{{0,2}}"
        rf"(?P<ob2>\\?[<≤]\s?\\?=?\s?)?(?P<b2>{number}){gap}(?P<ub2>{unit})?"
        rf"|(?P<o3>{_SIGN})\s{{0,2}}(?:of\s|the\s|than\s|to\s)?(?P<a3>{number}){gap}(?P<ua3>{unit})?"
        rf"(?P<p3>{_AFTER_GE}|{_AFTER_LE})?"
        rf"(?:\s?(?:years?\s)?(?:of age|old)?\s?[,/]?\s{{0,2}}(?:and|but|or|to|until|&|-|–)?"
        rf"(?:\s(?:age|is|are|be))?\s{{0,2}}"
        rf"(?P<o4>{_SIGN})\s{{0,2}}(?:of\s|to\s)?(?P<b3>{number}){gap}(?P<ub3>{unit})?)?"
        rf"|(?P<a5>{number}){gap}(?P<ua5>{unit})?(?:\spoints?)?(?P<p5>{_AFTER_GE}|{_AFTER_LE})?)",
        re.IGNORECASE,
    )


def limits_in(pattern: re.Pattern[str], text: str, start: int, end: int) -> Iterator[Limits]:
    """The comparisons in [start, end) of the text, from left to right."""
    for found in pattern.finditer(text, start, end):
        limits = _limits(found)
        if limits:
            yield limits


def _limits(found: re.Match[str]) -> Limits | None:
    part = found.groupdict()
    place = found.span()
    for a, b in (("a1", "b1"), ("a2", "b2")):
        if part[a]:
            unit = part["u" + b] or part["u" + a]
            low_open = bool(part["oa2"]) and _kind(part["oa2"]) == ">"
            high_open = bool(part["ob2"]) and _kind(part["ob2"]) == "<"
            return Limits(
                number(part[a]), number(part[b]), low_open, high_open, unit, *place, low_unit=part["u" + a] or unit
            )
    if part["a5"]:
        value, unit = number(part["a5"]), part["ua5"]
        if part["p5"]:
            return _one(_after(part["p5"]), value, unit, place)
        return Limits(value, value, False, False, unit, *place, written=False)
    first = _one(_kind(part["o3"]), number(part["a3"]), part["ub3"] or part["ua3"], place)
    if not part["o4"]:
        return first
    second = _one(_kind(part["o4"]), number(part["b3"]), part["ub3"] or part["ua3"], place)
    if first.low and second.high:
        return first._replace(high=second.high, high_open=second.high_open, low_unit=part["ua3"])
    if first.high and second.low:
        return second._replace(high=first.high, high_open=first.high_open)
    return first


def _one(kind: str, value: str, unit: str | None, place: tuple[int, int]) -> Limits:
    if kind.startswith(">"):
        return Limits(value, None, kind == ">", False, unit, *place)
    return Limits(None, value, False, kind == "<", unit, *place)


def _kind(sign: str) -> str:
    sign = sign.strip()
    return next((kind for kind, pattern in _KINDS if pattern.fullmatch(sign)), "<")


def _after(words: str) -> str:
    return ">=" if re.fullmatch(_AFTER_GE, words, re.IGNORECASE) else "<="


def number(written: str) -> str:
    """The number as text with a point: "3,0" -> "3.0", "100,000" -> "100000", "six (6)" -> "6"."""
    word = written.lower().split("(")[0].strip()
    if word in _WORDS:
        return str(_WORDS[word])
    if re.fullmatch(r"[1-9]\d{0,2}(?:,\d{3})+", written):
        return written.replace(",", "")
    plain = re.sub(r"[,·٫]", ".", written)
    return "0" + plain if plain.startswith(".") else plain


def months(value: str | float, unit: str) -> float:
    """A length of time in months, to one decimal: a year 12, a week 1/4.345, a day 1/30.4."""
    exact = float(value) * _MONTHS_A[unit.strip().lower()[0]]
    return round(exact, 1) if exact >= 0.05 else round(exact, 2)


def plain(value: float) -> str:
    """A number without a needless ".0"."""
    return f"{value:g}"
