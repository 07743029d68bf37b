"""How fresh a record is, in words: when it was confirmed and updated, whether its planned dates have passed.

Dates of the registry are often months: a month counts as its last day where we say that something is long ago or has
passed, so that nothing is called older than it may be.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.core.dates import PartialDate
from apps.web.presenters.words import OLD, OPEN, ago, date_words

# Statuses of a trial that has not ended, so that a planned end may pass.
_UNDER_WAY = OPEN | {"ACTIVE_NOT_RECRUITING", "SUSPENDED", "UNKNOWN", "TEMPORARILY_NOT_AVAILABLE"}


@dataclass(frozen=True, slots=True)
class Dates:
    """What freshness is read from; a date that the record lacks, or that is none, is None."""

    confirmed: PartialDate | None = None
    updated: PartialDate | None = None
    start: PartialDate | None = None
    end: PartialDate | None = None
    started: bool = False
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Freshness:
    """Sentences, and the advice that follows from them; `stale`: what the record says may not be so any more."""

    sentences: tuple[str, ...]
    advice: str
    stale: bool


def freshness(status: str | None, dates: Dates, today: dt.date) -> Freshness:
    """What can be said of a record with this status and these dates. Pure: the day is given."""
    under_way, may_join = status in _UNDER_WAY, status in OPEN or status == "UNKNOWN"
    said = [_confirmed(status, dates.confirmed, today), _updated(dates.updated, today)]
    passed = False
    if under_way:
        late_start = _is_over(dates.start, today) and status == "NOT_YET_RECRUITING" and not dates.started
        late_end = _is_over(dates.end, today) and not dates.ended
        if late_start:
            said.append(_("The planned start, %(date)s, has passed.") % {"date": _words(dates.start)})
        if late_end:
            said.append(_("The planned end, %(date)s, has passed.") % {"date": _words(dates.end)})
        if dates.end is None:
            said.append(_("The record gives no planned end."))
        passed = late_start or late_end
    old = _is_old(dates.confirmed, today) or _is_old(dates.updated, today)
    unsaid = dates.confirmed is None and dates.updated is None
    stale = status == "UNKNOWN" or (under_way and (old or unsaid or passed))
    advice = ""
    if stale and may_join:
        advice = _("Much may have changed since. Call or write to the trial's team before you travel.")
    elif stale:
        advice = _("Much may have changed since.")
    return Freshness(tuple(said), advice, stale)


def _confirmed(status: str | None, date: PartialDate | None, today: dt.date) -> str:
    if status == "UNKNOWN":
        return _("The registry calls the status unknown: no one has confirmed it for two years or more.")
    if date is None:
        return _("The record does not say when the sponsor last confirmed it.")
    if date.earliest > today:
        return _("The record says that the sponsor confirmed it in %(date)s. That day is still to come.") % {
            "date": _words(date)
        }
    return _("The sponsor last confirmed this record %(ago)s.") % {"ago": _ago(date, today)}


def _updated(date: PartialDate | None, today: dt.date) -> str:
    if date is None:
        return _("The record does not say when it was last updated.")
    if date.earliest > today:
        return _("Its last update has the date %(date)s. That day is still to come.") % {"date": _words(date)}
    return _("It was last updated %(ago)s.") % {"ago": _ago(date, today)}


def _ago(date: PartialDate, today: dt.date) -> str:
    """How long ago, from the last day that the date can mean; the month or year itself while it lasts."""
    if date.latest >= today and date.precision != "day":
        return _("this month") if date.precision == "month" else _("this year")
    return ago(date.latest, today)


def _is_over(date: PartialDate | None, today: dt.date) -> bool:
    return date is not None and date.latest < today


def _is_old(date: PartialDate | None, today: dt.date) -> bool:
    return date is not None and today - date.latest > OLD


def _words(date: PartialDate | None) -> str:
    return date_words(date.raw) if date else ""


def row_remark(status: str, main_end: str, today: dt.date) -> str:
    """What a row adds to the day of its last change: that nobody confirms the status, or that a planned day is over.

    `main_end` is the registry's text of the last visit for the main result; one that is no date says nothing.
    """
    if status == "UNKNOWN":
        return _("not confirmed for two years or more")
    try:
        over = status in OPEN and _is_over(PartialDate.parse(main_end), today)
    except ValueError:
        return ""
    return _("planned day of the main result has passed") if over else ""
