"""What people write goes to readers at once: the text, a line of the log, and every cache is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.apps import AppConfig
from django.apps import apps as installed
from django.db import DEFAULT_DB_ALIAS, transaction

from apps.curation.models import AuditEntry
from apps.guide.models import GlossaryTerm, Kept, Page, PageSource
from apps.guide.services import save, seed_guide
from apps.search.indexer import move_dataset_version
from apps.search.selectors import dataset_version

# As the log names them.
_FIELDS = {Page.KIND: "page", PageSource.KIND: "page source", GlossaryTerm.KIND: "glossary term"}


@transaction.atomic
def edit(*, subject: str, body: Mapping[str, Any], by: str, note: str, version: int) -> Kept | None:
    """Publish a text as a person has written it; None where nothing differs. Raises as `guide.services.save`."""
    row = save(subject=subject, body=body, by=by, note=note, version=version)
    if row is not None:
        _logged(row, by, note)
    return row


def _logged(row: Kept, by: str, note: str) -> None:
    """The log names the versions; the texts are kept with them."""
    kind, _slash, name = row.subject.partition("/")
    before = {"name": name, "version": row.version - 1} if row.version > 1 else None
    after = {"name": name, "version": row.version}
    AuditEntry.objects.create(
        by=by, action=AuditEntry.Action.DECIDED, field=_FIELDS[kind], before=before, after=after, reason=note
    )
    move_dataset_version()


def seed_after_migrate(sender: AppConfig, using: str = DEFAULT_DB_ALIAS, apps: Any = installed, **_told: Any) -> None:
    """Bring the texts up to the files, once every table stands."""
    try:
        apps.get_model("guide", "GlossaryTerm"), apps.get_model("search", "DatasetVersion")
    except LookupError:
        return  # a migration back to before these tables
    if using == DEFAULT_DB_ALIAS:
        with transaction.atomic():
            # Before the first publication there is no cache to tell: the dataset has no version yet.
            if seed_guide() and dataset_version():
                move_dataset_version()
