"""What waits for a person: the queues, narrowed by filters, and who is at what."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.search import SearchQuery
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.curation.decisions import Standing
from apps.curation.models import AuditEntry, Claim, Note, SavedFilter, SecondLook, StudyOverride
from apps.search.models import IN_DOUBT, IN_REVIEW, RECRUITS, StudyDocument

# The most pressing first.
QUEUES: Mapping[str, Promise] = {
    "reopened": _("The record has changed under a decision"),
    "review": _("Does it belong in our list?"),
    "doubtful": _("A reading of the rules is in doubt"),
    "second": _("A second look, blind"),
    "disagreed": _("Two curators read it differently"),
}

MINE, FREE, OTHERS = "mine", "free", "others"
ASSIGNED: Mapping[str, Promise] = {
    MINE: _("mine"),
    FREE: _("nobody's"),
    OTHERS: _("others'"),
}


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What a curator wants to see of a queue; "" for all. The values are slugs, the registry's word, and ASSIGNED."""

    disease: str = ""
    cell_type: str = ""
    status: str = ""
    assigned: str = ""


EVERYTHING = Narrowed()


def documents_waiting(kind: str, *, viewer: str = "", narrowed: Narrowed = EVERYTHING) -> QuerySet[StudyDocument]:
    """The studies of a queue; recruiting ones first, then the last updated.

    A field on which a curator has decided waits only where the record has moved since.
    """
    documents = StudyDocument.objects.all()
    if kind == "reopened":
        documents = documents.filter(pk__in=_reopened().values("nct_id"))
    elif kind == "review":
        decided = StudyOverride.objects.filter(field="scope").values("nct_id")
        documents = documents.filter(IN_REVIEW).exclude(pk__in=decided)
    elif kind == "doubtful":
        documents = documents.filter(IN_DOUBT)
    else:
        documents = documents.filter(pk__in=_looks(kind, viewer).values("nct_id"))
    if narrowed.disease:
        documents = documents.filter(diseases__contains=[narrowed.disease])
    if narrowed.cell_type:
        documents = documents.filter(cell_types__contains=[narrowed.cell_type])
    if narrowed.status:
        documents = documents.filter(overall_status=narrowed.status)
    if narrowed.assigned == MINE:
        documents = documents.filter(pk__in=live_claims().filter(by=viewer).values("pk"))
    elif narrowed.assigned == FREE:
        documents = documents.exclude(pk__in=live_claims().values("pk"))
    elif narrowed.assigned == OTHERS:
        documents = documents.filter(pk__in=live_claims().exclude(by=viewer).values("pk"))
    return documents.order_by(RECRUITS, "-last_update_posted", "nct_id")


def rows_waiting(kind: str, nct_ids: Sequence[str], viewer: str = "") -> list[dict[str, Any]]:
    """These studies of a queue, in this order, as {nct_id, title, status, fields, claim}; `claim` lives, or is None.

    By their ids, so that the pages before are counted off in the index, without reading the documents.
    """
    documents = StudyDocument.objects.filter(pk__in=list(nct_ids))
    told = {row[0]: row for row in documents.values_list("nct_id", "title", "overall_status", "doubts")}
    rows = [told[nct_id] for nct_id in nct_ids if nct_id in told]
    ids = [nct_id for nct_id, *_rest in rows]
    moved: dict[str, list[str]] = {}
    if kind in {"reopened", "second", "disagreed"}:
        marked: QuerySet[Any] = _reopened() if kind == "reopened" else _looks(kind, viewer)
        for nct_id, field in marked.filter(nct_id__in=ids).order_by("field").values_list("nct_id", "field"):
            moved.setdefault(nct_id, []).append(field)
    claims = {claim.nct_id: claim for claim in live_claims().filter(pk__in=ids)}
    return [
        {
            "nct_id": nct_id,
            "title": title,
            "status": status,
            "fields": doubts if kind == "doubtful" else moved.get(nct_id, ["scope"]),
            "claim": claims.get(nct_id),
        }
        for nct_id, title, status, doubts in rows
    ]


def waiting(kind: str, nct_id: str = "", viewer: str = "") -> list[dict[str, Any]]:
    """All of a queue, or the one study in it, as rows."""
    documents = documents_waiting(kind, viewer=viewer)
    ids = (documents.filter(pk=nct_id) if nct_id else documents).values_list("pk", flat=True)
    return rows_waiting(kind, list(ids), viewer)


def number_waiting(kind: str, viewer: str = "") -> int:
    """How many studies a queue has."""
    return documents_waiting(kind, viewer=viewer).order_by().count()


