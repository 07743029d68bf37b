"""Reading for people who look for a trial to join: which may still take people, and how far their sites are.

The documents are one statement, and the sites two more where a place is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
from django.db import connection, transaction

from apps.search.bitmaps import BitmapIndex, index_at
from apps.search.models import StudyDocument
from apps.search.selectors import documents_for

# What takes in nobody more. Whatever else a record says, or does not say, may be asked about.
CLOSED: tuple[str, ...] = (
    "ACTIVE_NOT_RECRUITING",
    "COMPLETED",
    "TERMINATED",
    "WITHDRAWN",
    "NO_LONGER_AVAILABLE",
    "APPROVED_FOR_MARKETING",
)

# Where someone is does not stand in the statement that reads: PostgreSQL logs a statement that fails or is stopped.
_HERE = """
SELECT set_config('finder.lat', %s, true), set_config('finder.lon', %s, true), set_config('finder.radius', %s, true)
"""
# earth_distance gives metres, along great circles of the sphere that `apps.vocabulary.places` reckons with.
_SITES = """
WITH here AS MATERIALIZED (
    SELECT ll_to_earth(current_setting('finder.lat')::float8, current_setting('finder.lon')::float8) AS spot,
        current_setting('finder.radius')::float8 AS radius
), site AS (
    SELECT search_studysite.*, radius,
        CASE WHEN placed <> '' THEN earth_distance(ll_to_earth(lat, lon), spot) / 1000 END AS km
    FROM search_studysite, here WHERE nct_id = ANY(%(ids)s)
), told AS (
    SELECT *, json_build_array(facility, city, country, status, placed, km) AS words FROM site
)
SELECT nct_id, count(*), count(*) FILTER (WHERE km <= radius),
    (array_agg(words ORDER BY km, status <> 'RECRUITING', number) FILTER (WHERE km IS NOT NULL))[1]::text,
    (array_agg(words ORDER BY km, number) FILTER (WHERE km IS NOT NULL AND status = 'RECRUITING'))[1]::text,
    (array_agg(words ORDER BY number) FILTER (WHERE km IS NULL))[:%(most)s]::text[],
    count(*) FILTER (WHERE km IS NULL)
FROM told GROUP BY nct_id
"""
# So many of the sites that could not be placed are told by name.
_MOST_UNPLACED = 5


@dataclass(frozen=True, slots=True)
class Site:
    """A site and its distance in kilometres; None for one that could not be placed.

    `placed` is registry, gazetteer or curator: from what its position is known.
    """

    facility: str
    city: str
    country: str
    status: str
    placed: str
    km: float | None


@dataclass(frozen=True, slots=True)
class Sites:
    """The sites of a study from where someone is. `near` are within the radius; `unplaced` names the first few."""

    total: int = 0
    near: int = 0
    nearest: Site | None = None
    nearest_recruiting: Site | None = None
    unplaced: Sequence[Site] = ()
    unplaced_total: int = 0


NO_SITES = Sites()


@dataclass(frozen=True, slots=True)
class Found:
    """Studies that may take people, the last updated first, and how many of the same kind take in nobody more."""

    version: int
    documents: list[StudyDocument]
    closed: int
    sites: Mapping[str, Sites] = field(default_factory=dict)


def studies_to_join(
    *,
    version: int,
    disease: str = "",
    cell_type: str = "",
    country: str = "",
    point: tuple[float, float] | None = None,
    radius_km: float = 0.0,
) -> Found:
    """Studies in scope by these values of the filters; "" asks for all.

    A study whose record names no country stays in the list of every country. `point` is latitude and longitude.
    """
    index = index_at(version)
    bits = index.of_scopes(["in_scope"])
    for parameter, value in (("disease", disease), ("cell_type", cell_type)):
        if value:
            bits &= index.having(parameter, [value])
    if country:
        bits &= index.having("country", [country]) | _without(index, "country")
    closed = bits & index.having("status", CLOSED)
    documents = documents_for(index.members(bits & ~closed))
    # A record that the registry has dropped recruits nobody, whatever it said last.
    listed = [document for document in documents if document.registry_state != "gone"]
    ids = [document.nct_id for document in listed]
    sites = sites_from(ids, point, radius_km) if point and ids else {}
    return Found(version, listed, closed.bit_count() + len(documents) - len(listed), sites)


def _without(index: BitmapIndex, parameter: str) -> int:
    return index.everything & ~index.having(parameter, index.values[parameter])


def sites_from(nct_ids: Sequence[str], point: tuple[float, float], radius_km: float) -> dict[str, Sites]:
    """The sites of these studies from a point; a study whose record names none is left out. Two statements."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_HERE, [repr(float(number)) for number in (*point, radius_km)])
        cursor.execute(_SITES, {"ids": list(nct_ids), "most": _MOST_UNPLACED})
        return {
            nct_id: Sites(total, near, _site(nearest), _site(recruiting), tuple(map(_told, unplaced or ())), without)
            for nct_id, total, near, nearest, recruiting, unplaced, without in cursor.fetchall()
        }


def _site(told: str | None) -> Site | None:
    return _told(told) if told else None


def _told(told: str) -> Site:
    return Site(*msgspec.json.decode(told))


def countries_with_studies(version: int) -> list[str]:
    """The countries of all studies in scope: codes, and names of those that have no code."""
    index = index_at(version)
    listed = index.of_scopes(["in_scope"])
    return [country for country, bits in index.values["country"].items() if bits & listed]
