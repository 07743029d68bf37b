"""Runs as rows: opening, fencing, closing; and the lock that lets one run at a time through."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.conf import settings
from django.db import Error, connection
from django.utils import timezone

from apps.classification.rules import RULESET_VERSION
from apps.ctgov.parser import PARSER_VERSION
from apps.ingest.models import LandedStudy, SyncRun
from apps.vocabulary.queries import queries_fingerprint
from apps.vocabulary.terms import terms_version

# Any fixed number will do; it names the corridor among the database's advisory locks.
_LOCK = 7_213_001
_COUNTS = ("requests", "pages", "bytes", "percent", "seen", "created", "updated", "unchanged", "left", "failed")
_SAVED = ("state", "step", "reason", "error", "finished_at", "api_version", "data_timestamp", "timings", *_COUNTS)


class LostRun(Exception):
    """Another process owns the run now, or someone closed it: stop at once and write nothing."""


@contextmanager
def corridor_lock() -> Iterator[bool]:
    """True when this process alone may run the corridor. The lock dies with its connection, so with its holder."""
    dedicated = connection.copy()
    try:
        with dedicated.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
            alone = cursor.fetchone()[0]
            try:
                yield alone
            finally:
                # Said aloud, because the server notices a closed connection a little later than the next caller asks.
                with suppress(Error):
                    if alone:
                        cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
    finally:
        dedicated.close()


def open_run(kind: str) -> SyncRun:
    return SyncRun.objects.create(
        kind=kind,
        owner=uuid.uuid4().hex,
        started_at=timezone.now(),
        base_url=settings.CTGOV_BASE_URL,
        queries_hash=queries_fingerprint(),
        parser_version=PARSER_VERSION,
        ruleset_version=RULESET_VERSION,
        terms_version=terms_version(),
    )


def take_over(run: SyncRun) -> SyncRun:
    """Own a run that its process left behind; whoever had it is fenced off."""
    run.owner = uuid.uuid4().hex
    run.save(update_fields=["owner"])
    return run


def fence(run: SyncRun) -> None:
    """Write the run's figures where this process still owns it; LostRun otherwise. First statement of each batch."""
    values = {name: getattr(run, name) for name in _SAVED}
    mine = SyncRun.objects.filter(pk=run.pk, owner=run.owner, state=SyncRun.State.RUNNING)
    if not mine.update(**values, heartbeat_at=timezone.now()):
        raise LostRun(f"Run {run.pk} belongs to another process.")


def reload_counts(run: SyncRun) -> None:
    """Go back to the figures of the last committed batch, after one that was rolled back."""
    run.refresh_from_db(fields=[*_COUNTS, "timings"])


def close_run(run: SyncRun, state: str, *, reason: str = "", error: str = "") -> None:
    """End a run. A held one keeps its working list, until it is let through or a newer run replaces it."""
    run.reason, run.error = reason, error
    if state != SyncRun.State.HELD:
        run.step = SyncRun.Step.DONE if state in {SyncRun.State.OK, SyncRun.State.UNCHANGED} else run.step
        LandedStudy.objects.filter(run=run).delete()
    run.state, run.finished_at = state, timezone.now()
    fence(run)


@contextmanager
def timed(run: SyncRun, step: str) -> Iterator[None]:
    """Add the seconds spent inside to the run's timings."""
    begun = time.perf_counter()
    try:
        yield
    finally:
        run.timings[step] = round(run.timings.get(step, 0) + time.perf_counter() - begun, 4)
