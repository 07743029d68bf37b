"""What a list says of the day that it is of."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone

from apps.search.moments import NOW
from apps.search.selectors import Results
from apps.web.views.addresses import Addresses
from apps.web.views.site import day


@dataclass(frozen=True, slots=True)
class AsOf:
    """`day` in words and `asked` as 2026-03-01, both "" for the present list; `is_today` where that day is not over.

    `today` is as `asked`, in UTC.
    """

    day: str
    asked: str
    is_today: bool
    today: str
    present_href: str


def as_of(results: Results, links: Addresses) -> AsOf:
    query = results.query
    return AsOf(
        day=day(query.as_of) if query.as_of else "",
        asked=str(query.as_of or ""),
        is_today=query.as_of is not None and results.moment == NOW,
        today=str(timezone.now().date()),
        present_href=links.beside(query.changed(as_of=None)),
    )
