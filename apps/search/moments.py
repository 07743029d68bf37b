"""Which documents stood when: those of the present, or those that stood at the end of an earlier day (UTC).

A document stands from the moment at which it is published to the one at which another takes its place. What is
published at midnight belongs to the day that begins.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext

from apps.core.languages import day_words
from apps.search.models import StudyDocument
from apps.search.query import Problem

# What both tables have.
_COLUMNS = ", ".join(column.name for column in StudyDocument._meta.concrete_fields)
_PRESENT = "search_studydocument AS standing"
_PAST = f"""(
    SELECT {_COLUMNS} FROM search_studydocument WHERE published_from < {{end}}
    UNION ALL
    SELECT {_COLUMNS} FROM search_studydocumentpast WHERE published_from < {{end}} AND published_to >= {{end}}
) AS standing"""  # noqa: S608 (our own names alone)
_FIRST = """
SELECT min(moment AT TIME ZONE 'UTC')::date FROM (
    SELECT min(published_from) FROM search_studydocument
    UNION ALL
    SELECT min(published_from) FROM search_studydocumentpast
) AS first (moment)
"""


@dataclass(frozen=True, slots=True)
class Moment:
    """The end of a day, or (None) now."""

    day: dt.date | None = None

    @property
    def end(self) -> dt.datetime | None:
        """The midnight (UTC) after the day; None for now."""
        return None if self.day is None else dt.datetime.combine(self.day + dt.timedelta(days=1), dt.time(), dt.UTC)

    @property
    def documents(self) -> str:
        """What stands in FROM for the documents of this moment, one a study; their name there is `standing`."""
        return _PAST.format(end=f"'{self.end.isoformat()}'::timestamptz") if self.end else _PRESENT


NOW = Moment()


class OutsideHistory(Exception):
    """A day of which there is no list. Its text is a sentence that says what can be had instead.

    `first` is the first day that has a list, None where nothing was ever published; `last` is today. Both are UTC.
    """

    def __init__(self, day: dt.date, first: dt.date | None, last: dt.date) -> None:
        self.day, self.first, self.last = day, first, last
        super().__init__(self._sentence())

    @property
    def problem(self) -> Problem:
        return Problem("as_of", str(self.day), (f"{self.first or self.last} to {self.last}",), str(self))

    def _sentence(self) -> str:
        words = {"day": _told(self.day), "first": _told(self.first or self.last), "last": _told(self.last)}
        if self.first is None:
            return gettext("Nothing has been published here yet, so there is no list of another day.")
        if self.day < self.first:
            text = gettext(
                "Nothing had been published here by the end of %(day)s. The first list is that of %(first)s."
            )
            return text % words
        text = gettext("%(day)s is in the future. There are lists of every day from %(first)s to today, %(last)s.")
        return text % words


def moment_of(day: dt.date | None, version: int) -> Moment:
    """The moment for which a list `as_of` this day is asked: now for today. Raises OutsideHistory.

    One statement for another day than today, once a dataset version.
    """
    today = timezone.now().date()
    if day is None or day == today:
        return NOW
    first = _first_day(version)
    if first is None or not first <= day < today:
        raise OutsideHistory(day, first, today)
    return Moment(day)


@lru_cache(maxsize=4)
def _first_day(version: int) -> dt.date | None:
    """The day of the first publication, as known at this dataset version."""
    with connection.cursor() as cursor:
        cursor.execute(_FIRST)
        return cursor.fetchone()[0]


def _told(day: dt.date) -> str:
    return day_words(day)
