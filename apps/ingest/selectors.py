"""Reading what arrived: the current records, the runs, and how fresh the site is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Count, Q, QuerySet
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
    kinds = (SyncRun.Kind.FULL, SyncRun.Kind.REPLAY)  # "full" sorts before "replay"
    runs = SyncRun.objects.filter(kind__in=kinds, state__in=GOOD)
    return (runs if by is None else runs.filter(finished_at__lt=_end_of(by))).order_by("kind", "-pk").first()


def rules_in_force(by: dt.date | None = None) -> tuple[int, int] | None:
    """The versions of the rules and of the words accepted over their files that have labelled the studies; with `by`
    those that had by the end of that day (UTC). None where none had.

    Of a run of any kind: stored records are labelled anew without asking the registry.
    """
    runs = SyncRun.objects.filter(state=State.OK)
    runs = runs if by is None else runs.filter(finished_at__lt=_end_of(by))
    return runs.order_by("-finished_at").values_list("ruleset_version", "terms_version").first()


def _end_of(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), dt.UTC)


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
