"""Step two of a run: is what landed believable? Nothing is public until it has passed."""

from __future__ import annotations

from django.conf import settings

from apps.ingest.models import LandedStudy, SyncRun
from apps.studies.models import Study


class NotBelievable(Exception):
    """The run must wait for a person; the sentence says why."""


def check(run: SyncRun, *, whole_scope: bool) -> None:
    """Hold the run against the set shares of errors and losses (settings SYNC_MAX_ERRORS, SYNC_MAX_LOSS)."""
    total = max(run.seen, run.failed)
    if total and run.failed / total > settings.SYNC_MAX_ERRORS:
        raise NotBelievable(
            f"{run.failed} of {total} records could not be read, "
            f"more than the set share of {settings.SYNC_MAX_ERRORS:.0%}."
        )
    if not whole_scope:
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
    seen = LandedStudy.objects.filter(run=run).values("nct_id")
    return list(Study.objects.present().exclude(nct_id__in=seen).order_by("nct_id").values_list("nct_id", flat=True))
