"""Why a trial is listed: each label with its sentence from the record, the words that the rule read marked in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from django.utils.functional import Promise
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.studies.records import StudyRecord
from apps.vocabulary.queries import QUERY_BY_NAME
from apps.vocabulary.taxonomy import CELL_TYPE_BY_SLUG, DISEASE_BY_SLUG, NEAR_MISS_BY_SLUG
from apps.web.presenters.trial_marks import Marks, Span, stands, text_at, words_read
from apps.web.presenters.words import day, label, line

# How far a quotation reaches to either side of words that stand without their sentence, when it is longer.
REACH = 220

_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+(?=[A-Z(\d\"“])|\n+")
_STEP = re.compile(r"(\w+)(?:\[(\d+)\])?")


class LabelLike(Protocol):
    """What is needed of a `StudyLabel`."""

    scheme: str
    value: str
    rule: str
    reason: str
    evidence: list[dict[str, Any]]
    doubtful: bool
    detail: dict[str, Any] | None


class MembershipLike(Protocol):
    """What is needed of a `QueryMembership`; `until` is None while the query still finds the study."""

    query: str
    since: Any
    until: Any


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a quotation; marked where the rule read it, and more is quoted than that."""

    text: str
    marked: bool


@dataclass(frozen=True, slots=True)
class Quotation:
    """Words of the record around what a rule read. `field` names the place in plain words; `link` leads there."""

    field: str
    pieces: list[Piece]
    link: str = ""

    def html(self) -> SafeString:
        """The words with their marks. A page has hundreds of pieces, and a template takes ten times as long."""
        told = ((conditional_escape(piece.text), piece.marked) for piece in self.pieces)
        return mark_safe("".join(f"<mark>{text}</mark>" if marked else text for text, marked in told))  # noqa: S308


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule's word on a label. `doubtful`: the rule may have misread."""

    sentence: str
    rule: str
    quotations: list[Quotation]
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class LabelShown:
    scheme: str
    slug: str
    name: str
    reasons: list[Reason]


@dataclass(frozen=True, slots=True)
class QueryShown:
    name: str
    told: str
    since: str
    until: str


@dataclass(frozen=True, slots=True)
class Why:
    scope: str
    labels: list[LabelShown]
    queries: list[QueryShown]


_LISTED = {"in_scope": gettext_lazy("yes"), "review": gettext_lazy("not yet"), "out": gettext_lazy("no")}
_SCHEMES: Mapping[str, tuple[Promise, Mapping[str, Any]]] = {
    "scope": (gettext_lazy("In our list"), _LISTED),
    "disease": (gettext_lazy("Disease"), DISEASE_BY_SLUG),
    "cell_type": (gettext_lazy("Kind of cell"), CELL_TYPE_BY_SLUG),
    "near_miss": (gettext_lazy("Looks like ours, but"), NEAR_MISS_BY_SLUG),
}


def why_here(
    record: StudyRecord,
    labels: Sequence[LabelLike],
    memberships: Sequence[MembershipLike],
    scope: str,
    marks: Marks,
) -> Why | None:
    """The labels in a fixed order of schemes, and the queries that find the study; None when there is neither."""
    if not labels and not memberships:
        return None
    order = list(_SCHEMES)
    groups: dict[tuple[str, str], list[LabelLike]] = {}
    for item in sorted(labels, key=lambda item: (_rank(order, item.scheme), item.scheme, item.value, item.rule)):
        groups.setdefault((item.scheme, item.value), []).append(item)
    return Why(
        scope,
        [
            LabelShown(
                _scheme(scheme), value, _value(scheme, value), [reason_of(record, item, marks) for item in items]
            )
            for (scheme, value), items in groups.items()
        ],
        [_query(item) for item in memberships],
    )


def _rank(order: list[str], scheme: str) -> int:
    return order.index(scheme) if scheme in order else len(order)


