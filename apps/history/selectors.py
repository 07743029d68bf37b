"""Reading history."""

from __future__ import annotations

from collections.abc import Collection

from apps.history.models import StudyChange


def changes_of(nct_ids: Collection[str], limit: int = 200) -> list[StudyChange]:
    """The changes of a study under all the ids that it has had, newest first."""
    return list(StudyChange.objects.filter(nct_id__in=nct_ids).order_by("-id")[:limit])
