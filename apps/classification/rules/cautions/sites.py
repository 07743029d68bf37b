"""Whether the only site of a trial is the sponsor's own, by its name alone."""

from __future__ import annotations

import re

from apps.classification.rules.cautions.found import Caution, whole
from apps.core.folding import fold
from apps.studies.records import StudyRecord

_SPONSOR = "protocolSection.sponsorCollaboratorsModule.leadSponsor.name"
_PART = re.compile(r"\s*[,;/()]\s*|\s+[-–—]\s+")


def sponsor_site(record: StudyRecord) -> Caution | None:
    """Both names, where all that the record lists is one site and this bears the sponsor's whole name."""
    sponsor = record.protocol.sponsor_collaborators.lead_sponsor.name or ""
    locations = record.protocol.contacts_locations.locations
    places = {(normalised(site.facility or ""), normalised(site.city or "")) for site in locations}
    facility = (locations[0].facility or "") if locations else ""
    if len(places) != 1 or not same_name(sponsor, facility):
        return None
    path = "protocolSection.contactsLocationsModule.locations[0].facility"
    return Caution("sponsor-site", (whole(_SPONSOR, sponsor), whole(path, facility)))


def same_name(sponsor: str, facility: str) -> bool:
    """Whether the facility has the sponsor's name, or names it whole between commas, brackets or dashes.

    "Cell Centre, University of Jordan" is the University of Jordan's. "Mayo Clinic in Florida" is not taken for the
    "Mayo Clinic", nor one legal form for another: what differs is not the same.
    """
    wanted = normalised(sponsor)
    return bool(wanted) and wanted in {normalised(facility), *map(normalised, _PART.split(facility))}


def normalised(name: str) -> str:
    """A name in small letters without accents, punctuation or a leading "the"; "&" as "and"."""
    words = fold(name.replace("&", " and ").replace("'", "").replace("’", "")).split()
    return " ".join(words[1:] if words[:1] == ["the"] and len(words) > 1 else words)
