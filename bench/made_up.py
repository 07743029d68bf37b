"""Made-up studies in any number, with the spread of values that real ones have. Seeded: the same every time."""

from __future__ import annotations

import random
from typing import Any

import msgspec

DISEASES = ("Multiple Sclerosis", "Rheumatoid Arthritis", "Systemic Lupus Erythematosus", "Type 1 Diabetes")
CELLS = ("umbilical cord mesenchymal stem cells", "autologous hematopoietic stem cell transplantation")
STATUSES = (
    "RECRUITING",
    "COMPLETED",
    "UNKNOWN",
    "NOT_YET_RECRUITING",
    "TERMINATED",
    "ACTIVE_NOT_RECRUITING",
    "WITHDRAWN",
)
PHASES = (["PHASE1"], ["PHASE2"], ["PHASE1", "PHASE2"], ["PHASE3"], [], ["NA"])
COUNTRIES = (
    "China",
    "United States",
    "Spain",
    "Sweden",
    "Iran, Islamic Republic of",
    "Jordan",
    "Italy",
    "Brazil",
    "France",
)
ALLOCATIONS = ("RANDOMIZED", "NON_RANDOMIZED", "NA", None)
MASKINGS = ("NONE", "SINGLE", "DOUBLE", "TRIPLE", "QUADRUPLE", None)
MASKED = ("PARTICIPANT", "CARE_PROVIDER", "INVESTIGATOR", "OUTCOMES_ASSESSOR")
AGES = (["ADULT"], ["ADULT", "OLDER_ADULT"], ["CHILD"], ["CHILD", "ADULT", "OLDER_ADULT"])
CLASSES = ("OTHER", "INDUSTRY", "NIH", "OTHER_GOV")
_FLAGS = ("isFdaRegulatedDrug", "isFdaRegulatedDevice")
WORDS = (
    *("trial", "people", "infusion", "weeks", "dose", "visit", "safety", "relapse", "progression", "scale", "placebo"),
    *("blinded", "cohort", "follow", "baseline", "outcome", "disability", "insulin", "joint", "kidney", "lesion"),
    *("imaging", "marrow", "conditioning", "transplant", "measure", "month", "mobilisation", "graft", "flare"),
)


def made_up_studies(count: int, seed: int = 1) -> list[bytes]:
    chance = random.Random(seed)
    return [msgspec.json.encode(_study(chance, 90_000_000 + number)) for number in range(count)]


def _design(chance: random.Random) -> dict[str, Any]:
    allocation, masking = chance.choice(ALLOCATIONS), chance.choice(MASKINGS)
    masked = chance.sample(MASKED, MASKINGS.index(masking)) if masking else []
    told = {"allocation": allocation, "maskingInfo": {"masking": masking, "whoMasked": masked} if masking else None}
    return {name: value for name, value in told.items() if value}


def _text(chance: random.Random, words: int) -> str:
    return " ".join(chance.choices(WORDS, k=words)).capitalize() + "."


def _study(chance: random.Random, number: int) -> dict[str, Any]:
    disease, cells, status = chance.choice(DISEASES), chance.choice(CELLS), chance.choice(STATUSES)
    year = chance.randint(2005, 2026)
    sites = [
        {
            "facility": f"Hospital {chance.randint(1, 400)}",
            "city": f"City {chance.randint(1, 200)}",
            "country": chance.choice(COUNTRIES),
            "geoPoint": {"lat": chance.uniform(-60, 60), "lon": chance.uniform(-180, 180)},
        }
        for _ in range(chance.choice((0, 1, 1, 1, 2, 5, 20)))
    ]
    outcomes = [
        {"measure": _text(chance, 8), "timeFrame": "12 months", "description": _text(chance, 30)} for _ in range(6)
    ]
    return {
        "protocolSection": {
            "identificationModule": {
                "nctId": f"NCT{number:08d}",
                "orgStudyIdInfo": {"id": f"MADE-{number}"},
                "briefTitle": f"{cells.capitalize()} for {disease}: {_text(chance, 5)}",
                "officialTitle": f"A study of {cells} in people with {disease}. {_text(chance, 12)}",
            },
            "statusModule": {
                "overallStatus": status,
                "studyFirstSubmitDate": f"{year}-{chance.randint(1, 12):02d}-12",
                "startDateStruct": {"date": f"{year}-{chance.randint(1, 12):02d}"},
                "studyFirstPostDateStruct": {"date": f"{year}-{chance.randint(1, 12):02d}-15", "type": "ACTUAL"},
                "lastUpdatePostDateStruct": {"date": f"{year}-{chance.randint(1, 12):02d}-20", "type": "ACTUAL"},
            },
            "sponsorCollaboratorsModule": {
                "leadSponsor": {"name": f"Sponsor {chance.randint(1, 300)}", "class": chance.choice(CLASSES)}
            },
            "descriptionModule": {"briefSummary": _text(chance, 120), "detailedDescription": _text(chance, 400)},
            "conditionsModule": {"conditions": [disease], "keywords": [cells, "stem cells"]},
            "designModule": {
                "studyType": "INTERVENTIONAL",
                "designInfo": _design(chance),
                "phases": chance.choice(PHASES),
                "enrollmentInfo": {"count": chance.randint(0, 300), "type": "ESTIMATED"},
            },
            "armsInterventionsModule": {
                "armGroups": [{"label": "Cells", "type": "EXPERIMENTAL", "description": _text(chance, 40)}],
                "interventions": [{"type": "BIOLOGICAL", "name": cells, "description": _text(chance, 40)}],
            },
            "outcomesModule": {"primaryOutcomes": outcomes[:1], "secondaryOutcomes": outcomes[1:]},
            "eligibilityModule": {
                "eligibilityCriteria": _text(chance, 250),
                "sex": chance.choice(("ALL", "ALL", "ALL", "FEMALE", "MALE")),
                "minimumAge": "18 Years",
                "stdAges": chance.choice(AGES),
            },
            "oversightModule": chance.choice(
                ({}, {"isFdaRegulatedDrug": True, "isFdaRegulatedDevice": False}, dict.fromkeys(_FLAGS, False))
            ),
            "referencesModule": {
                "references": [
                    {"pmid": str(number), "type": kind}
                    for kind in chance.choice(((), ("RESULT",), ("DERIVED",), ("BACKGROUND", "DERIVED")))
                ]
            },
            "contactsLocationsModule": {"locations": sites},
        },
        "derivedSection": {"miscInfoModule": {"versionHolder": "2026-05-01"}},
        "hasResults": chance.random() < 0.1,
    }
