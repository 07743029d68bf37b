"""Writing the labels. Only the corridor in `apps.ingest` calls this."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from django.db import connection, transaction

from apps.classification.rules import RULESET_VERSION, Classification, Label
from apps.vocabulary.terms import terms_version

_STANDING = """
    SELECT id, study_id, scheme, value, rule, reason, evidence, doubtful, detail,
        ruleset_version, terms_version
    FROM classification_studylabel WHERE study_id = ANY(%s)
"""
_DELETE = "DELETE FROM classification_studylabel WHERE id = ANY(%s)"
_INSERT = """
    INSERT INTO classification_studylabel
        (study_id, scheme, value, rule, reason, evidence, doubtful, detail, ruleset_version, terms_version)
    SELECT study_id, scheme, value, rule, reason, evidence::jsonb, doubtful, detail::jsonb, %s, %s
    FROM unnest(
        %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::boolean[], %s::text[]
    ) AS told (study_id, scheme, value, rule, reason, evidence, doubtful, detail)
"""


def store_labels(items: Sequence[tuple[str, Classification]]) -> None:
    """Replace the labels of these studies, given as (nct_id, classification); the last word on a study counts.

    They carry the versions of the rules and of the terms that are in force where this is called.
    One statement when nothing differs, three when something does; a label that stands as it is is not written.
    Raises IntegrityError for a study that is not stored.
    """
    told = {
        (nct_id, label.scheme, label.value, label.rule): label
        for nct_id, classification in dict(items).items()
        for label in classification.labels
    }
    versions = RULESET_VERSION, terms_version()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_STANDING, [sorted({nct_id for nct_id, _ in items})])
        gone = []
        for row_id, *key, reason, evidence, doubtful, detail, rules, terms in cursor.fetchall():
            label = told.get(tuple(key))
            if label and (rules, terms) == versions and _same(label, reason, evidence, doubtful, detail):
                del told[tuple(key)]
            else:
                gone.append(row_id)
        if gone:
            cursor.execute(_DELETE, [gone])
        if told:
            keys = zip(*told, strict=True)
            reasons = [label.reason for label in told.values()]
            evidences = [_json(label.evidence) for label in told.values()]
            doubts = [label.doubtful for label in told.values()]
            details = [None if label.detail is None else _json(label.detail) for label in told.values()]
            columns = (list(column) for column in keys)
            cursor.execute(_INSERT, [*versions, *columns, reasons, evidences, doubts, details])


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _same(label: Label, reason: str, evidence: str | list, doubtful: bool, detail: str | dict | None) -> bool:
    told = (label.reason, label.doubtful, msgspec.json.decode(_json((label.evidence, label.detail))))
    return told == (reason, doubtful, [_read(evidence), _read(detail)])


def _read(stored: str | list | dict | None) -> Any:
    return msgspec.json.decode(stored) if isinstance(stored, str) else stored
