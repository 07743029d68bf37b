"""Every recorded study of the registry through the whole corridor, from our own emulator over real HTTP."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.conf import settings as django_settings

from apps.ingest.models import IngestIssue
from apps.ingest.selectors import current_payload
from apps.ingest.services import sync
from apps.search.models import StudyDocument
from apps.studies.files import iter_payloads
from apps.studies.models import Study
from apps.vocabulary.queries import QUERIES
from tests.ctgov_emulator import RegistryEmulator

SHARED = Path(django_settings.BASE_DIR).parent / "shared"
RECORDED, GOLD = SHARED / "ctgov" / "studies", SHARED / "gold" / "dev.csv"

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.slow,
    pytest.mark.timeout(400),
    pytest.mark.skipif(not RECORDED.is_dir(), reason=f"the recorded studies are not beside the project ({RECORDED})"),
]


def nct_id_of(payload: bytes) -> str:
    return msgspec.json.decode(payload)["protocolSection"]["identificationModule"]["nctId"]


@pytest.fixture(scope="module")
def recorded() -> dict[str, bytes]:
    """One record of each id; the complete ones first."""
    studies: dict[str, bytes] = {}
    for name in ("v2", "converted", "table", "text", "partial"):
        for payload in iter_payloads(RECORDED / f"{name}.jsonl.gz"):
            studies.setdefault(nct_id_of(payload), payload)
    return studies


def test_all_go_in_and_nothing_is_lost(recorded: dict[str, bytes], settings: Any, monkeypatch: Any) -> None:
    with RegistryEmulator(recorded.values(), match_all=True) as registry:
        settings.CTGOV_BASE_URL, settings.CTGOV_MIN_INTERVAL = registry.url, 0
        monkeypatch.setattr("apps.ingest.fetching.QUERIES", QUERIES[:1])
        run = sync()
    assert run is not None
    assert (run.state, run.seen, run.created, run.failed) == ("ok", len(recorded), len(recorded), 0)
    assert not IngestIssue.objects.filter(severity=IngestIssue.Severity.ERROR).exists()
    assert StudyDocument.objects.count() == Study.objects.count() == len(recorded)
    for nct_id, payload in list(recorded.items())[::20]:
        assert msgspec.json.decode(current_payload(nct_id) or b"{}") == msgspec.json.decode(payload)


@pytest.mark.skipif(not GOLD.is_file(), reason=f"the labelled ids are not beside the project ({GOLD})")
def test_our_queries_find_the_trials_that_people_labelled(recorded: dict[str, bytes], settings: Any) -> None:
    with RegistryEmulator(recorded.values()) as registry:
        settings.CTGOV_BASE_URL, settings.CTGOV_MIN_INTERVAL = registry.url, 0
        run = sync()
    assert run is not None
    assert run.state == "ok"
    with GOLD.open(newline="") as rows:
        wanted = {row["nct_id"] for row in csv.DictReader(rows) if row["in_scope"] == "yes"} & set(recorded)
    published = dict(StudyDocument.objects.values_list("nct_id", "scope"))
    missed = sorted(nct_id for nct_id in wanted if nct_id not in published)
    assert len(missed) <= 0.03 * len(wanted), missed
    narrowed = [nct_id for nct_id in wanted - set(missed) if published[nct_id] != "in_scope"]
    assert len(narrowed) <= 0.05 * len(wanted), narrowed
