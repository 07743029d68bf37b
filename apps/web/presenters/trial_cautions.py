"""Reasons to ask further, as a trial's page tells them: each with the record's words and with advice of others."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import msgspec
from django.utils.translation import gettext as _

from apps.classification.rules.cautions import Caution, cautions_of
from apps.guide.cautions import NO_VERDICT, CautionText, caution_texts, reckoned
from apps.search.cautions import Siblings
from apps.studies.records import StudyRecord
from apps.vocabulary.cautions import CAUTIONS
from apps.web.presenters.trial_evidence import Quotation, quotations
from apps.web.presenters.trial_marks import Marks


@dataclass(frozen=True, slots=True)
class SiblingShown:
    nct_id: str
    title: str
    percent: str


@dataclass(frozen=True, slots=True)
class CautionShown:
    slug: str
    name: str
    text: CautionText
    facts: tuple[str, ...]
    quotations: Sequence[Quotation] = ()
    siblings: Sequence[SiblingShown] = ()


@dataclass(frozen=True, slots=True)
class Cautions:
    no_verdict: str
    shown: Sequence[CautionShown]


def holding(record: StudyRecord, public: Collection[str], today: dt.date) -> list[Caution]:
    """The cautions that the record alone gives, of the kinds that readers see, and that hold today."""
    return [item for item in cautions_of(record) if item.kind in public and item.holds(today)] if public else []


def shown_cautions(
    record: StudyRecord, found: Sequence[Caution], siblings: Siblings, public: Collection[str], marks: Marks
) -> Cautions | None:
    """What the page says, in the order of the vocabulary; None where there is no caution."""
    shown = [_of_record(record, item, marks) for item in found]
    if siblings.found and "similar-protocol" in public:
        shown.append(_of_siblings(siblings))
    order = list(CAUTIONS)
    shown.sort(key=lambda item: order.index(item.slug))
    return Cautions(str(NO_VERDICT), shown) if shown else None


def _of_record(record: StudyRecord, item: Caution, marks: Marks) -> CautionShown:
    quoted = quotations(record, [msgspec.to_builtins(quote) for quote in item.evidence], marks)
    return CautionShown(
        item.kind, str(CAUTIONS[item.kind]), caution_texts()[item.kind], tuple(reckoned(item.facts)), quoted
    )


def _of_siblings(siblings: Siblings) -> CautionShown:
    kind = "similar-protocol"
    others = [
        SiblingShown(item.nct_id, item.title, _("%(n)d %%") % {"n": int(item.similarity * 100)})
        for item in siblings.found
    ]
    facts = tuple(reckoned({"held": siblings.held}))
    return CautionShown(kind, str(CAUTIONS[kind]), caution_texts()[kind], facts, siblings=others)
