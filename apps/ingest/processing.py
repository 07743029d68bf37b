"""Step three of a run: from landed snapshots to what is published, a batch a transaction, without network."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.utils import timezone

from apps.classification.rules import RULESET_VERSION, Classification, classify
from apps.classification.services import store_labels
from apps.ctgov.content import without_contacts
from apps.ctgov.parser import PARSER_VERSION, ParseError, oddities, parse_study
from apps.curation.selectors import brought_in
from apps.curation.services import publish
from apps.history.services import record_changes
from apps.ingest.landing import compress, decompress
from apps.ingest.models import IngestIssue, LandedStudy, StudySnapshot, SyncRun
from apps.ingest.runs import LostRun, fence, reload_counts, timed
from apps.studies.facts import FIRST_SEEN, REGISTRY_STATE, FieldChange
from apps.studies.models import RegistryState, Study
from apps.studies.records import StudyRecord
from apps.studies.services import StudyEntry, store_studies
from apps.vocabulary.terms import terms_version

log = logging.getLogger(__name__)
Progress = Callable[[SyncRun], None]

# The database is away, or the run is no longer ours: no study is to blame.
_STOPS = (OperationalError, InterfaceError, LostRun)

_STATE_OF_VERDICT = {
    LandedStudy.Verdict.FOUND: RegistryState.PRESENT,
    LandedStudy.Verdict.LEFT: RegistryState.LEFT,
    LandedStudy.Verdict.MERGED: RegistryState.MERGED,
    LandedStudy.Verdict.GONE: RegistryState.GONE,
}


@dataclass(frozen=True, slots=True)
class _Work:
    """One study to process: the row of the working list, the version landed, and its record."""

    landed: LandedStudy
    snapshot: StudySnapshot
    payload: bytes
    record: StudyRecord


def process(run: SyncRun, progress: Progress) -> None:
    """Publish everything on the run's working list that differs from what stands. Ends with an empty list of work."""
    _take_newest(run)
    skip_unchanged(run)
    progress(run)
    while batch := _next_batch(run):
        try:
            _process_batch(run, batch)
        except _STOPS:
            raise
        except Exception as error:
            log.warning("A batch of %d studies failed (%s); taking them one by one.", len(batch), type(error).__name__)
            reload_counts(run)
            for landed in batch:
                _process_alone(run, landed)
        progress(run)


def _take_newest(run: SyncRun) -> None:
    """While a run was held, single studies may have been published in newer versions than it landed."""
    newest = Study.objects.filter(pk=OuterRef("nct_id"), snapshot_id__gt=OuterRef("snapshot_id"))
    with transaction.atomic():
        fence(run)
        LandedStudy.objects.filter(Exists(newest), run=run, processed=False).update(
            snapshot_id=Subquery(newest.values("snapshot_id"))
        )


def skip_unchanged(run: SyncRun) -> None:
    """Tick off, in one statement, what stands already as it landed. Nothing of it is written again."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE ingest_landedstudy AS landed SET processed = true
            FROM ingest_studysnapshot AS snapshot, studies_study AS study
            WHERE landed.run_id = %s AND NOT landed.processed AND landed.verdict <> %s
              AND snapshot.id = landed.snapshot_id AND study.nct_id = landed.nct_id
              AND study.content_hash = snapshot.content_hash
              AND study.parser_version = %s AND study.ruleset_version = %s AND study.terms_version = %s
              AND study.registry_state = CASE landed.verdict WHEN 'found' THEN 'present' ELSE landed.verdict END
              AND study.merged_into = landed.merged_into
            """,
            [run.pk, LandedStudy.Verdict.BAD, *versions().values()],
        )
        run.unchanged += cursor.rowcount
        cursor.execute(
            "UPDATE ingest_landedstudy SET processed = true WHERE run_id = %s AND verdict = %s AND NOT processed",
            [run.pk, LandedStudy.Verdict.BAD],
        )
        fence(run)


def _next_batch(run: SyncRun) -> list[LandedStudy]:
    """Merged studies come last: the record that they lead to is published by then."""
    waiting = LandedStudy.objects.filter(run=run, processed=False).select_related("snapshot")
    waiting = waiting.order_by("merged_into", "nct_id")
    return list(waiting[: settings.SYNC_BATCH_SIZE])


def _process_batch(run: SyncRun, batch: Sequence[LandedStudy]) -> None:
    """Parse, classify, store, remember, publish: one call a line, all or nothing."""
    now = timezone.now()
    with transaction.atomic():
        fence(run)
        with timed(run, "parse"):
            work = [_read(landed) for landed in batch]
            records = {item.record.nct_id: item.record for item in work}
        with timed(run, "classify"):
            labels = labels_for(records)
        with timed(run, "store"):
            changes = store_studies([_entry(item) for item in work], now=now)
            store_labels(labels)
        with timed(run, "remember"):
            record_changes(changes, run_id=run.pk, data_timestamp=run.data_timestamp, at=now)
            _note_oddities(run, work)
        _count(run, work, changes)
        LandedStudy.objects.filter(pk__in=[item.landed.pk for item in work]).update(processed=True)
        with timed(run, "publish"):
            fence(run)
            publish(records)


