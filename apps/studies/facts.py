"""From the record to the row: which facts of a study are listed, filtered and compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from apps.studies.records import RegistryDate, StudyRecord

# Names of the two changes that are not facts of the record.
FIRST_SEEN, REGISTRY_STATE = "first_seen", "registry_state"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One fact that moved: JSON values before and after."""

    nct_id: str
    field: str
    old: Any
    new: Any


def facts_of(record: StudyRecord) -> dict[str, Any]:
    """The columns of `Study` that come from the record, by name: text, lists of text, a number or None."""
    protocol = record.protocol
    names, status, design = protocol.identification, protocol.status, protocol.design
    sponsors, locations = protocol.sponsor_collaborators, protocol.contacts_locations.locations
    return {
        "brief_title": names.brief_title or "",
        "official_title": names.official_title or "",
        "acronym": names.acronym or "",
        "study_type": design.study_type or "",
        "overall_status": status.overall_status or "",
        "last_known_status": status.last_known_status or "",
        "why_stopped": status.why_stopped or "",
        "phases": list(design.phases),
        "start_date": _date(status.start_date),
        "primary_completion_date": _date(status.primary_completion_date),
        "completion_date": _date(status.completion_date),
        "first_post_date": _date(status.study_first_post_date),
        "results_first_post_date": _date(status.results_first_post_date),
        "last_update_post_date": _date(status.last_update_post_date),
        "enrollment": record.enrollment,
        "enrollment_type": design.enrollment_info.type or "",
        "lead_sponsor": sponsors.lead_sponsor.name or "",
        "lead_sponsor_class": sponsors.lead_sponsor.class_ or "",
        "collaborators": [sponsor.name for sponsor in sponsors.collaborators if sponsor.name],
        "conditions": list(protocol.conditions.conditions),
        "keywords": list(protocol.conditions.keywords),
        "interventions": [item.name for item in protocol.arms_interventions.interventions if item.name],
        "countries": sorted({location.country for location in locations if location.country}),
        "primary_outcomes": [outcome.measure for outcome in protocol.outcomes.primary_outcomes if outcome.measure],
        "aliases": list(names.nct_id_aliases),
        "location_count": len(locations),
        "has_results": bool(record.has_results),
    }


def _date(value: RegistryDate) -> str:
    return (value.date or "")[:32]


# Every name that a change can have.
CHANGE_FIELDS = (FIRST_SEEN, REGISTRY_STATE, *facts_of(StudyRecord()))
