"""Small made-up study records in the shape of API v2, valid unless a test makes them otherwise."""

from __future__ import annotations

import copy
import datetime as dt
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.ctgov_emulator.registry import set_at

_FIRST_DAY = dt.date(2000, 1, 1)
FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "studies"

_BASE: dict[str, Any] = {
    "protocolSection": {
        "identificationModule": {
            "nctId": "NCT90000000",
            "orgStudyIdInfo": {"id": "TEST-1"},
            "organization": {"fullName": "Test Institute", "class": "OTHER"},
            "briefTitle": "Mesenchymal Stem Cells in Multiple Sclerosis",
            "officialTitle": "A Made-up Trial of Mesenchymal Stem Cells in People With Multiple Sclerosis",
        },
        "statusModule": {
            "statusVerifiedDate": "2025-03",
            "overallStatus": "RECRUITING",
            "expandedAccessInfo": {"hasExpandedAccess": False},
            "startDateStruct": {"date": "2024-05-02", "type": "ACTUAL"},
            "primaryCompletionDateStruct": {"date": "2027-06", "type": "ESTIMATED"},
            "completionDateStruct": {"date": "2027-12", "type": "ESTIMATED"},
            "studyFirstSubmitDate": "2024-04-01",
            "studyFirstSubmitQcDate": "2024-04-03",
            "studyFirstPostDateStruct": {"date": "2024-04-05", "type": "ACTUAL"},
            "lastUpdateSubmitDate": "2025-03-10",
            "lastUpdatePostDateStruct": {"date": "2025-03-12", "type": "ACTUAL"},
        },
        "sponsorCollaboratorsModule": {
            "responsibleParty": {"type": "SPONSOR"},
            "leadSponsor": {"name": "Test Institute", "class": "OTHER"},
        },
        "oversightModule": {"oversightHasDmc": True, "isFdaRegulatedDrug": False, "isFdaRegulatedDevice": False},
        "descriptionModule": {"briefSummary": "Cells are given once and people are followed for a year."},
        "conditionsModule": {"conditions": ["Multiple Sclerosis"], "keywords": ["mesenchymal stem cells"]},
        "designModule": {
            "studyType": "INTERVENTIONAL",
            "phases": ["PHASE1", "PHASE2"],
            "designInfo": {
                "allocation": "RANDOMIZED",
                "interventionModel": "PARALLEL",
                "primaryPurpose": "TREATMENT",
                "maskingInfo": {"masking": "DOUBLE", "whoMasked": ["PARTICIPANT", "OUTCOMES_ASSESSOR"]},
            },
            "enrollmentInfo": {"count": 40, "type": "ESTIMATED"},
        },
        "armsInterventionsModule": {
            "armGroups": [
                {
                    "label": "Cells",
                    "type": "EXPERIMENTAL",
                    "description": "One infusion.",
                    "interventionNames": ["Biological: Mesenchymal stem cells"],
                },
                {"label": "Placebo", "type": "PLACEBO_COMPARATOR", "interventionNames": ["Other: Saline"]},
            ],
            "interventions": [
                {
                    "type": "BIOLOGICAL",
                    "name": "Mesenchymal stem cells",
                    "description": "Bone marrow mesenchymal stem cells, 1x10\\^6/kg, intravenously.",
                    "armGroupLabels": ["Cells"],
                    "otherNames": ["MSC"],
                },
                {"type": "OTHER", "name": "Saline", "armGroupLabels": ["Placebo"]},
            ],
        },
        "outcomesModule": {
            "primaryOutcomes": [{"measure": "Adverse events", "description": "Any grade.", "timeFrame": "12 months"}],
            "secondaryOutcomes": [{"measure": "EDSS", "timeFrame": "12 months"}],
        },
        "eligibilityModule": {
            "eligibilityCriteria": "Inclusion Criteria:\n\n* EDSS 3.0 to 6.5\n\nExclusion Criteria:\n\n* Pregnancy",
            "healthyVolunteers": False,
            "sex": "ALL",
            "minimumAge": "18 Years",
            "maximumAge": "60 Years",
            "stdAges": ["ADULT"],
        },
        "contactsLocationsModule": {
            "centralContacts": [
                {"name": "Test Contact", "role": "CONTACT", "phone": "+00 000 0000", "email": "contact@example.org"}
            ],
            "overallOfficials": [
                {"name": "Test Official, MD", "affiliation": "Test Institute", "role": "PRINCIPAL_INVESTIGATOR"}
            ],
            "locations": [
                {
                    "facility": "Test Hospital",
                    "status": "RECRUITING",
                    "city": "Madrid",
                    "country": "Spain",
                    "contacts": [{"name": "Site Contact", "role": "CONTACT", "email": "site@example.org"}],
                    "geoPoint": {"lat": 40.4165, "lon": -3.70256},
                }
            ],
        },
    },
    "derivedSection": {
        "miscInfoModule": {"versionHolder": "2026-06-09"},
        "conditionBrowseModule": {
            "meshes": [{"id": "D009103", "term": "Multiple Sclerosis"}],
            "ancestors": [{"id": "D001327", "term": "Autoimmune Diseases"}],
        },
    },
    "hasResults": False,
}