def labels_for(records: Mapping[str, StudyRecord]) -> list[tuple[str, Classification]]:
    """What the rules say of each of these studies."""
    listed = brought_in(records)
    return [(nct_id, classify(record, listed=nct_id in listed)) for nct_id, record in records.items()]


def _process_alone(run: SyncRun, landed: LandedStudy) -> None:
    """The fallback for one study of a failed batch: it goes in, or becomes an issue with its reason."""
    try:
        _process_batch(run, [landed])
    except _STOPS:
        raise
    except Exception as error:
        log.exception("%s could not be processed.", landed.nct_id)
        reload_counts(run)
        path, value = (error.path, error.value) if isinstance(error, ParseError) else ("", "")
        reason = error.reason if isinstance(error, ParseError) else f"could not be stored: {type(error).__name__}"
        with transaction.atomic():
            IngestIssue.objects.create(run=run, nct_id=landed.nct_id, path=path[:500], value=value, reason=reason)
            run.failed += 1
            fence(run)
            _fall_back(landed)


def _fall_back(landed: LandedStudy) -> None:
    """The version that is published stays; where it has not been read by this parser and these rules, it is next."""
    study = Study.objects.filter(pk=landed.nct_id)
    behind = study.exclude(**versions()).exclude(snapshot_id=landed.snapshot_id)
    published = behind.values_list("snapshot_id", flat=True).first()
    if published:
        LandedStudy.objects.filter(pk=landed.pk).update(snapshot_id=published)
    else:
        LandedStudy.objects.filter(pk=landed.pk).update(processed=True)
        study.update(**versions())


def versions() -> dict[str, int]:
    """By what a study is read here: where it carries others, it is outdated."""
    return {
        "parser_version": PARSER_VERSION,
        "ruleset_version": RULESET_VERSION,
        "terms_version": terms_version(),
    }


def outdated() -> QuerySet[Study]:
    """The stored studies that were read by another parser, other rules or other terms than those in force here."""
    return Study.objects.exclude(**versions())


def _read(landed: LandedStudy) -> _Work:
    payload = decompress(landed.snapshot.payload)
    return _Work(landed, landed.snapshot, payload, parse_study(payload))


def _entry(item: _Work) -> StudyEntry:
    return StudyEntry(
        record=item.record,
        snapshot_id=item.snapshot.pk,
        content_hash=item.snapshot.content_hash,
        **versions(),
        registry_state=_STATE_OF_VERDICT[LandedStudy.Verdict(item.landed.verdict)],
        merged_into=item.landed.merged_into,
    )


def _count(run: SyncRun, work: Sequence[_Work], changes: Sequence[FieldChange]) -> None:
    created = {change.nct_id for change in changes if change.field == FIRST_SEEN}
    left = {c.nct_id for c in changes if c.field == REGISTRY_STATE and c.new != RegistryState.PRESENT}
    run.created += len(created)
    run.left += len(left)
    run.updated += len(work) - len(created | left)


def remove_old_contacts() -> None:
    """Contacts are personal data: they leave every version that is not published, not the newest, and not waiting."""
    of_study = StudySnapshot.objects.filter(nct_id=OuterRef("nct_id"))
    several = StudySnapshot.objects.filter(contacts_removed=False).values("nct_id").annotate(n=Count("pk"))
    old = StudySnapshot.objects.filter(
        Exists(of_study.filter(version__gt=OuterRef("version"))),
        ~Exists(Study.objects.filter(pk=OuterRef("nct_id"), snapshot_id=OuterRef("pk"))),
        ~Exists(LandedStudy.objects.filter(snapshot_id=OuterRef("pk"), processed=False)),
        contacts_removed=False,
        nct_id__in=several.filter(n__gt=1).values("nct_id"),
    )
    ids = list(old.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(ids), settings.SYNC_BATCH_SIZE):
        batch = StudySnapshot.objects.filter(pk__in=ids[start : start + settings.SYNC_BATCH_SIZE])
        for snapshot in batch:
            snapshot.payload = compress(without_contacts(decompress(snapshot.payload)))
            snapshot.contacts_removed = True
        StudySnapshot.objects.bulk_update(batch, ["payload", "contacts_removed"])


def _note_oddities(run: SyncRun, work: Sequence[_Work]) -> None:
    """What the records hold that we do not know: kept in the snapshot, counted for the desk."""
    first: dict[tuple[str, str], tuple[str, str]] = {}
    met: Counter[tuple[str, str]] = Counter()
    for item in work:
        for oddity in oddities(item.payload):
            kind = oddity.path[:500], oddity.value[:100]
            first.setdefault(kind, (item.landed.nct_id, oddity.reason))
            met[kind] += 1
    if not met:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO ingest_ingestissue (run_id, severity, path, value, nct_id, reason, count)
            SELECT %s, 'notice', path, value, nct_id, reason, count
            FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::int[])
                AS met (path, value, nct_id, reason, count)
            ON CONFLICT (run_id, path, value) WHERE severity = 'notice'
            DO UPDATE SET count = ingest_ingestissue.count + excluded.count
            """,
            [
                run.pk,
                *([kind[at] for kind in met] for at in (0, 1)),
                *([first[kind][at] for kind in met] for at in (0, 1)),
                list(met.values()),
            ],
        )