def first_waiting(kind: str, viewer: str = "", narrowed: Narrowed = EVERYTHING) -> str | None:
    """The id of the first study that nobody else is working on; None where there is none."""
    documents = documents_waiting(kind, viewer=viewer, narrowed=narrowed)
    if narrowed.assigned != OTHERS:
        documents = documents.exclude(pk__in=live_claims().exclude(by=viewer).values("pk"))
    return documents.values_list("pk", flat=True).first()


def waits_anywhere(nct_id: str, viewer: str = "") -> bool:
    """Whether anything is still asked about a study."""
    return any(documents_waiting(kind, viewer=viewer).order_by().filter(pk=nct_id).exists() for kind in QUEUES)


def asked_about(nct_id: str) -> set[str]:
    """The fields of a study that wait for a first look."""
    kinds = ("reopened", "review", "doubtful")
    return {field for kind in kinds for item in waiting(kind, nct_id) for field in item["fields"]}


def _looks(kind: str, viewer: str) -> QuerySet[SecondLook]:
    """Second looks that wait for this curator, or those that disagree."""
    if kind == "second":
        return SecondLook.objects.filter(second_at=None).exclude(first_by=viewer)
    return SecondLook.objects.filter(agreed=False, settled_at=None)


def unseen(viewer: str) -> QuerySet[SecondLook]:
    """What a curator shall not see yet: the first decisions at which they may still look blind."""
    return _looks("second", viewer)


def disagreements_on(nct_id: str) -> dict[str, SecondLook]:
    """The fields of a study that two curators read differently, until another decision ends it."""
    return {look.field: look for look in _looks("disagreed", "").filter(nct_id=nct_id)}


def _reopened() -> QuerySet[StudyOverride]:
    return StudyOverride.objects.filter(standing=Standing.REOPENED)


# Who is at what


def live_claims() -> QuerySet[Claim]:
    """Claims that have not run out."""
    return Claim.objects.filter(Q(until=None) | Q(until__gt=Now()))


def claim_on(nct_id: str) -> Claim | None:
    """Who is working on a study now."""
    return live_claims().filter(pk=nct_id).first()


def claim_of_others(nct_id: str, by: str) -> Claim | None:
    """The claim of somebody else on a study; None where there is none, or it is one's own."""
    return live_claims().filter(pk=nct_id).exclude(by=by).first()


def filters_of(by: str) -> list[SavedFilter]:
    """A curator's saved filters, by name."""
    return list(SavedFilter.objects.filter(by=by).order_by("name"))


# Search over everything

MOST_FOUND = 50
_ID = re.compile(r"NCT[0-9]{1,8}")


@dataclass(frozen=True, slots=True)
class Found:
    """What a text is found in, each at most MOST_FOUND; `more` names those that have more."""

    studies: Sequence[tuple[str, str]]
    notes: Sequence[Note]
    entries: Sequence[AuditEntry]
    more: frozenset[str]


def found(text: str, viewer: str = "") -> Found:
    """Studies by id (or its beginning) and by words of their record; notes and reasons by all words, in part too."""
    words = text.replace("\x00", " ").split()[:20]
    if not words:
        return Found((), (), (), frozenset())
    documents = StudyDocument.objects.order_by("pk").values_list("pk", "title")
    if len(words) == 1 and _ID.fullmatch(words[0].upper()):
        start = words[0].upper()
        documents, about = documents.filter(pk__startswith=start), Q(nct_id__startswith=start)
    else:
        documents, about = (
            documents.filter(search_vector=SearchQuery(" ".join(words), config="trialtracker")),
            Q(pk__in=[]),
        )
    notes = Note.objects.filter(_all_of("text", words) | about).order_by("-pk")
    hidden = unseen(viewer).filter(nct_id=OuterRef("nct_id"), field=OuterRef("field"), first_entry__lte=OuterRef("pk"))
    entries = AuditEntry.objects.filter(_all_of("reason", words)).order_by("-pk")
    if viewer:
        entries = entries.exclude(Exists(hidden))
    taken: tuple[list[Any], ...] = tuple(list(rows[: MOST_FOUND + 1]) for rows in (documents, notes, entries))
    names = ("studies", "notes", "entries")
    more = frozenset(name for name, rows in zip(names, taken, strict=True) if len(rows) > MOST_FOUND)
    studies, told, reasons = (rows[:MOST_FOUND] for rows in taken)
    return Found(studies, told, reasons, more)


def _all_of(column: str, words: Iterable[str]) -> Q:
    wanted = Q()
    for word in words:
        wanted &= Q(**{f"{column}__icontains": word})
    return wanted
