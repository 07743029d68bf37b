"""Step one of a run: every record goes into its snapshot and onto the run's working list, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import zstandard
from django.db import connection, transaction
from django.utils import timezone
from psycopg2 import Binary

from apps.ctgov.content import content_hash
from apps.ctgov.parser import ParseError, nct_id_of, parse_study
from apps.ingest.models import IngestIssue, LandedStudy, StudySnapshot, SyncRun
from apps.ingest.runs import fence

# Id, version and content hash of what stands before the first version.
NO_VERSION = (0, 0, "")


# A compressor of its own for each call: one that two threads share at a time breaks the process.
def compress(payload: bytes) -> bytes:
    return zstandard.compress(payload, level=3)


def decompress(stored: bytes | memoryview) -> bytes:
    return zstandard.decompress(bytes(stored))


@dataclass(frozen=True, slots=True)
class _Read:
    nct_id: str
    payload: bytes
    hash: str
    verdict: str


def land_payloads(
    run: SyncRun,
    payloads: Iterable[bytes],
    *,
    query: str = "",
    verdict: str = LandedStudy.Verdict.FOUND,
) -> set[str]:
    """Land raw records, in one transaction, and give back their ids. A record that cannot be read becomes an issue.

    A version is stored when its content differs from the newest one that we hold of the study. `query` is the named
    query that found the records, or blank.
    """
    with transaction.atomic():
        fence(run)
        read = {record.nct_id: record for record in _read_all(run, payloads, verdict)}
        snapshots = _land_versions(run, read)
        _list_landed(run, read, snapshots, query)
    return set(read)


def unlist_query(run: SyncRun, query: str) -> None:
    """Forget what a query brought: its paging starts again from page 1."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE ingest_landedstudy SET queries = array_remove(queries, %s) WHERE run_id = %s AND %s = ANY(queries)",
            [query, run.pk, query],
        )
        cursor.execute("DELETE FROM ingest_landedstudy WHERE run_id = %s AND queries = '{}'", [run.pk])


def _read_all(run: SyncRun, payloads: Iterable[bytes], verdict: str) -> Iterable[_Read]:
    for payload in payloads:
        try:
            nct_id = parse_study(payload).nct_id
        except ParseError as error:
            bad_id = nct_id_of(payload)
            # The same record may come for several queries: it is one issue.
            _, new = IngestIssue.objects.get_or_create(
                run=run, nct_id=bad_id, path=error.path[:500], value=error.value, reason=error.reason
            )
            run.failed += new
            if bad_id:
                yield _Read(bad_id, payload, content_hash(payload), LandedStudy.Verdict.BAD)
        else:
            yield _Read(nct_id, payload, content_hash(payload), verdict)


def _land_versions(run: SyncRun, read: dict[str, _Read]) -> dict[str, int]:
    """Snapshot ids by study, with new versions stored where the content is new."""
    newest: dict[str, tuple[int, int, str]] = {
        row["nct_id"]: (row["id"], row["version"], row["content_hash"])
        for row in StudySnapshot.objects.filter(nct_id__in=read)
        .order_by("nct_id", "-version")
        .distinct("nct_id")
        .values("nct_id", "id", "version", "content_hash")
    }
    fresh = [record for record in read.values() if newest.get(record.nct_id, NO_VERSION)[2] != record.hash]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO ingest_studysnapshot
                (nct_id, version, content_hash, payload, contacts_removed, run_id, data_timestamp, landed_at)
            SELECT nct_id, version, content_hash, payload, false, %s, %s, %s
            FROM unnest(%s::text[], %s::int[], %s::text[], %s::bytea[])
                AS fresh (nct_id, version, content_hash, payload)
            RETURNING nct_id, id
            """,
            [
                *(run.pk, run.data_timestamp, timezone.now()),
                [record.nct_id for record in fresh],
                [newest.get(record.nct_id, NO_VERSION)[1] + 1 for record in fresh],
                [record.hash for record in fresh],
                [Binary(compress(record.payload)) for record in fresh],
            ],
        )
        return {nct_id: row[0] for nct_id, row in newest.items()} | dict(cursor.fetchall())


def _list_landed(run: SyncRun, read: dict[str, _Read], snapshots: dict[str, int], query: str) -> None:
    """What a query has found has not left, though it may come again under a former id."""
    ids = sorted(read)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO ingest_landedstudy (run_id, nct_id, snapshot_id, queries, verdict, merged_into, processed)
            SELECT %s, nct_id, snapshot_id, %s::text[], verdict, '', false
            FROM unnest(%s::text[], %s::bigint[], %s::text[]) AS landed (nct_id, snapshot_id, verdict)
            ON CONFLICT (run_id, nct_id) DO UPDATE SET
                snapshot_id = excluded.snapshot_id,
                verdict = CASE excluded.verdict WHEN 'left' THEN ingest_landedstudy.verdict ELSE excluded.verdict END,
                queries = (
                    SELECT coalesce(array_agg(DISTINCT name), '{}')
                    FROM unnest(ingest_landedstudy.queries || excluded.queries) AS name
                )
            """,
            [
                *(run.pk, [query] if query else [], ids),
                [snapshots[nct_id] for nct_id in ids],
                [read[nct_id].verdict for nct_id in ids],
            ],
        )


def list_standing(run: SyncRun, nct_id: str, *, verdict: str, merged_into: str = "") -> bool:
    """Put a study that the registry no longer answers for on the working list, with the version that we hold.

    False when we have no such study.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        fence(run)
        cursor.execute(
            """
            INSERT INTO ingest_landedstudy (run_id, nct_id, snapshot_id, queries, verdict, merged_into, processed)
            SELECT %s, nct_id, snapshot_id, '{}', %s, %s, false FROM studies_study WHERE nct_id = %s
            ON CONFLICT (run_id, nct_id) DO UPDATE SET verdict = excluded.verdict, merged_into = excluded.merged_into
            """,
            [run.pk, verdict, merged_into, nct_id],
        )
        return bool(cursor.rowcount)
