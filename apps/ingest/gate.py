"""Step two of a run: is what landed believable? Nothing is public until it has passed."""

from __future__ import annotations

from django.conf import settings
from django.db.models import Exists, OuterRef

from apps.ingest.models import LandedStudy, SyncRun
from apps.studies.models import Study


class NotBelievable(Exception):
    """The run must wait for a person; the sentence says why."""


def check(run: SyncRun) -> None:
    """Hold the run against the set shares of errors and losses (settings SYNC_MAX_ERRORS, SYNC_MAX_LOSS).

    Shares say nothing of a handful of studies that someone asked for, nor losses of a replay.
    """
    if run.kind == SyncRun.Kind.SINGLE:
        return
    total = max(run.seen, run.failed)
    if total and run.failed / total > settings.SYNC_MAX_ERRORS:
        raise NotBelievable(
            f"{run.failed} of {total} records could not be read, "
            f"more than the set share of {settings.SYNC_MAX_ERRORS:.0%}."
        )
    if run.kind != SyncRun.Kind.FULL:
        return
    present = Study.objects.present().count()
    lost = len(missing(run))
    if present and lost / present > settings.SYNC_MAX_LOSS:
        raise NotBelievable(
            f"{lost} of {present} trials are missing from the registry's answer, "
            f"more than the set share of {settings.SYNC_MAX_LOSS:.0%}."
        )


def missing(run: SyncRun) -> list[str]:
    """Ids of the studies that the registry's last good answer held and that this run has not seen."""
    seen = LandedStudy.objects.filter(run=run, nct_id=OuterRef("nct_id"))
    return list(Study.objects.present().filter(~Exists(seen)).order_by("nct_id").values_list("nct_id", flat=True))
