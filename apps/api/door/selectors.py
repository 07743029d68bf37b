"""Which studies a request finds, and their records: one statement for each.

Searched are the published document's texts, in its full text configuration (accents and word endings do not matter),
and for sponsors the registry's facts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import OperationalError, connection

from apps.api.door.expressions import to_tsquery
from apps.api.door.fields import Choice, project
from apps.api.door.ordering import RELEVANCE, SORTABLE, after_sql, order_sql
from apps.api.door.parameters import Listing
from apps.api.door.tokens import Position, write_token
from apps.api.problems import TooSlow
from apps.core.statements import was_stopped
from apps.ctgov.content import without_contacts
from apps.ingest.selectors import payloads_of

# Matching may take so long (milliseconds); a crawler must not be able to hold the database.
TIMEOUT_MS = 2000
_RANK_WEIGHTS = "{0.01, 0.05, 0.2, 1.0}"


_TEXTS = "document.search_vector"


@dataclass(frozen=True, slots=True)
class Area:
    """Where a query parameter searches: a vector, and the weights in it, which stand for the document's texts."""

    weights: str = ""
    vector: str = _TEXTS


def _facts(text: str) -> Area:
    return Area(vector=f"to_tsvector('trialtracker', {text})")


# A: titles, acronym, ids. B: conditions, keywords, interventions, MeSH terms. C: sponsors, officials, primary outcomes,
# places. D: summary, arms, descriptions of interventions, other outcomes.
AREAS: Mapping[str, Area] = {
    "query.term": Area(),
    "query.cond": Area("AB"),
    "query.intr": Area("ABD"),
    "query.titles": Area("A"),
    "query.outc": Area("CD"),
    "query.spons": _facts("study.lead_sponsor || E'\\n' || array_to_string(study.collaborators, E'\\n')"),
    "query.lead": _facts("study.lead_sponsor"),
    "query.id": Area("A"),
    "query.locn": Area("C"),
    "query.patient": Area("ABD"),
}

_OURS = "document.scope = 'in_scope' AND document.registry_state <> 'merged'"
_FROM = "search_studydocument AS document JOIN studies_study AS study USING (nct_id)"


@dataclass(frozen=True, slots=True)
class Page:
    """Records as JSON. `total` counts the studies on all pages; `next_token` is "" on the last one."""

    studies: list[bytes]
    total: int
    next_token: str


def list_studies(listing: Listing) -> Page:
    """The page that is asked for. TooSlow where matching takes too long."""
    sql, parameters = _statement(listing)
    try:
        with connection.cursor() as cursor:
            cursor.execute(_limit() + sql, parameters)
            rows = cursor.fetchall()
    except OperationalError as error:
        if not was_stopped(error):
            raise
        raise TooSlow("This search took too long and was stopped. Search for fewer or rarer words.") from None
    given = rows[: listing.page_size]
    token = ""
    if len(rows) > len(given):
        nct_id, _snapshot, _total, *values = given[-1]
        token = write_token(Position(tuple(values), nct_id), listing.parameters)
    payloads = payloads_of([row[1] for row in given]) if given else {}
    return Page(
        studies=[_shown(payloads[row[1]], listing.choice) for row in given],
        total=rows[0][2] if rows else 0,
        next_token=token,
    )


def one_study(nct_id: str, choice: Choice | None) -> bytes | None:
    """The record as JSON; None for a study that is not in this collection."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT study.snapshot_id FROM {_FROM} WHERE {_OURS} AND nct_id = %s", [nct_id])  # noqa: S608
        row = cursor.fetchone()
    return _shown(payloads_of([row[0]])[row[0]], choice) if row else None


def _shown(payload: bytes, choice: Choice | None) -> bytes:
    record = without_contacts(payload)
    if choice is None:
        return record
    # The standard library's JSON takes the lone surrogates that some records hold.
    return json.dumps(project(json.loads(record), choice), separators=(",", ":")).encode()


def _statement(listing: Listing) -> tuple[str, list[Any]]:
    conditions = [_OURS]
    parameters: list[Any] = []
    for name, expression in listing.queries.items():
        area = AREAS[name]
        conditions.append(f"{area.vector} @@ to_tsquery('trialtracker', %s)")
        parameters.append(to_tsquery(expression, area.weights))
    for ids in listing.ids:
        conditions.append("(nct_id = ANY(%s) OR study.aliases && %s::text[])")
        parameters += [list(ids), list(ids)]
    if listing.statuses:
        conditions.append("study.overall_status = ANY(%s)")
        parameters.append(list(listing.statuses))
    keys, of_keys = _keys(listing)
    after, of_after = "true", list[str | None]()
    if listing.after:
        after, of_after = after_sql(listing.sort, listing.after.values, listing.after.nct_id)
    columns = "".join(f", key_{place}::text AS value_{place}" for place in range(len(listing.sort)))
    sql = f"""
        SELECT nct_id, snapshot_id, total{columns} FROM (
            SELECT nct_id, study.snapshot_id, count(*) OVER () AS total{keys}
            FROM {_FROM} WHERE {" AND ".join(conditions)}
        ) AS matching
        WHERE {after} ORDER BY {order_sql(listing.sort)} LIMIT %s
    """  # noqa: S608 (our own names alone)
    # One more than the page holds, to know whether another follows.
    return sql, [*of_keys, *parameters, *of_after, listing.page_size + 1]


def _keys(listing: Listing) -> tuple[str, list[str]]:
    """The columns to sort by."""
    columns, parameters = "", []
    for place, key in enumerate(listing.sort):
        if key.field == RELEVANCE:
            sql, of_key = _relevance(listing)
            parameters += of_key
        else:
            sql = SORTABLE[key.field].sql
        columns += f", {sql} AS key_{place}"
    return columns, parameters


def _relevance(listing: Listing) -> tuple[str, list[str]]:
    """How well the document's texts fit all queries together; the same for all where there is no query of them."""
    asked = [
        to_tsquery(expression, AREAS[name].weights)
        for name, expression in listing.queries.items()
        if AREAS[name].vector == _TEXTS
    ]
    if not asked:
        return "0::real", []
    return f"ts_rank('{_RANK_WEIGHTS}', document.search_vector, to_tsquery('trialtracker', %s))", [" & ".join(asked)]


def _limit() -> str:
    """Settings for the one statement that follows. Within a transaction they would outlive it: there they are left out.

    The planner does not count the cost of unpacking long vectors, and would read the whole table for a usual word.
    """
    if connection.in_atomic_block:
        return ""
    return f"SET LOCAL statement_timeout = {TIMEOUT_MS}; SET LOCAL enable_seqscan = off;"
