"""Of which data what is published is, and read with what: what pages, files and snapshots say of themselves."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

from django.utils import timezone

from apps.exports.about import Origin
from apps.ingest.models import SyncRun
from apps.ingest.selectors import runs_behind


def origin_of(day: dt.date | None = None) -> Origin:
    """Of what is published or, with a day, was by its end."""
    good, labelled = runs_behind(day)
    if day is None or day >= timezone.now().date():
        return present_origin(good, labelled)
    stamp = good.data_timestamp if good else ""
    return Origin(stamp, *((labelled.ruleset_version, labelled.terms_version) if labelled else (None, None)))


def present_origin(good: SyncRun | None, labelled: SyncRun | None) -> Origin:
    """Of what is published since these runs. The rules are this process's own; which words lie over their files, the
    runs tell."""
    return Origin(good.data_timestamp if good else "", terms_version=labelled.terms_version if labelled else 0)


@lru_cache(maxsize=64)
def earlier_origin(day: dt.date, version: int) -> Origin:
    """As `origin_of` a day that is over, at this dataset version."""
    return origin_of(day)
