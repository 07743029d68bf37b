"""Examples for the description of the API: of invented trials, in the shapes that the serializers describe."""

from __future__ import annotations

from typing import Any

from apps.vocabulary.cards import FIELDS

NCT_ID = "NCT90000001"
_PATH = "protocolSection.armsInterventionsModule.interventions[0].name"
_CARD = {
    "source": ["bone-marrow"],
    "donor": ["autologous"],
    "dose": ["1e6-2e6/kg"],
    "age": ["18-60"],
    "severity": ["edss:3-6"],
}

STUDY: dict[str, Any] = {
    "nct_id": NCT_ID,
    "url": f"https://trials.example.org/trials/{NCT_ID}/",
    "title": "Mesenchymal stromal cells in relapsing multiple sclerosis",
    "acronym": None,
    "study_type": "INTERVENTIONAL",
    "overall_status": "RECRUITING",
    "phases": ["PHASE1", "PHASE2"],
    "scope": "in_scope",
    "reasons": ["A disease of ours and a kind of cell of ours are both named."],
    "diseases": ["multiple-sclerosis"],
    "cell_types": ["msc"],
    "countries": ["ES"],
    "sponsor": "University Hospital of Testing",
    "sponsor_class": "OTHER",
    "interventions": ["Mesenchymal stem cells", "Placebo"],
    "conditions": ["Multiple Sclerosis"],
    "enrollment": 40,
    "enrollment_type": "ESTIMATED",
    "location_count": 1,
    "has_results": False,
    "start_date": "2024-05-02",
    "primary_completion_date": "2027-06",
    "first_submitted": "2024-04-01",
    "registration": "before-start",
    "first_posted": "2024-04-05",
    "last_update_posted": "2025-03-12",
    "allocation": "RANDOMIZED",
    "masking": "DOUBLE",
    "who_masked": ["PARTICIPANT", "INVESTIGATOR"],
    "sex": "ALL",
    "age_groups": ["ADULT"],
    "publications": ["DERIVED"],
    "fda_drug": False,
    "fda_device": False,
    "registry_state": "present",
    "card": {field.slug: _CARD.get(field.slug, []) for field in FIELDS},
    "doubts": ["dose"],
    "qualified_limits": ["severity: edss:3-6; group: Cohort 2"],
    "decided": [],
    "cautions": [],
}
LABEL: dict[str, Any] = {
    "scheme": "cell_type",
    "value": "msc",
    "rule": "cells.named",
    "reason": "Mesenchymal cells are given.",
    "evidence": [
        {"path": _PATH, "start": 0, "end": 22, "quote": "Mesenchymal stem cells", "marks": [[0, 22]]},
    ],
    "doubtful": False,
    "detail": None,
    "ruleset_version": 7,
    "terms_version": 2,
}
RECORD: dict[str, Any] = {
    "protocolSection": {
        "identificationModule": {"nctId": NCT_ID, "briefTitle": STUDY["title"]},
        "statusModule": {"overallStatus": "RECRUITING"},
    },
    "hasResults": False,
}
STUDIES = {"count": 1, "next": None, "previous": None, "results": [STUDY]}
DETAIL = STUDY | {
    "registry_state_since": "2026-05-03T10:00:00Z",
    "labels": [LABEL],
    "decisions": [],
    "memberships": [{"query": "multiple-sclerosis-msc", "since": "2026-05-03T10:00:00Z", "until": None}],
    "record": RECORD,
}
CHANGE = {
    "id": 5121,
    "nct_id": NCT_ID,
    "field": "overall_status",
    "old": "NOT_YET_RECRUITING",
    "new": "RECRUITING",
    "at": "2026-05-03T10:00:00Z",
    "data_timestamp": "2026-05-02T09:00:06",
    "run": 214,
}
CHANGES = {"next": None, "cursor": 5121, "results": [CHANGE]}
EVIDENCE = {
    "nct_id": NCT_ID,
    "passages": [
        {
            "path": _PATH,
            "text": "Mesenchymal stem cells",
            "quotes": [
                {
                    "start": 0,
                    "end": 22,
                    "quote": "Mesenchymal stem cells",
                    "marks": [[0, 22]],
                    "scheme": "cell_type",
                    "value": "msc",
                    "rule": "cells.named",
                    "doubtful": False,
                }
            ],
        }
    ],
}
LABELS = {"next": None, "results": [{"nct_id": NCT_ID} | LABEL]}
FACETS = {
    "count": 41,
    "scopes": {"in_scope": 41, "review": 3, "out": 0},
    "facets": [
        {
            "parameter": "cell_type",
            "label": "Kind of cell",
            "values": [
                {"value": "msc", "label": "MSC", "count": 30, "selected": False},
                {"value": "hsc", "label": "HSC", "count": 12, "selected": False},
            ],
        }
    ],
}
SPONSORS = {
    "count": 1,
    "next": None,
    "previous": None,
    "results": [
        {
            "sponsor": "University Hospital of Testing",
            "sponsor_class": "OTHER",
            "studies": 3,
            "recruiting": 1,
            "msc": 2,
            "hsc": 1,
        }
    ],
}
SYNC = {
    "state": "ok",
    "finished_at": "2026-05-03T10:04:12Z",
    "data_timestamp": "2026-05-02T09:00:06",
    "next_due": "2026-05-03T14:04:12Z",
    "published": 1828,
    "dataset_version": 1777802652000000,
    "newest_change": 5121,
    "parser_version": 3,
    "ruleset_version": 7,
    "terms_version": 2,
    "runs": [
        {
            "id": 214,
            "kind": "full",
            "state": "ok",
            "step": "done",
            "reason": "",
            "started_at": "2026-05-03T10:00:00Z",
            "finished_at": "2026-05-03T10:04:12Z",
            "data_timestamp": "2026-05-02T09:00:06",
            "parser_version": 3,
            "ruleset_version": 7,
            "terms_version": 2,
            "requests": 13,
            "seen": 1828,
            "created": 2,
            "updated": 9,
            "unchanged": 1817,
            "left": 0,
            "failed": 0,
        }
    ],
}


def problem(status: int, title: str, detail: str, **more: Any) -> dict[str, Any]:
    return {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}


BAD = problem(
    400,
    "Bad Request",
    "“msd” is not a value of “cell_type”. Allowed are: msc, hsc.",
    errors=[
        {
            "parameter": "cell_type",
            "value": "msd",
            "message": "“msd” is not a value of “cell_type”. Allowed are: msc, hsc.",
            "allowed": ["msc", "hsc"],
        }
    ],
)
NOT_FOUND = problem(404, "Not Found", "We have no study NCT90000009.")
TOO_MANY = problem(
    429, "Too Many Requests", "Too many requests from your address. Wait as long as the Retry-After header says."
)
TOO_SLOW = problem(503, "Service Unavailable", "This took longer than one request may, and was stopped.")
