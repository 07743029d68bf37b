"""Sites are published with their study, in its transaction, and follow a new version of documents."""

from __future__ import annotations

import pytest

from apps.ingest.services import reprocess, sync
from apps.search.models import DatasetVersion, StudyDocument, StudySite
from tests.ctgov_emulator import RegistryEmulator

pytestmark = pytest.mark.django_db


def test_every_study_has_its_sites(registry: RegistryEmulator) -> None:
    sync()
    counted = dict(StudyDocument.objects.values_list("nct_id", "location_count"))
    assert sum(counted.values()) > 0
    for nct_id, number in counted.items():
        assert StudySite.objects.filter(nct_id=nct_id).count() == number
    assert set(StudySite.objects.values_list("placed", flat=True)) == {"registry"}


def test_the_next_start_fills_the_sites_of_an_earlier_release(registry: RegistryEmulator) -> None:
    sync()
    before = StudySite.objects.count()
    StudySite.objects.all().delete()
    DatasetVersion.objects.update(document_version=1)
    reprocess()
    assert StudySite.objects.count() == before


def test_sites_and_documents_stand_or_fall_together(
    registry: RegistryEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: object) -> None:
        raise RuntimeError("no sites today")

    monkeypatch.setattr("apps.curation.services.index_sites", broken)
    sync()
    assert not StudyDocument.objects.exists()
    assert not StudySite.objects.exists()
