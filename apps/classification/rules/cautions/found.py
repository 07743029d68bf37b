"""What a rule of caution gives."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from apps.classification.rules.labels import Evidence
from apps.core.dates import PartialDate


@dataclass(frozen=True, slots=True)
class Caution:
    """A kind of `apps.vocabulary.cautions`, the words of the record that it rests on, and what was reckoned from them.

    It holds from the day `since` on; None: whatever the day.
    """

    kind: str
    evidence: tuple[Evidence, ...]
    since: dt.date | None = None
    facts: Mapping[str, str | int] = field(default_factory=dict)

    def holds(self, day: dt.date) -> bool:
        return self.since is None or self.since <= day


def whole(path: str, text: str) -> Evidence:
    """A short text of the record as a quote."""
    return Evidence(path, 0, len(text), text)


def date_of(text: str | None) -> PartialDate | None:
    """A registry date; None where there is none, or none that can be read."""
    try:
        return PartialDate.parse(text or "")
    except ValueError:
        return None


def years_after(day: dt.date, years: int) -> dt.date:
    """The same day so many years later; 1 March for a 29 February that has none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return dt.date(day.year + years, 3, 1)
