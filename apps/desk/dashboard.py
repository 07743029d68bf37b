"""What the first page of the desk shows: what waits, what came lately, and how much of the cards is filled in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.curation.appeals import number_open
from apps.curation.models import MistakeReport
from apps.curation.proposals import number_proposed
from apps.curation.queues import QUEUES, number_waiting
from apps.history.selectors import moved_by_day
from apps.ingest.models import IngestIssue, SyncRun
from apps.search.bitmaps import BitmapIndex, index_at
from apps.search.models import CautionKind
from apps.search.selectors import dataset_version
from apps.vocabulary.card_values import NOT_STATED
from apps.vocabulary.cards import FIELDS
from apps.vocabulary.taxonomy import CELL_TYPES

DAYS = 14
# What `freshness` says of the site.
STATE_WORDS = {
    "never": gettext_lazy("nothing fetched yet"),
    "running": gettext_lazy("a run is under way"),
    "ok": gettext_lazy("up to date"),
    "stale": gettext_lazy("not renewed for too long"),
    "held": gettext_lazy("the last run is held for a person"),
    "failed": gettext_lazy("the last run failed"),
}
# The longest bar, in the units of its drawing.
_WIDE = 100


@dataclass(frozen=True, slots=True)
class Day:
    """One day (UTC): studies that were new, others that changed, and the length of the bars (0 to 100)."""

    day: dt.date
    came: int
    changed: int
    came_wide: int
    changed_wide: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """A field of the card: of so many studies in the list that could state it, so many do."""

    name: str
    of: int
    stated: int

    @property
    def percent(self) -> int:
        return round(100 * self.stated / self.of)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A queue: its name, how much waits in it, and where it is worked off."""

    name: str
    number: int
    address: str


def waiting_lists(user: Any, held: int | None) -> list[Waiting]:
    """Every queue that this person may see, by impact: what stops or can mislead most comes first.

    `held` counts the runs that wait for a person; None where this one may not see runs.
    """
    by = user.get_username()
    lists = []
    if held is not None:
        address = reverse("desk:ingest_syncrun_changelist") + "?state__exact=held"
        lists.append(Waiting(_("Runs held before anything was published"), held, address))
    if user.has_perm("curation.view_appeal"):
        address = reverse("desk:curation_appeal_changelist") + "?answered_at__isempty=1"
        lists.append(Waiting(_("Appeals against a decision"), number_open(), address))
    if user.has_perm("curation.view_mistakereport"):
        address = reverse("desk:curation_mistakereport_changelist") + "?done_at__isempty=1"
        reported = MistakeReport.objects.filter(done_at=None).count()
        lists.append(Waiting(_("Mistakes reported by readers"), reported, address))
    if user.has_perm("curation.view_studyoverride"):
        lists += [
            Waiting(str(name), number_waiting(kind, by), reverse("desk:queue", args=[kind]))
            for kind, name in QUEUES.items()
        ]
    if user.has_perm("search.view_cautionkind"):
        proposed = CautionKind.objects.exclude(proposed_by="").count()
        address = reverse("desk:search_cautionkind_changelist")
        lists.append(Waiting(_("Cautions to confirm, by a second person"), proposed, address))
    if user.has_perm("curation.view_termproposal"):
        lists.append(Waiting(_("Words proposed for the rules"), number_proposed(), reverse("desk:terms")))
    if user.has_perm("ingest.view_ingestissue"):
        last = SyncRun.objects.exclude(state=SyncRun.State.RUNNING).order_by("-pk").values_list("pk", flat=True).first()
        errors = IngestIssue.objects.filter(run=last, severity=IngestIssue.Severity.ERROR).count() if last else 0
        address = reverse("desk:ingest_ingestissue_changelist") + f"?severity__exact=error&q={last or ''}"
        lists.append(Waiting(_("Records that the last run could not read"), errors, address))
    return lists


def last_days() -> list[Day]:
    """The last two weeks, today first. One statement."""
    today = timezone.now().date()
    first = today - dt.timedelta(days=DAYS - 1)
    moved = moved_by_day(dt.datetime.combine(first, dt.time(), dt.UTC))
    most = max([1, *(max(pair) for pair in moved.values())])
    rows = []
    for number in range(DAYS):
        day = today - dt.timedelta(days=number)
        came, changed = moved.get(day, (0, 0))
        rows.append(Day(day, came, changed, _wide(came, most), _wide(changed, most)))
    return rows


def coverage() -> Sequence[tuple[str, list[Coverage]]]:
    """Of each kind of cell the fields of its card, counted in the index that the lists use: no statement of its own."""
    index = index_at(dataset_version())
    return [(str(kind.name), list(_of_kind(index, kind.slug))) for kind in CELL_TYPES]


def _of_kind(index: BitmapIndex, kind: str) -> Iterator[Coverage]:
    listed = index.of_scopes(["in_scope"]) & index.having("cell_type", [kind])
    for field in FIELDS:
        if field.card in {kind, "both"} and (of := listed.bit_count()):
            missing = listed & index.having(field.slug, [NOT_STATED])
            yield Coverage(str(field.name), of, of - missing.bit_count())


def _wide(number: int, most: int) -> int:
    return max(1, round(_WIDE * number / most)) if number else 0
