"""Reading cautions: which kinds readers see, and which protocols of a sponsor are nearly the same."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils import timezone

from apps.search.models import CautionKind, ProtocolPrint, SimilarProtocol, StudyDocument
from apps.search.moments import Moment
from apps.vocabulary.cautions import CAUTIONS

SIMILAR = "similar-protocol"


@dataclass(frozen=True, slots=True)
class Sibling:
    """Another trial of the sponsor with nearly the same protocol; `similarity` from 0 to 1."""

    nct_id: str
    title: str
    similarity: float


@dataclass(frozen=True, slots=True)
class Siblings:
    """Those that are nearly the same, the nearest first. `held`: so many other trials of the sponsor were compared."""

    found: tuple[Sibling, ...] = ()
    held: int = 0


def public_cautions() -> frozenset[str]:
    """The kinds that a person has switched on. One statement."""
    return frozenset(CautionKind.objects.filter(public=True, slug__in=list(CAUTIONS)).values_list("slug", flat=True))


def holding(since: Mapping[str, str], *, similar: bool, public: Collection[str], day: dt.date) -> tuple[str, ...]:
    """The kinds that readers are told of a study on a day. `since` is `StudyDocument.cautions`; in the usual order."""
    held = {kind for kind, first in since.items() if first <= day.isoformat()}
    if similar:
        held.add(SIMILAR)
    return tuple(kind for kind in CAUTIONS if kind in held and kind in public)


def cautions_told(document: StudyDocument) -> tuple[str, ...]:
    """The same of a published study, today. Two statements at most."""
    public = public_cautions()
    similar = SIMILAR in public and _pairs_of(document.nct_id).exists()
    return holding(document.cautions, similar=similar, public=public, day=timezone.now().date())


def similar_at(moment: Moment) -> set[str]:
    """The studies that had a sibling with nearly the same protocol at that moment. One statement."""
    pairs = SimilarProtocol.objects.all()
    if moment.end is None:
        pairs = pairs.filter(until=None)
    else:
        pairs = pairs.filter(Q(until=None) | Q(until__gte=moment.end), since__lt=moment.end)
    return {nct_id for pair in pairs.values_list("first", "second") for nct_id in pair}


def prints_of_sponsors(sponsors: Iterable[str]) -> dict[str, list[tuple[str, list[int]]]]:
    """By sponsor, the NCT ids and hashes of all prints that have any. One statement."""
    found: dict[str, list[tuple[str, list[int]]]] = {}
    prints = ProtocolPrint.objects.filter(sponsor__in=list(sponsors)).exclude(hashes=[]).order_by("nct_id")
    for sponsor, nct_id, hashes in prints.values_list("sponsor", "nct_id", "hashes"):
        found.setdefault(sponsor, []).append((nct_id, hashes))
    return found


def siblings_of(nct_id: str) -> Siblings:
    """Trials of the same sponsor, held here, with nearly the same protocol. Three statements, one where none is."""
    degrees = {pair.second if pair.first == nct_id else pair.first: pair.similarity for pair in _pairs_of(nct_id)}
    if not degrees:
        return Siblings()
    documents = StudyDocument.objects.filter(pk__in=list(degrees)).exclude(registry_state="merged")
    titles: Mapping[str, str] = dict(documents.values_list("pk", "title"))
    found = [Sibling(other, titles[other], degree) for other, degree in degrees.items() if other in titles]
    same = ProtocolPrint.objects.filter(pk=nct_id).values("sponsor")
    held = ProtocolPrint.objects.filter(sponsor__in=same).exclude(hashes=[]).exclude(pk=nct_id).count()
    return Siblings(tuple(sorted(found, key=lambda item: (-item.similarity, item.nct_id))), held)


def _pairs_of(nct_id: str) -> QuerySet[SimilarProtocol]:
    """The pairs in which a study stands now."""
    return SimilarProtocol.objects.filter(Q(first=nct_id) | Q(second=nct_id), until=None)
