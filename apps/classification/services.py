"""Writing the labels. Only the corridor in `apps.ingest` calls this."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from django.db import connection, transaction

from apps.classification.rules import RULESET_VERSION, Classification, Label

_STANDING = """
    SELECT id, study_id, scheme, value, rule, reason, evidence, ruleset_version
    FROM classification_studylabel WHERE study_id = ANY(%s)
"""
_DELETE = "DELETE FROM classification_studylabel WHERE id = ANY(%s)"
_INSERT = """
    INSERT INTO classification_studylabel (study_id, scheme, value, rule, reason, evidence, ruleset_version)
    SELECT study_id, scheme, value, rule, reason, evidence::jsonb, %s
    FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
        AS told (study_id, scheme, value, rule, reason, evidence)
"""


def store_labels(items: Sequence[tuple[str, Classification]]) -> None:
    """Replace the labels of these studies, given as (nct_id, classification); the last word on a study counts.

    One statement when nothing differs, three when something does; a label that stands as it is is not written.
    Raises IntegrityError for a study that is not stored.
    """
    told = {
        (nct_id, label.scheme, label.value, label.rule): label
        for nct_id, classification in dict(items).items()
        for label in classification.labels
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_STANDING, [sorted({nct_id for nct_id, _ in items})])
        gone = []
        for row_id, *key, reason, evidence, version in cursor.fetchall():
            label = told.get(tuple(key))
            if label and version == RULESET_VERSION and _same(label, reason, evidence):
                del told[tuple(key)]
            else:
                gone.append(row_id)
        if gone:
            cursor.execute(_DELETE, [gone])
        if told:
            keys = zip(*told, strict=True)
            reasons = [label.reason for label in told.values()]
            evidences = [msgspec.json.encode(label.evidence).decode() for label in told.values()]
            cursor.execute(_INSERT, [RULESET_VERSION, *(list(column) for column in keys), reasons, evidences])


def _same(label: Label, reason: str, evidence: str | list) -> bool:
    stored = msgspec.json.decode(evidence) if isinstance(evidence, str) else evidence
    return label.reason == reason and msgspec.to_builtins(label.evidence, builtin_types=()) == tuple(stored)