def study(nct_id: str = "NCT90000000", changes: Mapping[str, Any] | None = None, **named: Any) -> dict[str, Any]:
    """A valid record. `changes` are by path (`protocolSection.designModule.phases`; None takes the value out).

    The common ones have a name: title, status, conditions, interventions (their names), phases, study_type, enrollment,
    countries, updated.
    """
    record = copy.deepcopy(_BASE)
    set_at(record, "protocolSection.identificationModule.nctId", nct_id)
    for name, value in named.items():
        for path, converted in _NAMED[name](value).items():
            set_at(record, path, converted)
    for path, value in (changes or {}).items():
        set_at(record, path, copy.deepcopy(value))
    return record


def studies(count: int, first: int = 90000000, **named: Any) -> list[dict[str, Any]]:
    """`count` records with ids that follow on `first`, first posted on days that follow each other."""
    return [
        study(
            f"NCT{first + at:08d}",
            {"protocolSection.statusModule.studyFirstPostDateStruct.date": str(_FIRST_DAY + dt.timedelta(days=at))},
            **named,
        )
        for at in range(count)
    ]


def encoded(record: Mapping[str, Any]) -> bytes:
    """As the registry would send it."""
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()


def situation(name: str) -> bytes:
    """One of the made-up records under tests/fixtures/studies, as bytes."""
    return (FIXTURES / f"{name}.json").read_bytes()


def situations() -> Iterator[tuple[str, bytes]]:
    for path in sorted(FIXTURES.glob("*.json")):
        yield path.stem, path.read_bytes()


_PROTOCOL = "protocolSection"
_NAMED: dict[str, Any] = {
    "title": lambda value: {
        f"{_PROTOCOL}.identificationModule.briefTitle": value,
        f"{_PROTOCOL}.identificationModule.officialTitle": None,
    },
    "status": lambda value: {f"{_PROTOCOL}.statusModule.overallStatus": value},
    "conditions": lambda value: {
        f"{_PROTOCOL}.conditionsModule.conditions": list(value),
        "derivedSection.conditionBrowseModule": None,
    },
    "interventions": lambda value: {
        f"{_PROTOCOL}.armsInterventionsModule.interventions": [{"type": "BIOLOGICAL", "name": name} for name in value]
    },
    "phases": lambda value: {f"{_PROTOCOL}.designModule.phases": list(value)},
    "study_type": lambda value: {f"{_PROTOCOL}.designModule.studyType": value},
    "enrollment": lambda value: {f"{_PROTOCOL}.designModule.enrollmentInfo.count": value},
    "countries": lambda value: {
        f"{_PROTOCOL}.contactsLocationsModule.locations": [
            {"facility": "Test Hospital", "city": "Test Town", "country": country} for country in value
        ]
    },
    "updated": lambda value: {f"{_PROTOCOL}.statusModule.lastUpdatePostDateStruct.date": value},
}
