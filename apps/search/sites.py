"""The sites of a study as they are published: where each lies, and from what that is known. Pure, no database.

Contacts of a site are personal data and stay on the trial's page: nothing here reads them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from apps.studies.records import GeoPoint, Location, StudyRecord
from apps.vocabulary.countries import country_code
from apps.vocabulary.places import place_in_record

# From what a position is known; "" for a site that cannot be placed.
REGISTRY, GAZETTEER, CURATOR, NOT_PLACED = "registry", "gazetteer", "curator", ""
# Characters of each text of a site; no record comes near.
_MOST = 1000


@dataclass(frozen=True, slots=True)
class SiteEntry:
    """One site: the columns of `StudySite`, in the record's own order. Degrees; both None where it is not placed."""

    nct_id: str
    number: int
    facility: str = ""
    city: str = ""
    state: str = ""
    country: str = ""
    status: str = ""
    lat: float | None = None
    lon: float | None = None
    placed: str = NOT_PLACED


def build_sites(record: StudyRecord) -> Sequence[SiteEntry]:
    """The sites that a record names, each placed by its own coordinates, else by city and country."""
    locations = record.protocol.contacts_locations.locations
    return tuple(_entry(record.nct_id, number, location) for number, location in enumerate(locations))


def _entry(nct_id: str, number: int, location: Location) -> SiteEntry:
    country = country_code(location.country) or location.country or ""
    city, state = (location.city or "")[:_MOST], (location.state or "")[:_MOST]
    lat, lon, placed = _position(location.geo_point, city, state, country)
    facility = (location.facility or "")[:_MOST]
    status = (location.status or "")[:_MOST]
    return SiteEntry(nct_id, number, facility, city, state, country[:_MOST], status, lat, lon, placed)


def _position(point: GeoPoint, city: str, state: str, country: str) -> tuple[float | None, float | None, str]:
    if point.lat is not None and point.lon is not None and abs(point.lat) <= 90 and abs(point.lon) <= 180:
        return point.lat, point.lon, REGISTRY
    place = place_in_record(city, state, country) if city and country else None
    return (place.lat, place.lon, GAZETTEER) if place else (None, None, NOT_PLACED)
