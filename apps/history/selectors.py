"""Reading history."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.db.models import Count, Q
from django.db.models.functions import TruncDate

from apps.history.models import StudyChange
from apps.studies.facts import FIRST_SEEN


def changes_of(nct_ids: Collection[str], limit: int = 200) -> list[StudyChange]:
    """The changes of a study under all the ids that it has had, newest first."""
    return list(StudyChange.objects.filter(nct_id__in=nct_ids).order_by("-id")[:limit])


def changes_after(
    seen: int,
    limit: int,
    *,
    nct_ids: Collection[str] = (),
    fields: Collection[str] = (),
    since: dt.datetime | None = None,
) -> list[StudyChange]:
    """The next changes after the one with this id, oldest first; of any study and field where none is named.

    Ids become visible in their order (the database sees to that), so nothing is ever added below an id that has been
    read. There may be gaps: a transaction that failed used them up.
    """
    changes = StudyChange.objects.filter(id__gt=seen)
    if nct_ids:
        changes = changes.filter(nct_id__in=nct_ids)
    if fields:
        changes = changes.filter(field__in=fields)
    if since is not None:
        changes = changes.filter(at__gte=since)
    return list(changes.order_by("id")[:limit])


def newest_change() -> int:
    """The id of the newest change; 0 before the first."""
    return StudyChange.objects.order_by("-id").values_list("id", flat=True).first() or 0


def moved_by_day(since: dt.datetime) -> dict[dt.date, tuple[int, int]]:
    """Of each day (UTC) on which something came since then: how many studies were new, how many others changed."""
    came = Count("nct_id", filter=Q(field=FIRST_SEEN), distinct=True)
    changed = Count("nct_id", filter=~Q(field=FIRST_SEEN), distinct=True)
    days = StudyChange.objects.filter(at__gte=since).annotate(day=TruncDate("at", tzinfo=dt.UTC)).values("day")
    return {row["day"]: (row["came"], row["changed"]) for row in days.annotate(came=came, changed=changed)}
