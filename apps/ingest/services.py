"""The corridor: land, gate, process. Every door (the clock, the command, the desk) leads here."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from apps.classification.rules import RULESET_VERSION
from apps.classification.services import store_labels
from apps.ctgov.errors import RegistryError
from apps.ctgov.parser import PARSER_VERSION
from apps.curation.decisions import checked_reason
from apps.curation.services import log_following, publish, published_anew
from apps.curation.terms import terms_in_force
from apps.ingest import gate
from apps.ingest.fetching import land_replay, land_scope, land_singles, look_up_missing
from apps.ingest.models import LandedStudy, RequestedStudy, SyncRun
from apps.ingest.processing import Progress, labels_for, outdated, process, remove_old_contacts
from apps.ingest.runs import close_run, corridor_lock, fence, open_run, take_over, timed
from apps.ingest.selectors import due_at, held_runs, records_of, waiting_ids
from apps.search.selectors import documents_outdated
from apps.studies.files import StudyFilesError
from apps.studies.models import Study
from apps.vocabulary.terms import amended, terms_version

log = logging.getLogger(__name__)

State, Kind, Step = SyncRun.State, SyncRun.Kind, SyncRun.Step
_SUPERSEDED = "A newer run has taken its place."


def no_progress(run: SyncRun) -> None:
    """For callers who do not watch."""


def sync(
    *,
    full: bool = False,
    nct_ids: Sequence[str] = (),
    replay: Path | None = None,
    only_if_due: bool = False,
    progress: Progress = no_progress,
) -> SyncRun | None:
    """Run the corridor once; None when another process is in it, or nothing is due.

    `full` fetches even when the registry's version has not moved; `nct_ids` fetches single studies and keeps them in
    scope from then on; `replay` takes stored records through the same corridor. What an interrupted run left undone,
    and what a new parser or new rules ask for, is done first, without network.
    """
    with corridor_lock() as alone:
        if not alone:
            return None
        with amended(terms_in_force()):
            carried_on = _carry_on(progress)
            _reprocess_outdated(progress)
            _republish_outdated()
            if nct_ids:
                return _run(Kind.SINGLE, progress, lambda run: land_singles(run, nct_ids, progress))
            if replay:
                return _run(Kind.REPLAY, progress, lambda run: land_replay(run, replay, progress))
            if carried_on and not full:
                return carried_on
            if only_if_due and due_at() > timezone.now():
                asked = waiting_ids()
                return _run(Kind.SINGLE, progress, lambda run: land_singles(run, asked, progress)) if asked else None
            return _run(Kind.FULL, progress, lambda run: land_scope(run, progress, full=full))


def tick() -> SyncRun | None:
    """The clock's question, asked every minute: is a sync due, was one cut short, was a study asked for by its id?

    Cheap when none of these holds.

    Stored studies whose terms have moved are processed first, where nobody else has: no sync may be due for hours.
    """
    with amended(terms_in_force()):
        behind = outdated().exists()
    if behind:
        reprocess()
    if settings.SAMPLE:
        return None
    due = due_at() <= timezone.now() or SyncRun.objects.filter(state=State.RUNNING).exists() or waiting_ids()
    return sync(only_if_due=True) if due else None


@transaction.atomic
def follow(*, nct_ids: Sequence[str], by: str, reason: str) -> list[str]:
    """Ask for studies by their ids, and follow them from then on; returns those that were not followed before.

    The clock fetches them. Raises Refused where the reason will not do.
    """
    reason = checked_reason(reason)
    known = set(RequestedStudy.objects.filter(pk__in=nct_ids).values_list("pk", flat=True))
    new = [nct_id for nct_id in dict.fromkeys(nct_ids) if nct_id not in known]
    rows = (RequestedStudy(pk=nct_id, at=timezone.now(), by=by, reason=reason) for nct_id in new)
    RequestedStudy.objects.bulk_create(rows, ignore_conflicts=True)
    log_following(nct_ids=new, begun=True, by=by, reason=reason)
    return new


@transaction.atomic
def unfollow(*, nct_id: str, by: str, reason: str) -> bool:
    """Follow a study no longer by its id; False where it is not. What is stored of it stays.

    Where no query finds it, it counts as left from the next sync on. Raises Refused where the reason will not do.
    """
    reason = checked_reason(reason)
    if not RequestedStudy.objects.filter(pk=nct_id).delete()[0]:
        return False
    log_following(nct_ids=[nct_id], begun=False, by=by, reason=reason)
    return True


def reprocess(*, everything: bool = False, progress: Progress = no_progress) -> SyncRun | None:
    """Take stored versions through the corridor again where parser, rules or terms have moved, or all.

    None where none have, or another process is in the corridor.
    """
    with corridor_lock() as alone:
        if not alone:
            return None
        with amended(terms_in_force()):
            _carry_on(progress)
            run = _reprocess_outdated(progress, everything=everything)
            _republish_outdated()
            return run


def republish(batch_size: int = 200) -> int:
    """Rebuild the published documents from facts and labels as they stand; returns how many studies were looked at."""
    ids = list(Study.objects.order_by("nct_id").values_list("nct_id", flat=True))
    for start in range(0, len(ids), batch_size):
        batch = ids[start : start + batch_size]
        with transaction.atomic():
            # Locked before they are read: a sync may be replacing them at this moment.
            list(Study.objects.select_for_update().filter(pk__in=batch).order_by("pk").values_list("pk"))
            publish(records_of(batch))
    published_anew()
    return len(ids)


@transaction.atomic
def read_again(*nct_ids: str) -> None:
    """Label and publish stored studies again, at once: a decision on their scope may want their cards read."""
    list(Study.objects.select_for_update().filter(pk__in=nct_ids).order_by("pk").values_list("pk"))
    records = records_of(nct_ids)
    with amended(terms_in_force()):
        store_labels(labels_for(records))
    publish(records)


def release_run(run_id: int, by: str) -> None:
    """Let a held run through; the next tick of the clock carries it on. ValueError when it is not held any more."""
    released = held_runs().filter(pk=run_id).update(state=State.RUNNING, finished_at=None, released_by=by)
    if not released:
        raise ValueError(f"Run {run_id} is not held, or a newer run has taken its place.")


def discard_run(run_id: int, by: str) -> None:
    """Close a held run for good; what it landed stays stored and unpublished. ValueError when it is not held."""
    with transaction.atomic():
        run = held_runs().select_for_update().filter(pk=run_id).first()
        if run is None:
            raise ValueError(f"Run {run_id} is not held, or a newer run has taken its place.")
        _retire(run, f"{run.reason} Discarded by {by}.")


# The three kinds of run


def _run(kind: str, progress: Progress, land: Callable[[SyncRun], bool]) -> SyncRun:
    """One run from opening to close. A fault of the registry ends it as failed, an unbelievable answer as held."""
    run = open_run(kind)
    try:
        if not land(run):
            close_run(run, State.UNCHANGED)
            progress(run)
            return run
        run.step = Step.GATE
        with timed(run, Step.GATE):
            if kind == Kind.FULL and not run.seen and not Study.objects.exists():
                raise RegistryFoundNothing
            gate.check(run)
        fence(run)
        _finish(run, progress)
    except gate.NotBelievable as error:
        with transaction.atomic():
            _retire_held()
            close_run(run, State.HELD, reason=str(error))
    except (RegistryError, RegistryFoundNothing) as error:
        close_run(run, State.FAILED, reason=str(error), error=error.kind)
    except StudyFilesError as error:
        close_run(run, State.FAILED, reason=str(error), error="files")
    progress(run)
    return run


class RegistryFoundNothing(Exception):
    """A first sync that found no study at all."""

    kind = "nothing-found"

    def __str__(self) -> str:
        return "The registry found no trial for any of our queries. Check CTGOV_BASE_URL."


def _finish(run: SyncRun, progress: Progress) -> None:
    """Everything after the gate: look up what has left, publish, and close the books."""
    if run.kind == Kind.FULL:
        run.step = Step.DEPART
        fence(run)
        with timed(run, Step.DEPART):
            look_up_missing(run)
    run.step = Step.PROCESS
    fence(run)
    process(run, progress)
    with transaction.atomic():
        if run.kind == Kind.FULL:
            _keep_memberships(run)
            _retire_held()
        close_run(run, State.OK)
    # Last, when no list of an older run waits any more. Cut short here, the next run sees to it.
    remove_old_contacts()


def _carry_on(progress: Progress) -> SyncRun | None:
    """Finish what an interrupted run had begun to publish, or what a person let through; close the rest as failed."""
    last = None
    for run in SyncRun.objects.filter(state=State.RUNNING).order_by("pk"):
        take_over(run)
        if run.released_by and _superseded(run):
            with transaction.atomic():
                close_run(run, State.HELD, reason=run.reason)
                _retire(run, f"{run.reason} {_SUPERSEDED}")
        elif run.step in {Step.DEPART, Step.PROCESS} or run.released_by:
            log.info("Carrying on with run %d, step %s.", run.pk, run.step)
            try:
                _finish(run, progress)
            except RegistryError as error:
                if run.released_by:
                    run.step = Step.GATE
                    again = f"{error} Let it through again to try once more."
                    close_run(run, State.HELD, reason=again, error=error.kind)
                else:
                    close_run(run, State.FAILED, reason=str(error), error=error.kind)
            progress(run)
            last = run
        else:
            close_run(run, State.FAILED, reason="Interrupted before anything was published.", error="interrupted")
    return last


def _reprocess_outdated(progress: Progress, *, everything: bool = False) -> SyncRun | None:
    """A run over the stored versions whose parser, rules or terms have moved since they were read."""
    versions = {"parser": PARSER_VERSION, "rules": RULESET_VERSION, "terms": terms_version(), "everything": everything}
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 " + _OUTDATED + ")", versions)
        if not cursor.fetchone()[0]:
            return None
    run = open_run(Kind.REPROCESS)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_LIST_OUTDATED, versions | {"run": run.pk})
        run.seen = cursor.rowcount
        run.step = Step.PROCESS
        fence(run)
        if everything:
            # Versions that stand already would be ticked off as unchanged: forget which parser read them.
            Study.objects.update(parser_version=0)
    _finish(run, progress)
    progress(run)
    return run


def _republish_outdated() -> None:
    """Documents of an earlier shape are rebuilt from what is stored. Cut short, it begins anew the next time."""
    if documents_outdated() and (looked_at := republish()):
        log.info("Documents have a new shape: %d trials published again.", looked_at)


# Beside the published versions: those that a good run brought and could not take in, tried once with each parser,
# rules and terms. Reprocessing brings nothing, so it is not asked which version was the newest then.
_OUTDATED = """
    FROM studies_study AS study FULL JOIN (
        SELECT issue.nct_id, max(run.id) FILTER (WHERE run.kind <> 'reprocess') AS run_id,
            every((run.parser_version, run.ruleset_version, run.terms_version)
                <> (%(parser)s, %(rules)s, %(terms)s)) AS untried
        FROM ingest_ingestissue AS issue JOIN ingest_syncrun AS run ON run.id = issue.run_id
        WHERE issue.severity = 'error' AND run.state = 'ok'
        GROUP BY issue.nct_id
    ) AS refused ON refused.nct_id = study.nct_id
    LEFT JOIN LATERAL (
        SELECT max(snapshot.id) AS id FROM ingest_studysnapshot AS snapshot
        WHERE snapshot.nct_id = refused.nct_id AND snapshot.run_id <= refused.run_id
    ) AS newest ON true
    WHERE (study.nct_id IS NOT NULL OR newest.id IS NOT NULL)
      AND (study.parser_version <> %(parser)s OR study.ruleset_version <> %(rules)s
           OR study.terms_version <> %(terms)s
           OR (study.nct_id IS NULL AND refused.untried) OR %(everything)s)
