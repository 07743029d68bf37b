"""Small study records made for the tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from apps.studies.records import StudyRecord


def payload(
    title: str = "A trial",
    *,
    official: str = "",
    conditions: Sequence[str] = (),
    keywords: Sequence[str] = (),
    interventions: Sequence[str | tuple[str, str]] = (),
    arms: Sequence[tuple[str, str]] = (),
    summary: str = "",
    description: str = "",
    eligibility: str = "",
    meshes: Sequence[tuple[str, str]] = (),
    study_type: str = "INTERVENTIONAL",
    nct_id: str = "NCT90000001",
) -> dict[str, Any]:
    """A record in the registry's shape. Interventions are names, or (name, description); arms (label, description)."""
    named = [(one, "") if isinstance(one, str) else one for one in interventions]
    return {
        "protocolSection": {
            "identificationModule": {"nctId": nct_id, "briefTitle": title, "officialTitle": official},
            "descriptionModule": {"briefSummary": summary, "detailedDescription": description},
            "conditionsModule": {"conditions": list(conditions), "keywords": list(keywords)},
            "designModule": {"studyType": study_type},
            "armsInterventionsModule": {
                "armGroups": [{"label": label, "description": text} for label, text in arms],
                "interventions": [{"type": "OTHER", "name": name, "description": text} for name, text in named],
            },
            "eligibilityModule": {"eligibilityCriteria": eligibility},
        },
        "derivedSection": {
            "conditionBrowseModule": {"meshes": [{"id": identifier, "term": term} for identifier, term in meshes]}
        },
    }


def record_of(told: Mapping[str, Any]) -> StudyRecord:
    return msgspec.convert(told, StudyRecord)


def study(title: str = "A trial", **parts: Any) -> StudyRecord:
    """The record of `payload(...)`."""
    return record_of(payload(title, **parts))
