"""Several decisions at once: previewed, taken as previewed, undone. By the rules of `services.decide` and `clear`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.classification.models import StudyLabel
from apps.curation.decisions import (
    DECIDABLE,
    PLAIN_TITLE,
    SUMMARY,
    Refused,
    checked_reason,
    checked_source,
    checked_values,
    said_of,
    standing_of,
)
from apps.curation.models import AuditEntry, Batch, StudyOverride
from apps.curation.queues import live_claims
from apps.curation.services import Overtaken, RecordsOf, opened, publish, write_clearing, write_decision
from apps.studies.models import Study
from apps.studies.records import StudyRecord

# Of one batch: it is taken in one transaction, while somebody waits, and a sync that meets its studies.
MOST_CHANGES = 200

# Published by one statement: the web server's may not take long.
AT_A_TIME = 50
# Of the rows that cannot be taken, as many are told one by one.
MOST_TOLD = 500

# The kinds of row that a preview tells apart.
NEW, CHANGED, CLEARED, UNCHANGED, REFUSED, OVERTAKEN = KINDS = (
    *("new", "changed", "cleared", "unchanged", "refused", "overtaken"),
)
# What confirming takes.
TAKEN = (NEW, CHANGED, CLEARED)
# What came between: since the preview, and since the batch was taken.
MOVED, KEPT = "moved", "kept"

# What can be an id at all: nothing else reaches the database.
_NCT = re.compile(r"NCT[0-9]{8}")
_DECIDING = (
    *(AuditEntry.Action.DECIDED, AuditEntry.Action.EXCLUDED),
    *(AuditEntry.Action.CLEARED, AuditEntry.Action.RESTORED),
)


@dataclass(frozen=True, slots=True)
class Wish:
    """A decision that is asked for. `row` tells where; `version` is that of the decision which its author saw, or 0.

    `do` is "decide" or "clear". `wrong` says why it can be refused without looking any further.
    """

    row: int
    nct_id: str
    field: str
    values: tuple[str, ...] = ()
    reason: str = ""
    source: str = ""
    version: int = 0
    do: str = "decide"
    wrong: str = ""


class TooMany(ValueError):
    """More changes than one batch may have."""


class Closed(Exception):
    """The batch is not, or no longer, in the state for this. `batch` is how it stands."""

    def __init__(self, batch: Batch) -> None:
        super().__init__()
        self.batch = batch


def preview(*, wishes: Iterable[Wish], told: str, by: str, records: RecordsOf) -> Batch:
    """A batch to look at: what each wish would do now. Nothing is decided. Raises TooMany.

    Rows that change nothing are counted and not kept. A constant number of queries.
    """
    asked = list(wishes)
    ids = sorted({wish.nct_id for wish in asked if _NCT.fullmatch(wish.nct_id)})
    known = set(Study.objects.filter(pk__in=ids).values_list("pk", flat=True))
    standing = {(item.nct_id, item.field): item for item in StudyOverride.objects.filter(nct_id__in=list(known))}
    rows, met = [], set()
    for wish in asked:
        row = _weighed(wish, known, standing.get((wish.nct_id, wish.field)))
        if row["kind"] != REFUSED and (wish.nct_id, wish.field) in met:
            row |= {"kind": REFUSED, "told": _("This field of this trial stands in an earlier row already.")}
        met.add((wish.nct_id, wish.field))
        rows.append(row)
    counts = Counter(row["kind"] for row in rows)
    if (changes := sum(counts[kind] for kind in TAKEN)) > MOST_CHANGES:
        raise TooMany(
            _("These are %(number)d changes. One batch takes %(most)d: send the rows that change in several files.")
            % {"number": changes, "most": MOST_CHANGES}
        )
    _tell_before([row for row in rows if row["kind"] in TAKEN], standing, records)
    _tell_others([row for row in rows if row["kind"] in TAKEN], by)
    told_apart = [row for row in rows if row["kind"] in {REFUSED, OVERTAKEN}][:MOST_TOLD]
    kept = sorted([*(row for row in rows if row["kind"] in TAKEN), *told_apart], key=lambda row: row["row"])
    return Batch.objects.create(told=told, by=by, rows=kept, counts={kind: counts[kind] for kind in KINDS})


def wishes_for(
    *, nct_ids: Sequence[str], field: str, do: str, values: Iterable[str] = (), reason: str, source: str = ""
) -> list[Wish]:
    """The same for several studies, as they stand now. Three queries.

    `do`: "accept" what registry and rules say, "keep" what is published, or "set" these values. The field is no text.
    """
    ids = [nct_id for nct_id in dict.fromkeys(nct_ids) if _NCT.fullmatch(nct_id)]
    standing = {item.nct_id: item for item in StudyOverride.objects.filter(nct_id__in=ids, field=field)}
    said = _said(ids, {}) if do != "set" else {}
    wishes = []
    for number, nct_id in enumerate(ids, start=1):
        stands = standing.get(nct_id)
        if do == "set":
            given = tuple(values)
        elif do == "keep" and stands:
            given = tuple(stands.values)
        else:
            given = said[nct_id].get(field, ())
        version = stands.version if stands else 0
        wishes.append(Wish(number, nct_id, field, given, reason=reason, source=source, version=version))
    return wishes


def _weighed(wish: Wish, known: set[str], stands: StudyOverride | None) -> dict[str, Any]:
    """What a wish would do, as a row of the preview."""
    row: dict[str, Any] = {
        "row": wish.row, "nct_id": wish.nct_id, "field": wish.field, "do": wish.do, "values": list(wish.values),
        "reason": wish.reason, "source": wish.source, "version": wish.version, "before": None, "told": "",
    }  # fmt: skip
    try:
        _check(wish, known, row)
    except Refused as refused:
        return row | {"kind": REFUSED, "told": str(refused)}
    version = stands.version if stands else 0
    if wish.do == "decide" and stands and _same(row, stands):
        return row | {"kind": UNCHANGED}
    if version != wish.version or (wish.do == "clear" and stands is None):
        return row | {"kind": OVERTAKEN, "before": stands.values if stands else None, "told": _who(stands)}
    return row | {"kind": CLEARED if wish.do == "clear" else CHANGED if stands else NEW}


def _check(wish: Wish, known: set[str], row: dict[str, Any]) -> None:
    """Refused where the wish cannot be had; else its row has values, reason and source as they would be written."""
    if wish.wrong:
        raise Refused("row", wish.wrong)
    if wish.nct_id not in known:
        raise Refused("nct_id", _("There is no trial “%(nct_id)s” here.") % {"nct_id": wish.nct_id[:40]})
    if wish.field not in DECIDABLE:
        raise Refused("field", _("There is no field “%(field)s” to decide.") % {"field": wish.field[:40]})
    row["reason"] = checked_reason(wish.reason)
    if wish.do == "decide":
        row["values"] = list(checked_values(wish.field, wish.values))
        row["source"] = checked_source(wish.source)
    else:
        row["values"], row["source"] = [], ""


def _same(row: Mapping[str, Any], stands: StudyOverride) -> bool:
    """Whether the decision stands already. A spreadsheet may write its own ends of lines."""

    def text(value: str) -> str:
        return value.replace("\r\n", "\n").replace("\r", "\n")

    told = [*map(text, row["values"]), text(row["reason"]), text(row["source"])]
    return told == [*map(text, stands.values), text(stands.reason), text(stands.source)]


def _who(stands: StudyOverride | None) -> str:
    if stands is None:
        return _("Somebody has taken the decision back.")
    return _("%(who)s has decided otherwise since. The reason: %(reason)s") % {
        "who": stands.by,
        "reason": stands.reason,
    }


def _tell_before(
    rows: Sequence[dict[str, Any]], standing: Mapping[tuple[str, str], StudyOverride], records: RecordsOf
) -> None:
    """What is published of each field before; what registry and rules say, for a clearing, is what comes after."""
    unsaid = [row for row in rows if row["kind"] in {NEW, CLEARED}]
    texts = sorted({row["nct_id"] for row in unsaid if row["field"] in {PLAIN_TITLE, SUMMARY}})
    said = _said([row["nct_id"] for row in unsaid], records(texts) if texts else {})
    for row in rows:
        stands = standing.get((row["nct_id"], row["field"]))
        says = list(said.get(row["nct_id"], {}).get(row["field"], ()))
        row["before"] = list(stands.values) if stands else says
        if row["kind"] == CLEARED:
            row["values"] = says


def _tell_others(rows: Sequence[dict[str, Any]], by: str) -> None:
    """Where somebody else is working on the study."""
    others = live_claims().exclude(by=by).filter(pk__in=[row["nct_id"] for row in rows])
    who = dict(others.values_list("nct_id", "by"))
    for row in rows:
        if row["nct_id"] in who:
            row["told"] = _("%(who)s is working on this trial.") % {"who": who[row["nct_id"]]}


def _said(nct_ids: Iterable[str], records: Mapping[str, StudyRecord]) -> dict[str, dict[str, tuple[str, ...]]]:
    labels: dict[str, list[StudyLabel]] = {nct_id: [] for nct_id in nct_ids}
    for label in StudyLabel.objects.filter(study_id__in=labels, scheme__in=list(DECIDABLE)).order_by("pk"):
        labels[label.study_id].append(label)
    told = {}
    for nct_id, given in labels.items():
        record = records.get(nct_id)
        summary = record.protocol.description.brief_summary if record else ""
        told[nct_id] = said_of(record.title if record else "", summary or "", given)
    return told


@transaction.atomic
def confirm(*, number: int, by: str, records: RecordsOf) -> Batch:
    """Take a batch as it was previewed, and publish it. A row under which something has moved since is left and told.

    Raises Closed where it has been confirmed or thrown away already, Batch.DoesNotExist where it is not this one's.
    """
    batch = Batch.objects.select_for_update().get(pk=number, by=by)
    if batch.state != Batch.State.PREVIEWED:
        raise Closed(batch)
    wanted = [row for row in batch.rows if row["kind"] in TAKEN]
    read = _locked(wanted, records)
    for row in wanted:
        try:
            with transaction.atomic():
                _take(row, read[row["nct_id"]], batch)
        except (Overtaken, Refused, KeyError) as error:
            row |= {"kind": MOVED, "told": _what_moved(error)}
        else:
            row["told"] = ""
    _published(wanted, read)
    batch.state, batch.applied_at = Batch.State.APPLIED, timezone.now()
    _count(batch)
    batch.save()
    return batch


def _take(row: dict[str, Any], record: StudyRecord, batch: Batch) -> None:
    stands, said = opened(record, row["field"], row["version"])
    if (stands.values if stands else list(said)) != row["before"]:
        raise Refused("values", _("Registry or rules say something else since the preview."))
    stood = _told(stands) if stands else None
    told = {"field": row["field"], "reason": row["reason"], "version": row["version"], "by": batch.by}
    if row["do"] == "clear":
        entry = write_clearing(record=record, batch=batch.pk, **told).pk
    else:
        made = write_decision(record=record, values=row["values"], source=row["source"], batch=batch.pk, **told)
        entry = made.version
    row |= {"entry": entry, "stood": stood}


def _what_moved(error: Exception) -> str:
    if isinstance(error, Overtaken):
        return _who(error.current)
    return str(error) if isinstance(error, Refused) else _("The trial is not here any more.")


def _told(stands: StudyOverride) -> dict[str, Any]:
    """A decision as it is kept in a batch, to be put back."""
    return {
        "values": stands.values, "reason": stands.reason, "source": stands.source, "said_then": stands.said_then,
        "by": stands.by, "at": stands.at.isoformat(), "standing": stands.standing,
    }  # fmt: skip


def _locked(rows: Iterable[Mapping[str, Any]], records: RecordsOf) -> Mapping[str, StudyRecord]:
    """The records of these rows' studies, which are locked before they are read."""
    ids = sorted({row["nct_id"] for row in rows})
    list(Study.objects.select_for_update().filter(pk__in=ids).order_by("pk").values_list("pk"))
    return records(ids)


