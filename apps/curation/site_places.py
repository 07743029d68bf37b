"""Where curators place sites: laid over registry and gazetteer for as long as the record names the site so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from apps.core.folding import fold
from apps.curation.models import SitePlace
from apps.search.sites import CURATOR, SiteEntry

# Of one site, by its key.
Placed = Mapping[str, SitePlace]


def key_of(site: SiteEntry) -> str:
    """What makes two records' words one site: case, accents and punctuation do not matter."""
    return fold("\n".join(_words(site)))


def told(site: SiteEntry) -> str:
    """The site as the record writes it."""
    return ", ".join(filter(None, _words(site)))


def placed_in(nct_ids: Iterable[str]) -> Mapping[str, Placed]:
    """Of each of these studies the sites that a curator has placed. One statement."""
    found: defaultdict[str, dict[str, SitePlace]] = defaultdict(dict)
    for item in SitePlace.objects.filter(nct_id__in=list(nct_ids)):
        found[item.nct_id][item.key] = item
    return found


def laid_over_sites(sites: Sequence[SiteEntry], placed: Placed) -> list[SiteEntry]:
    """The sites as they are published."""
    if not placed:
        return list(sites)
    rows = []
    for site in sites:
        item = placed.get(key_of(site))
        rows.append(replace(site, lat=item.lat, lon=item.lon, placed=CURATOR) if item else site)
    return rows


def _words(site: SiteEntry) -> tuple[str, ...]:
    return site.facility, site.city, site.state, site.country