def _scheme(scheme: str) -> str:
    return str(_SCHEMES[scheme][0]) if scheme in _SCHEMES else scheme.replace("_", " ").capitalize()


def _value(scheme: str, value: str) -> str:
    known = _SCHEMES[scheme][1].get(value) if scheme in _SCHEMES else None
    return str(getattr(known, "name", known)) if known else value.replace("_", " ").replace("-", " ").capitalize()


def reason_of(record: StudyRecord, label: LabelLike, marks: Marks) -> Reason:
    """A label's reason with its quotations; `marks` are those of the page on which it is told."""
    return Reason(label.reason, label.rule, quotations(record, label.evidence, marks), label.doubtful)


def _query(item: MembershipLike) -> QueryShown:
    query = QUERY_BY_NAME.get(item.query)
    told = item.query
    if query:
        disease = DISEASE_BY_SLUG.get(query.disease)
        told = _("%(disease)s and %(cells)s") % {
            "disease": str(disease.name) if disease else _("Autoimmune diseases"),
            "cells": CELL_TYPE_BY_SLUG[query.cell_type].name,
        }
    return QueryShown(item.query, told, day(item.since), day(item.until) if item.until else "")


# Quotations


def quotations(record: StudyRecord, evidence: Iterable[Mapping[str, Any]], marks: Marks) -> list[Quotation]:
    """The sentences that hold the evidence, each once, every word that a rule read marked in it.

    `start`, `end` and `marks` of evidence count code points in the text at `path`. Evidence without `marks` is the
    words themselves; their sentence is looked up. Where the record no longer says so, the quoted words stand alone.
    """
    stretches: dict[str, list[Stretch]] = {}
    strays: list[Quotation] = []
    for item in evidence:
        if stands(record, item):
            stretches.setdefault(item["path"], []).append(_stretch(text_at(record, item["path"]), item))
        elif item["quote"]:
            strays.append(_stray(item))
    found = []
    for path, parts in stretches.items():
        text, kind = text_at(record, path), _CLOSED_LISTS.get(_steps_of(path)[0])
        for part in _joined(parts):
            pieces = [Piece(label(kind, text), False)] if kind else _pieces(text, part)
            found.append(Quotation(field_name(path), pieces, marks.place(path, part.words)))
    return found + strays


class Stretch(NamedTuple):
    """What is quoted of a text, [start, end), and the words in it that were read."""

    start: int
    end: int
    words: list[Span]


def _stretch(text: str, item: Mapping[str, Any]) -> Stretch:
    words = words_read(item)
    if item.get("marks"):
        return Stretch(item["start"], item["end"], words)
    return Stretch(*_sentence(text, item["start"], item["end"]), words)


def _stray(item: Mapping[str, Any]) -> Quotation:
    found = quoted(item)
    return Quotation(_("%(field)s, in an earlier version") % {"field": found.field}, found.pieces)


def quoted(item: Mapping[str, Any]) -> Quotation:
    """The sentence as a label keeps it, without a look at the record."""
    quote, start, path = item["quote"], item["start"], item["path"]
    if kind := _CLOSED_LISTS.get(_steps_of(path)[0]):
        return Quotation(field_name(path), [Piece(label(kind, quote), False)])
    pieces = [Piece(line(quote), True)]
    if item.get("marks"):
        inside = [(low - start, high - start) for low, high in words_read(item)]
        pieces = _pieces(quote, Stretch(0, len(quote), inside))
    return Quotation(field_name(path), pieces)


def _sentence(text: str, start: int, end: int) -> tuple[int, int]:
    """The sentence around [start, end), or the part of a long one that is near."""
    low, high = max(0, start - REACH), min(len(text), end + REACH)
    for match in _SENTENCE_END.finditer(text, low, high):
        if match.end() <= start:
            low = match.end()
        elif match.start() >= end:
            high = match.start()
            break
    return _whole_words(text, low, start, end, high)