"""
_LIST_OUTDATED = (
    """
    INSERT INTO ingest_landedstudy (run_id, nct_id, snapshot_id, queries, verdict, merged_into, processed)
    SELECT %(run)s, coalesce(study.nct_id, refused.nct_id), greatest(study.snapshot_id, newest.id), '{}',
        CASE coalesce(study.registry_state, 'present') WHEN 'present' THEN 'found' ELSE study.registry_state END,
        coalesce(study.merged_into, ''), false
    """
    + _OUTDATED
)


# Closing the books


def _keep_memberships(run: SyncRun) -> None:
    """Which query finds which study, as intervals: only what has changed is written."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE ingest_querymembership AS membership SET until = now()
            WHERE until IS NULL AND NOT EXISTS (
                SELECT 1 FROM ingest_landedstudy AS landed
                WHERE landed.run_id = %s AND landed.nct_id = membership.nct_id
                  AND membership.query = ANY(landed.queries))
            """,
            [run.pk],
        )
        cursor.execute(
            """
            INSERT INTO ingest_querymembership (nct_id, query, since)
            SELECT landed.nct_id, name, now()
            FROM ingest_landedstudy AS landed, unnest(landed.queries) AS name
            WHERE landed.run_id = %s AND NOT EXISTS (
                SELECT 1 FROM ingest_querymembership AS membership
                WHERE membership.nct_id = landed.nct_id AND membership.query = name AND membership.until IS NULL)
            """,
            [run.pk],
        )


def _retire_held() -> None:
    """A newer run has come to its end. To be called inside a transaction: someone may be letting one through."""
    for run in held_runs().select_for_update():
        _retire(run, f"{run.reason} {_SUPERSEDED}")


def _superseded(run: SyncRun) -> bool:
    """Let through too late: what a newer run brought would be undone."""
    newer = SyncRun.objects.filter(kind=Kind.FULL, pk__gt=run.pk, state__in=(State.OK, State.HELD))
    return newer.exists()


def _retire(run: SyncRun, reason: str) -> None:
    """A held run that can no longer be let through."""
    LandedStudy.objects.filter(run=run).delete()
    run.step, run.reason = Step.DONE, reason
    run.save(update_fields=["step", "reason"])
