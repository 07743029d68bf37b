"""Writing the published documents. Only `apps.curation` calls this, inside its transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields

import msgspec
from django.db import connection

from apps.search.documents import DOCUMENT_VERSION, DocumentEntry
from apps.search.models import VECTORS
from apps.search.sites import SiteEntry
from apps.search.words import spelt

COLUMNS = tuple(item.name for item in fields(DocumentEntry))
_TYPES = {
    "Sequence[str]": "text[]",
    "Mapping[str, Sequence[str]]": "jsonb",
    "Mapping[str, str]": "jsonb",
    "int | None": "bigint",
    "int": "bigint",
    "float | None": "double precision",
    "bool": "boolean",
    "bool | None": "boolean",
}
_SHAPE = ", ".join(
    f"{item.name} {'jsonb' if item.name == 'reasons' else _TYPES.get(str(item.type), 'text')}"
    for item in fields(DocumentEntry)
)


def _columns(alias: str, names: Sequence[str] = COLUMNS) -> str:
    return ", ".join(f"{alias}.{name}" for name in names)


def _vector(weights: Mapping[str, str]) -> str:
    """A vector of the texts that stand parsed under their columns' names."""
    return " || ".join(f"setweight(parsed.{column}, '{weight}')" for column, weight in weights.items())


# Most of the time goes into parsing texts: each is parsed once, whichever vectors it is in. OFFSET keeps the planner
# from parsing where the vectors are put together.
_PARSED = ", ".join(
    f"to_tsvector('trialtracker', differing.{column}) AS {column}"
    for column in dict.fromkeys(column for weights in VECTORS.values() for column in weights)
)

# The whole batch goes over as one JSON text. Measured on 1,828 records in batches of 100, when a document had one
# vector: 2,000 documents a second against 1,400 by COPY into a temporary table and 1,700 by VALUES lists; unchanged
# ones 10,800 against 6,700 and 5,500. With three vectors and the words, documents are written at about a third of
# that, and unchanged ones passed over as fast as before. A superseded document keeps the vectors that it had.
_INDEX = f"""
WITH incoming AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%s::json) AS incoming ({_SHAPE})
), differing AS MATERIALIZED (
    SELECT {_columns("incoming")}
    FROM incoming LEFT JOIN search_studydocument AS standing USING (nct_id)
    WHERE standing.nct_id IS NULL OR ({_columns("standing")}) IS DISTINCT FROM ({_columns("incoming")})
), superseded AS (
    INSERT INTO search_studydocumentpast ({", ".join((*COLUMNS, *VECTORS))}, published_from, published_to)
    SELECT {_columns("standing", (*COLUMNS, *VECTORS))}, standing.published_from, statement_timestamp()
    FROM search_studydocument AS standing JOIN differing USING (nct_id)
    WHERE standing.published_from < statement_timestamp()
)
INSERT INTO search_studydocument AS standing ({", ".join((*COLUMNS, *VECTORS))}, published_from)
SELECT {_columns("differing")}, {", ".join(_vector(weights) for weights in VECTORS.values())}, statement_timestamp()
FROM differing, LATERAL (SELECT {_PARSED} OFFSET 0) AS parsed ORDER BY nct_id
ON CONFLICT (nct_id) DO UPDATE SET
    {", ".join(f"{name} = excluded.{name}" for name in (*COLUMNS[1:], *VECTORS, "published_from"))}
RETURNING nct_id
"""  # noqa: S608 (column names only)

SITE_COLUMNS = tuple(item.name for item in fields(SiteEntry))
_SITE_SHAPE = ", ".join(f"{item.name} {_TYPES.get(str(item.type), 'text')}" for item in fields(SiteEntry))
# Only the sites that differ are written, and those that a record no longer names are taken away.
_INDEX_SITES = f"""
WITH incoming AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%s::json) AS incoming ({_SITE_SHAPE})
), removed AS (
    DELETE FROM search_studysite AS standing
    WHERE nct_id = ANY(%s) AND NOT EXISTS (
        SELECT FROM incoming WHERE incoming.nct_id = standing.nct_id AND incoming.number = standing.number
    )
)
INSERT INTO search_studysite AS standing ({", ".join(SITE_COLUMNS)})
SELECT {_columns("incoming", SITE_COLUMNS)} FROM incoming LEFT JOIN search_studysite AS before USING (nct_id, number)
WHERE before.nct_id IS NULL
    OR ({_columns("before", SITE_COLUMNS)}) IS DISTINCT FROM ({_columns("incoming", SITE_COLUMNS)})
ON CONFLICT (nct_id, number) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in SITE_COLUMNS[2:])}
"""  # noqa: S608 (column names only)

