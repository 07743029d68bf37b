"""Who runs the studies: lead sponsors with their counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from apps.search.moments import NOW, Moment

# Orders of the list, as SQL. Names are compared without accents and case.
SORTS = {
    "-studies": "studies DESC, {name}, sponsor, sponsor_class",
    "studies": "studies, {name}, sponsor, sponsor_class",
    "name": "{name}, sponsor, sponsor_class",
    "-name": "{name} DESC, sponsor DESC, sponsor_class DESC",
}
_NAME = 'lower(unaccent(sponsor)) COLLATE "C"'
# A record that the registry has dropped keeps its last status, and nobody is recruited by it.
_RECRUITS = "overall_status = 'RECRUITING' AND registry_state <> 'gone'"


@dataclass(frozen=True, slots=True)
class SponsorCount:
    """A lead sponsor and how many of the studies are its own. A study of both kinds of cell counts in both."""

    sponsor: str
    sponsor_class: str
    studies: int
    recruiting: int
    msc: int
    hsc: int


@dataclass(frozen=True, slots=True)
class SponsorPage:
    """One page; `count` is of sponsors on all pages."""

    count: int
    sponsors: list[SponsorCount]


def sponsors_of(
    nct_ids: Sequence[str], *, name: str, sort: str, start: int, number: int, moment: Moment = NOW
) -> SponsorPage:
    """The lead sponsors that these studies had at that moment, whose name contains `name`, by an order of `SORTS`.

    One statement.
    """
    pattern = "%" + name.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    values: dict[str, Any] = {"ids": list(nct_ids), "pattern": pattern, "start": start, "number": number}
    order = SORTS[sort].format(name=_NAME)
    sql = f"""
        WITH counted AS MATERIALIZED (
            SELECT sponsor, sponsor_class, count(*) AS studies, count(*) FILTER (WHERE {_RECRUITS}) AS recruiting,
                count(*) FILTER (WHERE 'msc' = ANY(cell_types)) AS msc,
                count(*) FILTER (WHERE 'hsc' = ANY(cell_types)) AS hsc
            FROM {moment.documents}
            WHERE nct_id = ANY(%(ids)s) AND sponsor <> '' AND unaccent(sponsor) ILIKE unaccent(%(pattern)s)
            GROUP BY sponsor, sponsor_class
        )
        SELECT (SELECT count(*) FROM counted), page.* FROM (SELECT 1) AS one LEFT JOIN LATERAL (
            SELECT * FROM counted ORDER BY {order} OFFSET %(start)s LIMIT %(number)s
        ) AS page ON true
        ORDER BY {order}
    """  # noqa: S608 (our own names alone)
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows = cursor.fetchall()
    return SponsorPage(rows[0][0], [SponsorCount(*told) for _count, *told in rows if told[0] is not None])
