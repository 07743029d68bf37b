"""Celery's doors to the corridor. Idempotent: a second call finds the lock taken or nothing to do."""

from __future__ import annotations

from celery import shared_task

from apps.ingest import rehearsing, services


@shared_task(name="ingest.tick", expires=55)
def tick() -> None:
    """Asked every minute by beat."""
    services.tick()


@shared_task(name="ingest.reprocess", expires=600)
def reprocess(everything: bool = False) -> None:
    """Asked for by staff, and when terms have moved. Where a sync is under way, the clock's tick sees to it after."""
    services.reprocess(everything=everything)


@shared_task(name="ingest.rehearse", expires=600)
def rehearse(number: int) -> None:
    """Asked for by staff."""
    rehearsing.rehearse(number)


@shared_task(name="ingest.sync_now", expires=600)
def sync_now(full: bool = False) -> None:
    """Asked for by staff."""
    services.sync(full=full)
