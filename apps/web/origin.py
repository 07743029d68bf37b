"""Of which data what is published is, and read with what: what pages, files and snapshots say of themselves."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

from django.utils import timezone

from apps.exports.about import Origin
from apps.ingest.models import SyncRun
from apps.ingest.selectors import last_good_run, rules_in_force


def origin_of(day: dt.date | None = None) -> Origin:
    """Of what is published or, with a day, was by its end."""
    if day is None or day >= timezone.now().date():
        return present_origin(last_good_run(day))
    run = last_good_run(day)
    return Origin(run.data_timestamp if run else "", *(rules_in_force(day) or (None, None)))


def present_origin(run: SyncRun | None) -> Origin:
    """Of what is published since this run. The rules are this process's own; which words lie over their files, the runs
    tell."""
    versions = rules_in_force()
    return Origin(run.data_timestamp if run else "", terms_version=versions[1] if versions else 0)


@lru_cache(maxsize=64)
def earlier_origin(day: dt.date, version: int) -> Origin:
    """As `origin_of` a day that is over, at this dataset version."""
    return origin_of(day)
