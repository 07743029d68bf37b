"""Published documents for tests: sensible defaults, one line a study."""

from __future__ import annotations

import datetime as dt
from itertools import count
from typing import Any

from django.db import connection

from apps.search.documents import DocumentEntry
from apps.search.indexer import index_documents, move_dataset_version

_numbers = count(90_000_001)


def entry(nct_id: str = "", **changes: Any) -> DocumentEntry:
    """A recruiting MSC trial for multiple sclerosis in Spain, but for the changes; texts follow from columns."""
    nct_id = nct_id or f"NCT{next(_numbers)}"
    values: dict[str, Any] = {
        "nct_id": nct_id,
        "title": f"Cells for people with multiple sclerosis {nct_id[-3:]}",
        "scope": "in_scope",
        "study_type": "INTERVENTIONAL",
        "overall_status": "RECRUITING",
        "phases": ["PHASE2"],
        "reasons": [],
        "diseases": ["multiple-sclerosis"],
        "cell_types": ["msc"],
        "countries": ["ES"],
        "sponsor": "University Hospital of Testing",
        "sponsor_class": "OTHER",
        "conditions": ["Multiple Sclerosis"],
        "interventions": ["Mesenchymal stromal cells"],
        "enrollment": 20,
        "enrollment_type": "ESTIMATED",
        "location_count": 1,
        "start_date": "2024-05",
        "first_posted": "2024-04-01",
        "last_update_posted": "2025-01-01",
        "who_masked": [],
        "age_groups": [],
        "publications": [],
        "card": {},
        "doubts": [],
        "qualified_limits": [],
        "decided": [],
    } | changes
    values.setdefault("text_a", f"{values['title']}\n{nct_id}")
    values.setdefault("text_b", "\n".join([*values["conditions"], *values["interventions"]]))
    values.setdefault("text_conditions", "\n".join(values["conditions"]))
    values.setdefault("text_interventions", "\n".join(values["interventions"]))
    values.setdefault("text_sponsors", values["sponsor"])
    return DocumentEntry(**values)


def publish(*entries: DocumentEntry) -> None:
    """Write the documents and move the dataset version, as a publication does."""
    index_documents(entries)
    move_dataset_version()


def publish_at(moment: dt.datetime, *entries: DocumentEntry) -> None:
    """As `publish`, at this moment of the past; moments of one test go forward."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        [now] = cursor.fetchone()
        index_documents(entries)
        for table, column in (("studydocument", "published_from"), ("studydocumentpast", "published_to")):
            cursor.execute(f"UPDATE search_{table} SET {column} = %s WHERE {column} >= %s", [moment, now])
    move_dataset_version()
