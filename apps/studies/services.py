"""Writing the registry's word. Only the corridor in `apps.ingest` calls this."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from apps.core.bulk import write_rows
from apps.studies.facts import FIRST_SEEN, REGISTRY_STATE, FieldChange, facts_of
from apps.studies.models import RegistryState, Study
from apps.studies.records import StudyRecord


@dataclass(frozen=True, slots=True)
class StudyEntry:
    """One study as it shall stand: its record, the version that it was read from, and its standing at the registry."""

    record: StudyRecord
    snapshot_id: int
    content_hash: str
    parser_version: int
    ruleset_version: int
    terms_version: int = 0
    registry_state: str = RegistryState.PRESENT
    merged_into: str = ""


def store_studies(entries: Sequence[StudyEntry], *, now: dt.datetime) -> list[FieldChange]:
    """Write the rows that differ, in one statement, and say what moved.

    A fact counts as moved only when the record itself changed: what a new parser reads differently is not the
    registry's doing. To be called inside a transaction; the rows stay locked until its end.
    """
    entries = sorted(entries, key=lambda entry: entry.record.nct_id)
    standing = {
        study.nct_id: study
        for study in Study.objects.select_for_update()
        .filter(nct_id__in=[entry.record.nct_id for entry in entries])
        .order_by("nct_id")
    }
    changes: list[FieldChange] = []
    rows: list[dict[str, Any]] = []
    for entry in entries:
        facts = facts_of(entry.record)
        before = standing.get(entry.record.nct_id)
        row = _row(entry, facts, before, now)
        if before is None:
            rows.append(row)
            changes.append(FieldChange(row["nct_id"], FIRST_SEEN, None, {"overall_status": row["overall_status"]}))
            continue
        if any(getattr(before, name) != value for name, value in row.items()):
            rows.append(row)
        if before.content_hash != entry.content_hash:
            changes += [
                FieldChange(before.nct_id, name, getattr(before, name), value)
                for name, value in facts.items()
                if getattr(before, name) != value
            ]
        if (before.registry_state, before.merged_into) != (entry.registry_state, entry.merged_into):
            standing_now = entry.merged_into or str(entry.registry_state)
            changes.append(FieldChange(before.nct_id, REGISTRY_STATE, before.registry_state, standing_now))
    write_rows(Study, rows, replace_on="nct_id")
    return changes


def _row(entry: StudyEntry, facts: dict[str, Any], before: Study | None, now: dt.datetime) -> dict[str, Any]:
    same_state = before is not None and before.registry_state == entry.registry_state
    return {
        "nct_id": entry.record.nct_id,
        **facts,
        "snapshot_id": entry.snapshot_id,
        "content_hash": entry.content_hash,
        "parser_version": entry.parser_version,
        "ruleset_version": entry.ruleset_version,
        "terms_version": entry.terms_version,
        "registry_state": str(entry.registry_state),
        "registry_state_since": before.registry_state_since if before is not None and same_state else now,
        "merged_into": entry.merged_into,
        "first_seen_at": before.first_seen_at if before is not None else now,
    }
