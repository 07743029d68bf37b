"""Reading what arrived: the current records, the runs, and how fresh the site is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Count, Q, QuerySet, Subquery
from django.utils import timezone

from apps.ctgov.parser import parse_study
from apps.ingest.landing import decompress
from apps.ingest.models import LandedStudy, QueryMembership, RequestedStudy, StudySnapshot, SyncRun
from apps.ingest.schedule import PastRun, next_due
from apps.search.models import StudyDocument
from apps.studies.models import Study
from apps.studies.records import StudyRecord

State = SyncRun.State
GOOD = (State.OK, State.UNCHANGED)
# Kinds of runs over the whole scope; "full" sorts before "replay".
_WHOLE = (SyncRun.Kind.FULL, SyncRun.Kind.REPLAY)
# Enough past runs to see how often the registry has failed in a row.
_PAST_RUNS = 24


def current_payload(nct_id: str) -> bytes | None:
    """The published version of a record as JSON, contacts included; None for a study that we do not have."""
    stored = (
        StudySnapshot.objects.filter(pk__in=Study.objects.filter(pk=nct_id).values("snapshot_id"))
        .values_list("payload", flat=True)
        .first()
    )
    return decompress(stored) if stored is not None else None


def payloads_of(snapshot_ids: Sequence[int]) -> dict[int, bytes]:
    """Several versions of records as JSON, contacts included, by snapshot."""
    stored = StudySnapshot.objects.filter(pk__in=snapshot_ids).values_list("pk", "payload")
    return {pk: decompress(payload) for pk, payload in stored}


def records_of(nct_ids: Sequence[str]) -> dict[str, StudyRecord]:
    """The published versions of several records, by id."""
    snapshots = StudySnapshot.objects.filter(pk__in=Study.objects.filter(pk__in=nct_ids).values("snapshot_id"))
    return {snapshot.nct_id: parse_study(decompress(snapshot.payload)) for snapshot in snapshots}


def memberships(nct_id: str) -> list[QueryMembership]:
    """The named queries that find, or found, a study; those in force first."""
    return sorted(QueryMembership.objects.filter(nct_id=nct_id), key=lambda m: (m.until is not None, m.query))


def followed() -> QuerySet[RequestedStudy]:
    """The studies that are followed by their ids, the last asked for first."""
    return RequestedStudy.objects.order_by("-at", "pk")


def waiting_ids() -> list[str]:
    """The ids that were asked for since the last run began that could have fetched them. Each is tried once like that:

    what the registry cannot give then comes with the next whole run.
    """
    runs = SyncRun.objects.filter(kind__in=(SyncRun.Kind.FULL, SyncRun.Kind.SINGLE), finished_at__isnull=False)
    last = runs.order_by("-pk").values_list("started_at", flat=True).first()
    asked = RequestedStudy.objects.all() if last is None else RequestedStudy.objects.filter(at__gt=last)
    return list(asked.order_by("pk").values_list("pk", flat=True))


def progress_of(run: SyncRun) -> int:
    """How much of the step that a run is at is done, in percent."""
    if run.step == SyncRun.Step.LAND:
        return run.percent
    if run.step != SyncRun.Step.PROCESS:
        return 0
    done, of = processed_of(run)
    return round(100 * done / max(1, of))


def processed_of(run: SyncRun) -> tuple[int, int]:
    """How many studies of a run's working list are done, and how many it has. One statement.

    They are more than the run has seen where it looks up those that have left, and none when it has ended.
    """
    counts = LandedStudy.objects.filter(run=run).aggregate(done=Count("pk", filter=Q(processed=True)), of=Count("pk"))
    return counts["done"], counts["of"]


def held_runs() -> QuerySet[SyncRun]:
    """The runs that wait for a person: held at the gate, and no newer one has taken their place."""
    return SyncRun.objects.filter(state=State.HELD, step=SyncRun.Step.GATE)


def latest_runs(count: int = 10) -> list[SyncRun]:
    return list(SyncRun.objects.order_by("-pk")[:count])


def last_good_run(by: dt.date | None = None) -> SyncRun | None:
    """What the site is as of: the last full run or, where there was none, the last replay of stored records.

    With `by` what it was as of at the end of that day (UTC).
    """
    return _good_runs(by).first()


def runs_behind(by: dt.date | None = None) -> tuple[SyncRun | None, SyncRun | None]:
    """The run of `last_good_run`, and the one that labelled studies last, by whose rules and words they are labelled.

    That is one of any kind: stored records are labelled anew without asking the registry. One statement.
    """
    labelled = _by(SyncRun.objects.filter(state=State.OK), by).order_by("-finished_at")
    either = Q(pk=Subquery(_good_runs(by).values("pk")[:1])) | Q(pk=Subquery(labelled.values("pk")[:1]))
    found = list(SyncRun.objects.filter(either))
    good = (run for run in found if run.kind in _WHOLE)
    ended = [(run.finished_at, run) for run in found if run.state == State.OK and run.finished_at]
    return (
        min(good, key=lambda run: (run.kind, -run.pk), default=None),
        max(ended, key=lambda pair: pair[0], default=(None, None))[1],
    )


def _good_runs(by: dt.date | None) -> QuerySet[SyncRun]:
    """Those of the whole scope that ended well, the one first that counts."""
    return _by(SyncRun.objects.filter(kind__in=_WHOLE, state__in=GOOD), by).order_by("kind", "-pk")


def _by(runs: QuerySet[SyncRun], day: dt.date | None) -> QuerySet[SyncRun]:
    """Those that had ended by the end of a day (UTC)."""
    if day is None:
        return runs
    return runs.filter(finished_at__lt=dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), dt.UTC))


def due_at() -> dt.datetime:
    """When the next sync is due (UTC); a moment in the past means now."""
    runs = SyncRun.objects.filter(kind=SyncRun.Kind.FULL, finished_at__isnull=False).order_by("-pk")[:_PAST_RUNS]
    past = [PastRun(run.state, run.error, run.finished_at) for run in runs if run.finished_at]
    return next_due(
        past,
        now=timezone.now(),
        interval=dt.timedelta(hours=settings.SYNC_INTERVAL_HOURS),
        blocked=dt.timedelta(hours=settings.SYNC_BLOCKED_HOURS),
    )


@dataclass(frozen=True, slots=True)
class Freshness:
    """How current the site is. `state`: never, running, ok, stale, held or failed. Times are UTC."""

    state: str
    finished_at: dt.datetime | None
    data_timestamp: str
    next_due: dt.datetime
    published: int


def freshness() -> Freshness:
    """`finished_at` and `data_timestamp` are those of the last good run; `state` is that of the newest one."""
    good = last_good_run()
    newest = SyncRun.objects.filter(kind__in=(SyncRun.Kind.FULL, SyncRun.Kind.REPLAY)).order_by("-pk").first()
    return Freshness(
        state=_state(newest, good),
        finished_at=good.finished_at if good else None,
        data_timestamp=good.data_timestamp if good else "",
        next_due=due_at(),
        published=StudyDocument.objects.count(),
    )


def _state(newest: SyncRun | None, good: SyncRun | None) -> str:
    if newest is None:
        return "never"
    if newest.state in {State.RUNNING, State.HELD, State.FAILED}:
        return newest.state
    age = timezone.now() - ((good or newest).finished_at or newest.started_at)
    return "stale" if age > dt.timedelta(hours=settings.SYNC_STALE_HOURS) else "ok"
