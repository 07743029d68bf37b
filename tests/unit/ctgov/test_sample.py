"""The sample trials are plainly fictional, clean records, and show every kind of page."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from apps.ctgov.parser import oddities, parse_study
from apps.studies.files import iter_payloads

SAMPLE = Path(__file__).resolve().parents[3] / "apps" / "ingest" / "sample"
PAYLOADS = list(iter_payloads(SAMPLE))
RECORDS = [parse_study(payload) for payload in PAYLOADS]


def test_a_dozen() -> None:
    assert len(RECORDS) == 12
    assert len({record.nct_id for record in RECORDS}) == 12


@pytest.mark.parametrize("payload", PAYLOADS, ids=[record.nct_id for record in RECORDS])
def test_plainly_fictional_and_clean(payload: bytes) -> None:
    record = parse_study(payload)
    assert oddities(payload) == []
    assert re.fullmatch(r"NCT9000\d{4}", record.nct_id)
    names = record.protocol.identification
    assert names.brief_title is not None
    assert names.official_title is not None
    assert names.brief_title.startswith("Sample: ")
    assert names.official_title.startswith("Sample: ")
    assert "fictional" in (record.protocol.description.brief_summary or "")
    sponsors = record.protocol.sponsor_collaborators
    for sponsor in (sponsors.lead_sponsor, *sponsors.collaborators):
        assert sponsor.name is not None
        assert sponsor.name.startswith("Sample ")
        assert sponsor.name.endswith("(fictional)")
    assert set(re.findall(rb"[\w.+-]+@([\w.-]+\w)", payload)) <= {b"example.org"}
    assert set(re.findall(rb"https?://([\w.-]+)", payload)) <= {b"example.org"}
    assert b'""' not in payload
    assert payload.decode() == json.dumps(json.loads(payload), indent=1, ensure_ascii=False) + "\n"


def test_every_kind_of_page_has_a_trial() -> None:
    assert {record.protocol.design.study_type for record in RECORDS} == {
        "INTERVENTIONAL",
        "OBSERVATIONAL",
        "EXPANDED_ACCESS",
    }
    assert {record.protocol.status.overall_status for record in RECORDS} >= {
        "RECRUITING",
        "NOT_YET_RECRUITING",
        "ENROLLING_BY_INVITATION",
        "ACTIVE_NOT_RECRUITING",
        "COMPLETED",
        "SUSPENDED",
        "TERMINATED",
        "WITHDRAWN",
        "UNKNOWN",
        "AVAILABLE",
    }
    assert any(record.enrollment == 0 for record in RECORDS)
    assert any(len(record.protocol.design.phases) == 2 for record in RECORDS)
    places = {site.country for record in RECORDS for site in record.protocol.contacts_locations.locations}
    assert len(places) > 12
    [with_results] = [record for record in RECORDS if record.has_results]
    for part in ("participant_flow", "baseline_characteristics", "outcome_measures", "adverse_events", "more_info"):
        assert getattr(with_results.results, part), part
