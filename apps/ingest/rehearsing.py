"""What would move, before anybody says yes: stored records under other terms, held against their labels."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.classification.moves import Move, Said, moves_between, said_by, summary
from apps.classification.rules import classify
from apps.classification.selectors import labels_of_many
from apps.curation.models import TermProposal
from apps.curation.selectors import brought_in
from apps.curation.terms import change_of, terms_in_force, tried
from apps.ingest.models import Rehearsal
from apps.ingest.processing import outdated, versions
from apps.ingest.selectors import records_of
from apps.search.selectors import dataset_version
from apps.studies.models import RegistryState, Study
from apps.studies.records import StudyRecord
from apps.vocabulary.terms import Amendments, amended

log = logging.getLogger(__name__)

# The rules and terms as they are, against what is stored.
AS_THEY_ARE = 0
# Of a rehearsal that has given no sign for so long nobody works on it any more.
_STILL = dt.timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a rehearsal stands at this moment.

    `state`: "asked" (no worker has begun), "running", "still" (begun or asked for, and nothing heard of it for
    minutes), "failed", "past" (made with other rules or terms than those in force) or "good".
    """

    rehearsal: Rehearsal
    state: str

    @property
    def waits(self) -> bool:
        return self.state in {"asked", "running"}


def rehearsal_of(proposal: int, terms_version: int, *, moved: bool = True) -> Standing | None:
    """The rehearsal of a proposal, held against the terms in force; None where nobody has asked for one."""
    rows = Rehearsal.objects.filter(proposal=proposal)
    rehearsal = (rows if moved else rows.defer("moved")).first()
    return Standing(rehearsal, _state(rehearsal, terms_version)) if rehearsal else None


def _state(rehearsal: Rehearsal, terms_version: int) -> str:
    if rehearsal.finished_at is None:
        if timezone.now() - (rehearsal.heartbeat_at or rehearsal.asked_at) > _STILL:
            return "still"
        return "running" if rehearsal.started_at else "asked"
    if rehearsal.error:
        return "failed"
    made = {name: getattr(rehearsal, name) for name in versions()}
    return "good" if made == versions() | {"terms_version": terms_version} else "past"


@transaction.atomic
def ask(*, proposal: int, by: str) -> tuple[Rehearsal, bool]:
    """The rehearsal that a worker is to make, and whether it is a new one: one that is under way goes on."""
    standing = Rehearsal.objects.select_for_update().defer("moved").filter(proposal=proposal).first()
    if standing is not None:
        if _state(standing, standing.terms_version) in {"asked", "running"}:
            return standing, False
        standing.delete()
    try:
        with transaction.atomic():
            return Rehearsal.objects.create(proposal=proposal, by=by), True
    except IntegrityError:
        # Somebody else has asked at the same moment.
        return Rehearsal.objects.get(proposal=proposal), False


def rehearse(number: int) -> None:
    """Make the rehearsal of this number. One that is finished, or whose place another has taken, is left alone.

    Given to a second worker after a first was killed, it begins from the start.
    """
    terms = terms_in_force()
    with amended(terms):
        made_with = versions()
    ids = list(Study.objects.exclude(registry_state=RegistryState.MERGED).order_by("pk").values_list("pk", flat=True))
    now = timezone.now()
    told: dict[str, Any] = made_with | {
        "dataset_version": dataset_version(),
        "of": len(ids),
        "done": 0,
        "started_at": now,
        "heartbeat_at": now,
    }
    if not _keep(number, told):
        return
    rehearsal = Rehearsal.objects.filter(pk=number).first()
    if rehearsal is None:
        return
    try:
        _work_through(rehearsal, terms, ids)
    except Exception as error:
        _keep(number, {"error": _told(error), "finished_at": timezone.now()})
        if not isinstance(error, TermProposal.DoesNotExist):
            raise


def _work_through(rehearsal: Rehearsal, terms: Amendments, ids: Sequence[str]) -> None:
    other = terms
    if rehearsal.proposal != AS_THEY_ARE:
        other = tried(terms, change_of(TermProposal.objects.get(pk=rehearsal.proposal)))
    moved: list[tuple[str, list[Move]]] = []
    unread: list[str] = []
    for start in range(0, len(ids), settings.SYNC_BATCH_SIZE):
        batch = ids[start : start + settings.SYNC_BATCH_SIZE]
        records = records_of(batch)
        before, now = _said_before(rehearsal, records, terms), _said_now(records, other)
        for nct_id in sorted(records):
            if nct_id not in now or nct_id not in before:
                unread.append(nct_id)
            elif moves := moves_between(before[nct_id], now[nct_id]):
                moved.append((nct_id, moves))
        if not _keep(rehearsal.pk, {"done": start + len(batch), "heartbeat_at": timezone.now()}):
            return
    titles = dict(Study.objects.filter(pk__in=[nct_id for nct_id, _moves in moved]).values_list("pk", "brief_title"))
    rows = [
        {"nct_id": nct_id, "title": titles.get(nct_id, ""), "moves": [_row(move) for move in moves]}
        for nct_id, moves in moved
    ]
    # As lists: the database does not keep the order of keys.
    counted = [[name, list(kinds.items())] for name, kinds in summary(moves for _nct_id, moves in moved).items()]
    _keep(rehearsal.pk, {"moved": rows, "summary": counted, "unread": unread, "finished_at": timezone.now()})


def _said_before(rehearsal: Rehearsal, records: dict[str, StudyRecord], terms: Amendments) -> dict[str, Said]:
    """What is stored; for a proposal, what would be stored without it, where the stored labels are of older rules."""
    said = {nct_id: said_by(labels) for nct_id, labels in labels_of_many(records).items()}
    if rehearsal.proposal == AS_THEY_ARE:
        return said
    with amended(terms):
        behind = set(outdated().filter(pk__in=list(records)).values_list("pk", flat=True))
    said = {nct_id: each for nct_id, each in said.items() if nct_id not in behind}
    return said | _said_now({nct_id: records[nct_id] for nct_id in behind}, terms)


def _said_now(records: dict[str, StudyRecord], terms: Amendments) -> dict[str, Said]:
    """What the rules say with these terms; without the studies that they cannot take."""
    listed, said = brought_in(records), {}
    with amended(terms):
        for nct_id, record in records.items():
            try:
                said[nct_id] = said_by(classify(record, listed=nct_id in listed).labels)
            except Exception:
                log.exception("%s could not be classified for a rehearsal.", nct_id)
    return said


def _row(move: Move) -> dict[str, Any]:
    return {name: sorted(value) if name != "field" else value for name, value in asdict(move).items()}


def _told(error: Exception) -> str:
    if isinstance(error, TermProposal.DoesNotExist):
        return _("There is no such proposal.")
    return _("It ended with a fault of ours (%(kind)s), which stands in the log.") % {"kind": type(error).__name__}


def _keep(number: int, told: dict[str, Any]) -> bool:
    """Write to the rehearsal while it is unfinished and nobody has begun another in its place."""
    return bool(Rehearsal.objects.filter(pk=number, finished_at=None).update(**told))
