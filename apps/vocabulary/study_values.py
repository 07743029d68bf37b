"""What a list can be narrowed by beside diseases, cells and the card: values and bands of fields of any record.

Pure: a record's words, numbers and dates in, slugs out. A date of the registry may be a month; what a month leaves open
is said to be open and never guessed.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.core.dates import PartialDate
from apps.vocabulary import statuses
from apps.vocabulary.card_values import NOT_STATED

_NOT_STATED: Mapping[str, Promise] = {NOT_STATED: _("Not stated in the registry")}

ALLOCATIONS: Mapping[str, Promise] = {
    "RANDOMIZED": _("Randomised"),
    "NON_RANDOMIZED": _("Not randomised"),
    "NA": _("Not applicable, as with one group"),
    **_NOT_STATED,
}

MASKINGS: Mapping[str, Promise] = {**statuses.MASKINGS, **_NOT_STATED}

WHO_MASKED: Mapping[str, Promise] = {
    "PARTICIPANT": _("Participants"),
    "CARE_PROVIDER": _("Care providers"),
    "INVESTIGATOR": _("Investigators"),
    "OUTCOMES_ASSESSOR": _("Outcomes assessors"),
    **_NOT_STATED,
}

CONTROLLED: Mapping[str, Promise] = {
    "true": _("A group without the cells, or with them later"),
    "false": _("Everybody gets the cells"),
    **_NOT_STATED,
}
# Values of the card's field `comparator`: what a group gets that is followed at the same time without the cells.
CONTROLS = frozenset(
    {"placebo", "sham", "standard-care", "active-drug", "no-treatment", "delayed-treatment", "unspecified"}
)

# Numbers of people, from and up to (both in).
_ENROLLMENTS: Mapping[str, tuple[int, int | None, Promise]] = {
    "0": (0, 0, _("Nobody")),
    "1-to-9": (1, 9, _("1 to 9")),
    "10-to-19": (10, 19, _("10 to 19")),
    "20-to-49": (20, 49, _("20 to 49")),
    "50-to-99": (50, 99, _("50 to 99")),
    "100-to-499": (100, 499, _("100 to 499")),
    "500-or-more": (500, None, _("500 or more")),
}
ENROLLMENTS: Mapping[str, Promise] = {**{word: band[2] for word, band in _ENROLLMENTS.items()}, **_NOT_STATED}

AGE_GROUPS: Mapping[str, Promise] = {
    "CHILD": _("Children (up to 17)"),
    "ADULT": _("Adults (18 to 64)"),
    "OLDER_ADULT": _("Older adults (65 and over)"),
    **_NOT_STATED,
}

PUBLICATIONS: Mapping[str, Promise] = {
    "RESULT": _("Results, named by the sponsor"),
    "DERIVED": _("Found by the registry"),
    "none": _("None linked"),
}

FDA_REGULATED: Mapping[str, Promise] = {
    "drug": _("Yes, as a drug or biological product"),
    "device": _("Yes, as a device"),
    "no": _("No"),
    **_NOT_STATED,
}

# The latest day for the registration of a trial under 42 CFR 11.24(a), counted from the first person who joins. The
# journals of the ICMJE want it by then. Both count from the day on which the record was first sent to the registry.
REGISTRATION_DAYS = 21
REGISTRATIONS: Mapping[str, Promise] = {
    "before-start": _("Before the start, or on its day"),
    "within-21-days": _("Up to 21 days after the start"),
    "over-21-days": _("More than 21 days after the start"),
    "after-start": _("After the start; by how long cannot be told"),
    "cannot-be-told": _("Before or after cannot be told"),
}

# Days between a record's last update and the newest update in the data, up to (in).
_UPDATES: Mapping[str, tuple[float, Promise]] = {
    "30-days": (30, _("In the last 30 days")),
    "6-months": (182, _("1 to 6 months ago")),
    "1-year": (365, _("6 to 12 months ago")),
    "2-years": (730, _("1 to 2 years ago")),
    "older": (float("inf"), _("More than 2 years ago")),
}
UPDATES: Mapping[str, Promise] = {**{word: name for word, (_most, name) in _UPDATES.items()}, **_NOT_STATED}

_YEAR = re.compile(r"[0-9]{4}")


def enrollment_band(count: int | None) -> str:
    """The band of a number of people; `not-stated` for None."""
    if count is None or count < 0:
        return NOT_STATED
    bands = _ENROLLMENTS.items()
    return next(word for word, (low, high, _name) in bands if low <= count and (high is None or count <= high))


def start_year(raw: str) -> str:
    """The year of a registry date, `not-stated` for a text that is none."""
    date = _partial(raw)
    return f"{date.earliest.year:04d}" if date else NOT_STATED


def read_year(text: str) -> str | None:
    """A year as a reader types it, or `not-stated`; None for any other text."""
    word = text.strip().casefold().replace("_", "-").replace(" ", "-")
    return word if word == NOT_STATED or (_YEAR.fullmatch(word) and word.isascii()) else None


def fda_regulated(drug: bool | None, device: bool | None) -> tuple[str, ...]:
    """What the record says of the U.S. Food and Drug Administration. One "no" without the other leaves it open."""
    if drug or device:
        return (*(("drug",) if drug else ()), *(("device",) if device else ()))
    return (NOT_STATED,) if drug is None or device is None else ("no",)


def controlled(comparators: Collection[str]) -> str:
    """Whether a group is followed without the cells, from the values of the card's field `comparator`."""
    if not comparators:
        return NOT_STATED
    return "true" if CONTROLS.intersection(comparators) else "false"


def publications(types: Sequence[str]) -> tuple[str, ...]:
    """The kinds of publication that a record links, from the types of its references; background is none of them."""
    return tuple(word for word in PUBLICATIONS if word in types) or ("none",)


def registration_timing(first_submitted: str, start: str) -> str:
    """When the record was first sent to the registry, seen from the start of the trial; dates as the registry has them.

    Each date is an interval of days. A band is given only where all days of both intervals agree on it.
    """
    sent, begun = _partial(first_submitted), _partial(start)
    if sent is None or begun is None:
        return "cannot-be-told"
    least, most = (sent.earliest - begun.latest).days, (sent.latest - begun.earliest).days
    if most <= 0:
        return "before-start"
    if least <= 0:
        return "cannot-be-told"
    if most <= REGISTRATION_DAYS:
        return "within-21-days"
    return "over-21-days" if least > REGISTRATION_DAYS else "after-start"


def newest_day(dates: Collection[str]) -> dt.date | None:
    """The newest day that stands in full among these registry dates; None where there is none."""
    days = [date.earliest for raw in dates if (date := _partial(raw)) and date.precision == "day"]
    return max(days, default=None)


def update_bands(raw: str, newest: dt.date | None) -> tuple[str, ...]:
    """The bands of a last update, counted back from `newest`; a month stands in every band that it reaches into."""
    date = _partial(raw)
    if date is None or newest is None:
        return (NOT_STATED,)
    least, most = (newest - date.latest).days, (newest - date.earliest).days
    ends = [-float("inf"), *(most_days for most_days, _name in _UPDATES.values())]
    return tuple(
        word for word, (start, end) in zip(_UPDATES, pairwise(ends), strict=True) if least <= end and most > start
    )


def _partial(raw: str) -> PartialDate | None:
    try:
        return PartialDate.parse(raw)
    except ValueError:
        return None
