"""Sites of published documents for tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from apps.search.documents import DocumentEntry
from apps.search.indexer import index_sites
from apps.search.sites import SiteEntry
from tests.factories.documents import publish

# Degrees.
TOWNS: Mapping[str, tuple[float, float, str]] = {
    "Valencia": (39.47391, -0.37966, "ES"),
    "Madrid": (40.4165, -3.70256, "ES"),
    "Barcelona": (41.38879, 2.15899, "ES"),
    "Florence": (43.77925, 11.24626, "IT"),
    "Berlin": (52.52437, 13.41053, "DE"),
    "Shenzhen": (22.54554, 114.0683, "CN"),
}


def site(town: str, **changes: Any) -> dict[str, Any]:
    """A recruiting site with the registry's own position, but for the changes; a town not listed is not placed."""
    lat, lon, country = TOWNS.get(town, (None, None, ""))
    values = {"facility": f"Hospital of {town}", "city": town, "country": country, "status": "RECRUITING"}
    return values | {"lat": lat, "lon": lon, "placed": "registry" if town in TOWNS else ""} | changes


def publish_with_sites(trials: Iterable[tuple[DocumentEntry, Sequence[Mapping[str, Any]]]]) -> None:
    """Documents with their sites: pairs of both."""
    pairs = list(trials)
    publish(*(entry for entry, _sites in pairs))
    entries = [SiteEntry(entry.nct_id, at, **told) for entry, sites in pairs for at, told in enumerate(sites)]
    index_sites([entry.nct_id for entry, _sites in pairs], entries)