# Prints of the same sponsors, those of the batch as they are now. The pairs of a study that has left are closed too.
_KEEP_PRINTS = """
INSERT INTO search_protocolprint AS standing (nct_id, sponsor, hashes)
SELECT nct_id, sponsor, hashes FROM json_to_recordset(%s::json) AS incoming (nct_id text, sponsor text, hashes int[])
ORDER BY nct_id
ON CONFLICT (nct_id) DO UPDATE SET sponsor = excluded.sponsor, hashes = excluded.hashes
WHERE (standing.sponsor, standing.hashes) IS DISTINCT FROM (excluded.sponsor, excluded.hashes)
RETURNING nct_id
"""
_PAIRS = """
WITH incoming AS MATERIALIZED (
    SELECT least(one, other) AS first, greatest(one, other) AS second, min(similarity) AS similarity
    FROM json_to_recordset(%s::json) AS pairs (one text, other text, similarity float) GROUP BY 1, 2
), closed AS (
    UPDATE search_similarprotocol AS standing SET until = statement_timestamp()
    WHERE until IS NULL AND (first = ANY(%s) OR second = ANY(%s))
        AND NOT EXISTS (
            SELECT FROM incoming WHERE incoming.first = standing.first AND incoming.second = standing.second
        )
)
INSERT INTO search_similarprotocol (first, second, similarity, since)
SELECT first, second, similarity, statement_timestamp() FROM incoming ORDER BY first, second
ON CONFLICT (first, second) WHERE until IS NULL DO UPDATE SET similarity = excluded.similarity
"""

# In order, so that two publishers never wait for each other's words crosswise. Most words stand already: to look them
# up first takes two thirds of the time that as many conflicts take.
_SPELL = """
INSERT INTO search_word (word) SELECT word FROM unnest(%s::text[]) AS met (word)
WHERE NOT EXISTS (SELECT FROM search_word AS standing WHERE standing.word = met.word)
ORDER BY word ON CONFLICT DO NOTHING
"""

# Microseconds of the clock, and always more than before: a version is never given twice, not even after a rollback or
# in a new database, so no cache of a browser or a process can take one content for another.
_MOVE = """
INSERT INTO search_datasetversion AS standing (id, version, moved_at, document_version)
VALUES (1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, clock_timestamp(), %s)
ON CONFLICT (id) DO UPDATE SET version = greatest(standing.version + 1, excluded.version), moved_at = excluded.moved_at
RETURNING version
"""


def index_documents(entries: Sequence[DocumentEntry]) -> int:
    """Publish these documents and return how many were written.

    Only rows that differ are written. What stood before moves to `StudyDocumentPast`, with the half-open interval in
    which it was published; both ends are the time of this statement, so that the intervals of a study never overlap.
    The caller holds the rows of `Study` locked. An nct_id given twice raises django.db.DatabaseError.
    """
    if not entries:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_INDEX, [msgspec.json.encode(entries).decode()])
        written = {nct_id for (nct_id,) in cursor.fetchall()}
        if written:
            texts = (text for entry in entries if entry.nct_id in written for text in _texts(entry))
            cursor.execute(_SPELL, [sorted(spelt(texts))])
    return len(written)


def index_sites(nct_ids: Sequence[str], entries: Sequence[SiteEntry]) -> None:
    """Publish the sites of these studies: `entries` are all that they have. One statement.

    The caller holds the rows of `Study` locked, as for `index_documents`.
    """
    if not nct_ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(_INDEX_SITES, [msgspec.json.encode(entries).decode(), list(nct_ids)])


@dataclass(frozen=True, slots=True)
class PrintEntry:
    """What a study's protocol is compared by, and the normalised name of its lead sponsor."""

    nct_id: str
    sponsor: str
    hashes: Sequence[int] = ()


def index_prints(entries: Sequence[PrintEntry]) -> set[str]:
    """Keep these prints; returns the ids of those that differ from what stood."""
    if not entries:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_KEEP_PRINTS, [msgspec.json.encode(entries).decode()])
        return {nct_id for (nct_id,) in cursor.fetchall()}


def index_pairs(nct_ids: Collection[str], pairs: Sequence[tuple[str, str, float]]) -> None:
    """`pairs` are all that these studies stand in: the others of theirs are closed."""
    told = [{"one": one, "other": other, "similarity": degree} for one, other, degree in pairs]
    with connection.cursor() as cursor:
        cursor.execute(_PAIRS, [msgspec.json.encode(told).decode(), list(nct_ids), list(nct_ids)])


def _texts(entry: DocumentEntry) -> tuple[str, ...]:
    """The texts whose words a misspelt one is held against; those left out hold no others."""
    return (entry.text_a, entry.text_b, entry.text_c, entry.text_d, entry.text_outcomes, entry.text_eligibility)


def move_dataset_version() -> int:
    """Tell every cache that the dataset has moved; returns the new version. The transaction's last statement."""
    with connection.cursor() as cursor:
        cursor.execute(_MOVE, [DOCUMENT_VERSION])
        return cursor.fetchone()[0]


def mark_documents_current() -> None:
    """Every document has been rebuilt at the present `DOCUMENT_VERSION`."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE search_datasetversion SET document_version = %s", [DOCUMENT_VERSION])