def _joined(parts: Iterable[Stretch]) -> list[Stretch]:
    """Stretches in reading order; those that touch become one."""
    joined: list[Stretch] = []
    for part in sorted(parts):
        if joined and part.start <= joined[-1].end:
            before = joined.pop()
            words = [*before.words, *(span for span in part.words if span not in before.words)]
            part = Stretch(before.start, max(before.end, part.end), sorted(words))
        joined.append(part)
    return joined


def _whole_words(text: str, low: int, start: int, end: int, high: int) -> tuple[int, int]:
    """Move cut ends inwards to the next blank, so that no word is cut."""
    if low > 0 and not text[low - 1].isspace():
        blank = text.find(" ", low, start)
        low = blank + 1 if blank >= 0 else low
    if high < len(text) and not text[high].isspace():
        blank = text.rfind(" ", end, high)
        high = blank if blank >= 0 else high
    return low, high


def _pieces(text: str, part: Stretch) -> list[Piece]:
    if part == (0, len(text), [(0, len(text))]):
        return [Piece(line(text), False)]  # the rule read all of it: a mark would set nothing apart
    pieces, at = [], part.start
    for start, end in part.words:
        start = max(start, at)
        if start > at:
            pieces.append(Piece(line(text[at:start]), False))
        if end > start:
            pieces.append(Piece(line(text[start:end]), True))
            at = end
    pieces.append(Piece(line(text[at : part.end]), False))
    if text[: part.start].strip():
        pieces.insert(0, Piece("… ", False))
    if text[part.end :].strip():
        pieces.append(Piece(" …", False))
    return [piece for piece in pieces if piece.text]


# Names of places in a record. A number in square brackets is told as the reader counts: from 1.

