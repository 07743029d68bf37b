"""Partial dates: the registry often knows only the month.

A partial date is an interval of days. Conventions differ between tools (first or last day of the month), so both ends
are kept and each caller says which it means: the earliest day for "has begun", the latest for "is overdue".
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass
from typing import Literal

Precision = Literal["year", "month", "day"]
_PATTERN = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date as the registry wrote it, `YYYY`, `YYYY-MM` or `YYYY-MM-DD`; the first and last day that it can mean."""

    raw: str
    precision: Precision
    earliest: dt.date
    latest: dt.date

    @classmethod
    def parse(cls, raw: str) -> PartialDate:
        """Read `raw`; ValueError says what was wrong when it is no such date."""
        match = _PATTERN.fullmatch(raw.strip())
        if not match:
            raise ValueError(f"{raw!r} is not a date of the form YYYY, YYYY-MM or YYYY-MM-DD")
        year, month, day = (int(part or 0) for part in match.groups())
        try:
            if match[3]:
                exact = dt.date(year, month, day)
                return cls(raw, "day", exact, exact)
            if match[2]:
                return cls(
                    raw, "month", dt.date(year, month, 1), dt.date(year, month, calendar.monthrange(year, month)[1])
                )
            return cls(raw, "year", dt.date(year, 1, 1), dt.date(year, 12, 31))
        except (ValueError, calendar.IllegalMonthError) as error:
            raise ValueError(f"{raw!r} is not a date in the calendar: {error}") from None
