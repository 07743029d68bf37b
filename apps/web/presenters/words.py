"""Dates, numbers, ages and the registry's words, as people read them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.core.dates import PartialDate
from apps.core.languages import RegistryText, day_words, english_html, month_words
from apps.core.markdown import plain_text, render_markdown
from apps.studies.records import RegistryDate
from apps.vocabulary.statuses import label_for, plain_case

ONLY_WATCHES = gettext_lazy("This study watches people. It does not decide how they are treated.")

_AGE = re.compile(r"\s*(\d+)\s+(Year|Month|Week|Day|Hour|Minute)s?\s*", re.IGNORECASE)
_MINUTE = re.compile(r"(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})(?::\d{2})?")

# Statuses by which a reader may think of joining. Sponsors must look over their records once in twelve months
# (42 CFR 11.64), so an open trial whose record nobody has touched for longer may not be open any more.
OPEN = {"RECRUITING", "NOT_YET_RECRUITING", "ENROLLING_BY_INVITATION", "AVAILABLE"}
OLD = dt.timedelta(days=365)

# Closed lists of the registry that only this page shows.
_PAGE_LABELS = {
    "relevance": {"LOW": gettext_lazy("Low"), "HIGH": gettext_lazy("High")},
    "unposted_event": {
        "RELEASE": gettext_lazy("Results sent to the registry"),
        "UNRELEASE": gettext_lazy("Results withdrawn by the sponsor before posting"),
        "RESET": gettext_lazy("Results returned to the sponsor for changes"),
    },
    "violation_event": {
        "VIOLATION_IDENTIFIED": gettext_lazy("The FDA identified a violation"),
        "CORRECTION_CONFIRMED": gettext_lazy("The FDA confirmed a correction"),
        "PENALTY_IMPOSED": gettext_lazy("A penalty was imposed"),
        "ISSUES_IN_LETTER_ADDRESSED_CONFIRMED": gettext_lazy(
            "The FDA confirmed that the issues in its letter are addressed"
        ),
    },
}


def label(kind: str, word: str | None) -> str:
    """The label of a word from a closed list; plain case for one that is not listed, "" for None."""
    if not word:
        return ""
    if kind in _PAGE_LABELS:
        return str(_PAGE_LABELS[kind].get(word) or plain_case(word))
    return str(label_for(kind, word))


def labels(kind: str, words: Iterable[str]) -> str:
    """Labels of several words, joined by commas."""
    return ", ".join(label(kind, word) for word in words if word)


def prose(text: str | None) -> SafeString | str:
    """A long text of the registry as safe HTML; "" for None."""
    return english_html(render_markdown(text)) if text else ""


def line(text: str | None) -> str:
    """A short text of the registry as it reads; "" for None."""
    return RegistryText(plain_text(text)) if text else ""


def day(date: dt.date) -> str:
    """A day in full: 3 May 2026."""
    return day_words(date)


def date_words(raw: str | None) -> str:
    """A registry date in full, as exactly as the record knows it: 3 May 2026, May 2026, 2026; else the text itself."""
    if not raw:
        return ""
    if minute := _MINUTE.fullmatch(raw):
        return f"{date_words(minute[1])}, {minute[2]}"
    try:
        date = PartialDate.parse(raw)
    except ValueError:
        return raw
    if date.precision == "day":
        return day(date.earliest)
    if date.precision == "month":
        return month_words(date.earliest)
    return str(date.earliest.year)


def dated(date: RegistryDate) -> str:
    """A date with its type in words: May 2026 (planned)."""
    words, kind = date_words(date.date), date_kind(date.type)
    return f"{words} ({kind})" if words and kind else words


def date_kind(kind: str | None) -> str:
    """ACTUAL or ESTIMATED as one word; a new word in plain case."""
    if kind == "ESTIMATED":
        return _("planned")
    return label("date_type", kind)


def ago(date: dt.date, today: dt.date) -> str:
    """How long ago a day was, to the nearest sensible unit; "" for a day to come."""
    days = (today - date).days
    if days < 0:
        return ""
    if days == 0:
        return _("today")
    if days < 60:
        return ngettext("%(n)s day ago", "%(n)s days ago", days) % {"n": days}
    months = (today.year - date.year) * 12 + today.month - date.month - (today.day < date.day)
    if months < 24:
        return ngettext("%(n)s month ago", "%(n)s months ago", months) % {"n": months}
    years = months // 12
    return ngettext("%(n)s year ago", "%(n)s years ago", years) % {"n": years}


def old_though_open(status: str | None, updated: PartialDate | None, today: dt.date) -> str:
    """How long ago the record of an open trial was last updated when that is more than a year, else ""."""
    if status not in OPEN or updated is None or today - updated.latest <= OLD:
        return ""
    return ago(updated.latest, today)


def number(value: int | None) -> str:
    """A whole number with its thousands apart: 1,148."""
    if value is None:
        return ""
    return str(value) if -1000 < value < 1000 else str(number_format(value, force_grouping=True))


def file_size(size: int | None) -> str:
    """A file's size to two figures or so: 842 kB, 1.2 MB."""
    if size is None:
        return ""
    if size < 1_000_000:
        return _("%(size)s kB") % {"size": number(max(1, round(size / 1000)))}
    return _("%(size)s MB") % {"size": number_format(round(size / 1_000_000, 1), decimal_pos=1)}


def yes_no(value: bool | None) -> str:
    """Yes, No, or "" where the record does not say."""
    return "" if value is None else _("Yes") if value else _("No")


def age_words(minimum: str | None, maximum: str | None) -> str:
    """The age range of the people: 18 to 55 years, 18 years and over, up to 6 months; "" where the record sets none."""
    low, high = _age(minimum), _age(maximum)
    if low and high:
        if low[1] == high[1]:
            return _("%(low)s to %(high)s") % {"low": low[0], "high": _years(*high)}
        return _("%(low)s to %(high)s") % {"low": _years(*low), "high": _years(*high)}
    if low:
        return _("%(age)s and over") % {"age": _years(*low)}
    if high:
        return _("up to %(age)s") % {"age": _years(*high)}
    return " – ".join(text for text in (minimum, maximum) if text and text != "N/A")


def _age(text: str | None) -> tuple[int, str] | None:
    match = _AGE.fullmatch(text or "")
    return (int(match[1]), match[2].lower()) if match else None


def _years(n: int, unit: str) -> str:
    forms = {
        "year": ngettext("%(n)s year", "%(n)s years", n),
        "month": ngettext("%(n)s month", "%(n)s months", n),
        "week": ngettext("%(n)s week", "%(n)s weeks", n),
        "day": ngettext("%(n)s day", "%(n)s days", n),
        "hour": ngettext("%(n)s hour", "%(n)s hours", n),
        "minute": ngettext("%(n)s minute", "%(n)s minutes", n),
    }
    return forms[unit] % {"n": n}


def outside(url: str | None, text: str = "") -> SafeString | str:
    """A link out of the site that search engines do not follow; text alone where the address is no web address."""
    address = line(url).strip()
    shown = text or address
    try:
        parts = urlsplit(address)
    except ValueError:
        return shown
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        return f"{shown} ({address})" if text and address else shown
    return format_html('<a href="{}" rel="nofollow noopener">{}</a>', address, shown)