_FIELDS: Mapping[str, Promise] = {
    "identificationModule.briefTitle": gettext_lazy("Title"),
    "identificationModule.officialTitle": gettext_lazy("Official title"),
    "identificationModule.acronym": gettext_lazy("Acronym"),
    "descriptionModule.briefSummary": gettext_lazy("Summary"),
    "descriptionModule.detailedDescription": gettext_lazy("Full description"),
    "conditionsModule.conditions": gettext_lazy("Condition %(n)s"),
    "conditionsModule.keywords": gettext_lazy("Keyword %(n)s"),
    "armsInterventionsModule.armGroups.label": gettext_lazy("Arm %(n)s, name"),
    "armsInterventionsModule.armGroups.description": gettext_lazy("Arm %(n)s, description"),
    "armsInterventionsModule.armGroups.interventionNames": gettext_lazy("Arm %(n)s, intervention %(m)s"),
    "armsInterventionsModule.interventions.name": gettext_lazy("Intervention %(n)s, name"),
    "armsInterventionsModule.interventions.description": gettext_lazy("Intervention %(n)s, description"),
    "armsInterventionsModule.interventions.otherNames": gettext_lazy("Intervention %(n)s, other name %(m)s"),
    "outcomesModule.primaryOutcomes.measure": gettext_lazy("Main outcome %(n)s"),
    "outcomesModule.primaryOutcomes.description": gettext_lazy("Main outcome %(n)s, description"),
    "outcomesModule.primaryOutcomes.timeFrame": gettext_lazy("Main outcome %(n)s, when"),
    "outcomesModule.secondaryOutcomes.timeFrame": gettext_lazy("Secondary outcome %(n)s, when"),
    "outcomesModule.otherOutcomes.measure": gettext_lazy("Other outcome %(n)s"),
    "outcomesModule.otherOutcomes.description": gettext_lazy("Other outcome %(n)s, description"),
    "outcomesModule.otherOutcomes.timeFrame": gettext_lazy("Other outcome %(n)s, when"),
    "outcomesModule.secondaryOutcomes.measure": gettext_lazy("Secondary outcome %(n)s"),
    "outcomesModule.secondaryOutcomes.description": gettext_lazy("Secondary outcome %(n)s, description"),
    "eligibilityModule.eligibilityCriteria": gettext_lazy("Who can join, criteria"),
    "eligibilityModule.studyPopulation": gettext_lazy("Who can join, study population"),
    "eligibilityModule.minimumAge": gettext_lazy("Who can join, lowest age"),
    "eligibilityModule.maximumAge": gettext_lazy("Who can join, highest age"),
    "eligibilityModule.sex": gettext_lazy("Who can join, sex"),
    "armsInterventionsModule.armGroups.type": gettext_lazy("Arm %(n)s, kind"),
    "armsInterventionsModule.interventions.type": gettext_lazy("Intervention %(n)s, kind"),
    "designModule.targetDuration": gettext_lazy("How long each person is followed"),
    "designModule.designInfo.allocation": gettext_lazy("Design, how people are assigned"),
    "designModule.designInfo.interventionModel": gettext_lazy("Design, groups"),
    "designModule.designInfo.observationalModel": gettext_lazy("Design, observational model"),
    "designModule.designInfo.primaryPurpose": gettext_lazy("Design, purpose"),
    "designModule.designInfo.maskingInfo.masking": gettext_lazy("Design, masking"),
    "designModule.designInfo.interventionModelDescription": gettext_lazy("Design, description of the groups"),
    "designModule.studyType": gettext_lazy("Kind of study"),
    "sponsorCollaboratorsModule.leadSponsor.name": gettext_lazy("Lead sponsor"),
    "contactsLocationsModule.locations.facility": gettext_lazy("Site %(n)s"),
    "statusModule.overallStatus": gettext_lazy("Status"),
    "statusModule.startDateStruct.date": gettext_lazy("Start"),
    "statusModule.studyFirstSubmitDate": gettext_lazy("First sent to the registry"),
    "statusModule.lastUpdatePostDateStruct.date": gettext_lazy("Last update"),
    "statusModule.primaryCompletionDateStruct.date": gettext_lazy("Last visit for the main result"),
    "conditionBrowseModule.meshes.term": gettext_lazy("Index term (MeSH) %(n)s for the condition"),
    "conditionBrowseModule.ancestors.term": gettext_lazy("Broader index term (MeSH) %(n)s for the condition"),
    "interventionBrowseModule.meshes.term": gettext_lazy("Index term (MeSH) %(n)s for the intervention"),
    "interventionBrowseModule.ancestors.term": gettext_lazy("Broader index term (MeSH) %(n)s for the intervention"),
}


# Places that hold a word from a closed list of the registry, by the kind of list.
_CLOSED_LISTS: Mapping[str, str] = {
    "armsInterventionsModule.armGroups.type": "arm_type",
    "armsInterventionsModule.interventions.type": "intervention_type",
    "designModule.studyType": "study_type",
    "designModule.designInfo.allocation": "allocation",
    "designModule.designInfo.interventionModel": "intervention_model",
    "designModule.designInfo.maskingInfo.masking": "masking",
    "designModule.designInfo.observationalModel": "observational_model",
    "designModule.designInfo.primaryPurpose": "primary_purpose",
    "eligibilityModule.sex": "sex",
    "statusModule.overallStatus": "status",
}


def field_name(path: str) -> str:
    """The place at a path in plain words: "Intervention 1, description". An unlisted place is told by its own name."""
    place, numbers = _steps_of(path)
    told = [str(number + 1) for number in numbers]
    if place in _FIELDS:
        return str(_FIELDS[place]) % {"n": told[0] if told else "", "m": told[1] if len(told) > 1 else ""}
    names = [re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.removesuffix("Module")).lower() for name in place.split(".")]
    return ", ".join([*names, *told]).capitalize()


def _steps_of(path: str) -> tuple[str, list[int]]:
    """The names of a path without its section, joined by dots, and its numbers."""
    steps = [(match[1], match[2]) for match in _STEP.finditer(path)]
    if steps and steps[0][0].endswith("Section"):
        steps = steps[1:]
    return ".".join(name for name, _n in steps), [int(number) for _name, number in steps if number is not None]
