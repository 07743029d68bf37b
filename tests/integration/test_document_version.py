"""Documents of an earlier shape are rebuilt from what is stored, without network; what is current is left alone."""

from __future__ import annotations

from typing import Any

import pytest

from apps.ingest import services
from apps.ingest.services import reprocess, sync
from apps.search.documents import DOCUMENT_VERSION
from apps.search.models import DatasetVersion, StudyDocument, StudyDocumentPast
from apps.search.selectors import documents_outdated
from tests.ctgov_emulator import RegistryEmulator

pytestmark = pytest.mark.django_db


def as_an_earlier_release_left_them() -> None:
    """The columns stand empty and the version is that of the migration's default."""
    StudyDocument.objects.update(allocation="", age_groups=[], sex="", registration="cannot-be-told", fda_drug=None)
    DatasetVersion.objects.update(document_version=0)


@pytest.mark.parametrize("door", [reprocess, sync])
def test_the_next_start_fills_new_columns(registry: RegistryEmulator, door: Any) -> None:
    sync()
    assert DatasetVersion.objects.get().document_version == DOCUMENT_VERSION
    assert not documents_outdated()
    before, asked = DatasetVersion.objects.get().version, registry.count()
    as_an_earlier_release_left_them()
    assert documents_outdated()
    run = door()
    assert set(StudyDocument.objects.values_list("allocation", "sex", "registration", "fda_drug")) == {
        ("RANDOMIZED", "ALL", "before-start", False)
    }
    assert StudyDocumentPast.objects.count() == 10
    assert DatasetVersion.objects.get().version > before
    assert not documents_outdated()
    if door is reprocess:
        assert run is None
        assert registry.count() == asked


def test_current_documents_are_not_touched(registry: RegistryEmulator) -> None:
    sync()
    before = DatasetVersion.objects.get().version
    reprocess()
    assert DatasetVersion.objects.get().version == before
    assert not StudyDocumentPast.objects.exists()


def test_cut_short_it_begins_anew(registry: RegistryEmulator, monkeypatch: pytest.MonkeyPatch) -> None:
    sync()
    as_an_earlier_release_left_them()

    def away(records: Any) -> int:
        raise ConnectionError

    with monkeypatch.context() as patched:
        patched.setattr(services, "publish", away)
        with pytest.raises(ConnectionError):
            reprocess()
    assert documents_outdated()
    reprocess()
    assert set(StudyDocument.objects.values_list("allocation", flat=True)) == {"RANDOMIZED"}


def test_an_empty_database_is_soon_current(db: None) -> None:
    # The row that the migration leaves; a test with transactions of its own may have emptied every table before.
    DatasetVersion.objects.all().delete()
    DatasetVersion.objects.create(version=1)
    assert documents_outdated()
    assert reprocess() is None
    assert not documents_outdated()
    assert DatasetVersion.objects.get().version == 1
