"""Celery's door to the monthly snapshot.

It is here and not in apps.exports because a snapshot says of which data it is, which apps.ingest knows.
"""

from __future__ import annotations

import logging

from celery import shared_task
from django.conf import settings

from apps.exports.services import NotBuilt, build_snapshot
from apps.ingest.models import SyncRun
from apps.ingest.selectors import last_good_run
from apps.web.origin import origin_of

log = logging.getLogger(__name__)


@shared_task(name="exports.snapshot", expires=3500)
def snapshot() -> None:
    """Asked every hour by beat: builds the month's snapshot where there is none and no sync is under way.

    Not before the first good sync, and never of the sample.
    """
    if settings.SAMPLE or last_good_run() is None or SyncRun.objects.filter(state=SyncRun.State.RUNNING).exists():
        return
    try:
        build_snapshot(origin=origin_of)
    except NotBuilt as error:
        log.warning("No snapshot was built: %s", error)