def _published(rows: Iterable[Mapping[str, Any]], records: Mapping[str, StudyRecord]) -> None:
    ids = sorted({row["nct_id"] for row in rows if row["kind"] in TAKEN})
    for start in range(0, len(ids), AT_A_TIME):
        publish({nct_id: records[nct_id] for nct_id in ids[start : start + AT_A_TIME]})


def _count(batch: Batch) -> None:
    counts = Counter(row["kind"] for row in batch.rows)
    batch.counts = dict(counts) | {UNCHANGED: batch.counts.get(UNCHANGED, 0)}


@transaction.atomic
def discard(*, number: int, by: str) -> None:
    """Throw a previewed batch away. Raises as `confirm`."""
    batch = Batch.objects.select_for_update().get(pk=number, by=by)
    if batch.state != Batch.State.PREVIEWED:
        raise Closed(batch)
    batch.state = Batch.State.DISCARDED
    batch.save(update_fields=["state"])


@transaction.atomic
def undo(*, number: int, by: str, records: RecordsOf) -> Batch:
    """Put back what stood before each decision of a batch, and publish it.

    Where somebody has decided since, the row is left and told. Raises Closed where the batch was not taken or has been
    undone, Batch.DoesNotExist where there is none.
    """
    batch = Batch.objects.select_for_update().get(pk=number)
    if batch.state != Batch.State.APPLIED:
        raise Closed(batch)
    taken = [row for row in batch.rows if row["kind"] in TAKEN]
    read = _locked(taken, records)
    for row in taken:
        last = (
            AuditEntry.objects.filter(nct_id=row["nct_id"], field=row["field"], action__in=_DECIDING)
            .order_by("-pk")
            .first()
        )
        if row["nct_id"] not in read or last is None or last.pk != row["entry"]:
            who = last.by if last else ""
            row |= {"kind": KEPT, "told": _("%(who)s has decided since: left as it is.") % {"who": who}}
        else:
            _put_back(row, read[row["nct_id"]], batch, by)
    _published(taken, read)
    batch.state, batch.undone_at, batch.undone_by = Batch.State.UNDONE, timezone.now(), by
    _count(batch)
    batch.save()
    return batch


def _put_back(row: Mapping[str, Any], record: StudyRecord, batch: Batch, by: str) -> None:
    version, stood = (0 if row["do"] == "clear" else row["entry"]), row["stood"]
    reason = _("Batch %(number)d was undone.") % {"number": batch.pk}
    if stood is None:
        write_clearing(record=record, field=row["field"], reason=reason, by=by, version=version, batch=batch.pk)
        return
    stands, said = opened(record, row["field"], version)
    entry = AuditEntry.objects.create(
        by=by, action=AuditEntry.Action.RESTORED, nct_id=record.nct_id, field=row["field"],
        before=stands.values if stands else said, after=stood["values"], said=said, reason=reason, batch=batch.pk,
    )  # fmt: skip
    override = stands or StudyOverride(nct_id=record.nct_id, field=row["field"])
    for name, value in stood.items():
        setattr(override, name, value)
    override.said_now, override.moved_at, override.version = list(said), None, entry.pk
    override.standing = standing_of(override, said)
    if override.standing == "reopened":
        override.moved_at = timezone.now()
    override.save()
