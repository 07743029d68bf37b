"""Writing history: additions only, in the transaction that makes the change."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from apps.core.bulk import write_rows
from apps.history.models import StudyChange
from apps.studies.facts import FieldChange


def record_changes(changes: Iterable[FieldChange], *, run_id: int, data_timestamp: str, at: dt.datetime) -> None:
    """Append one row for each fact that moved."""
    write_rows(
        StudyChange,
        [
            {
                "nct_id": change.nct_id,
                "field": change.field,
                "old": change.old,
                "new": change.new,
                "run_id": run_id,
                "data_timestamp": data_timestamp,
                "at": at,
            }
            for change in changes
        ],
    )
