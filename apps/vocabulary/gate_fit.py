"""Whether what a person typed lies within the limits that a record sets: fits, does not fit, or a question to ask.

Nothing here decides who may join. Where a limit can be read in two ways, or what was typed leaves it open, the answer
is "ask": "does not fit" is said only where no reading of both lets the person in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from apps.vocabulary.card_values import limits

Fit = Literal["fits", "does-not-fit", "ask"]
FITS: Fit = "fits"
DOES_NOT_FIT: Fit = "does-not-fit"
ASK: Fit = "ask"

MOST_YEARS = 120
DAYS_IN_A_MONTH = 30.44
_MONTHS = {"y": 12.0, "m": 1.0, "w": 7 / DAYS_IN_A_MONTH, "d": 1 / DAYS_IN_A_MONTH}
_TIME = re.compile(
    r"(\d{1,4}(?:[.,]\d{1,2})?)\s*"
    r"(years?|yrs?|y|months?|mos?|m|weeks?|wks?|w|days?|d|a[nñÑ]os?|mes(?:es)?|semanas?|d[iíÍ]as?)?",
    re.ASCII | re.IGNORECASE,
)
# The first letter of a unit, where it is not that of the English one: año, semana.
_UNITS = {"a": "y", "s": "w"}


@dataclass(frozen=True, slots=True)
class Time:
    """How long ago something was, as people say it: at least `low` months and less than `high`."""

    number: str
    unit: str
    low: float
    high: float

    @property
    def years(self) -> float:
        return self.low / 12


def read_time(text: str) -> Time | None:
    """ "2", "2 years", "18 months", "6 weeks", "10 d", "2 años"; a number alone counts years. None for anything else.

    Who says "2 years" means two and less than three, who says "1.5 years" eighteen months and less than nineteen.
    """
    found = _TIME.fullmatch(text.strip())
    if not found:
        return None
    number, letter = found[1].replace(",", "."), (found[2] or "y").lower()[0]
    unit = _UNITS.get(letter, letter)
    size = _MONTHS[unit]
    low = float(number) * size
    step = size if float(number).is_integer() else min(size, 1.0)
    return Time(number, unit, low, low + step) if low <= MOST_YEARS * 12 else None


def age_fit(value: str, age: int) -> Fit:
    """Limits in years ("18-55", "6m-") against an age in completed years. "Up to 55" lets a person of 55 in."""
    found = limits(value)
    if found is None:
        return ASK
    low, high = found
    lowest = FITS if age >= low else DOES_NOT_FIT if age + 1 <= low else ASK
    highest = FITS if age + 1 <= high or age == high else DOES_NOT_FIT if age > high else ASK
    return _both(lowest, highest)


def sex_fit(value: str, sex: str) -> Fit:
    """all, female or male against female or male."""
    if value not in {"all", "female", "male"}:
        return ASK
    return FITS if value in {"all", sex} else DOES_NOT_FIT


def duration_fit(value: str, time: Time, since: str = "diagnosis") -> Fit:
    """Limits in months ("<=36", ">12", "6-60") against the time since the diagnosis; the record counts from `since`.

    Who says "6 months" may mean a day less: against "less than 6 months" that is a question. An illness begins before
    it is named, so a time counted from anything but the diagnosis may be longer than typed.
    """
    found = limits(value)
    if found is None:
        return ASK
    low, high = found
    above = value.startswith(">") and not value.startswith(">=")
    lowest = FITS if time.low > low or (time.low == low and not above) else DOES_NOT_FIT if time.high <= low else ASK
    highest = FITS if time.high <= high else DOES_NOT_FIT if time.low > high else ASK
    if since != "diagnosis" and lowest == DOES_NOT_FIT:
        lowest = ASK
    if since not in {"diagnosis", "disease"} and highest == FITS and high != float("inf"):
        highest = ASK
    return _both(lowest, highest)


def of_several(fits: Iterable[Fit], *, doubtful: bool = False) -> Fit:
    """One answer to several values of a field, which may be of parts of a trial; a doubtful reading is to be asked."""
    told = set(fits)
    return told.pop() if len(told) == 1 and not doubtful else ASK


def _both(one: Fit, other: Fit) -> Fit:
    if DOES_NOT_FIT in {one, other}:
        return DOES_NOT_FIT
    return FITS if one == other == FITS else ASK
