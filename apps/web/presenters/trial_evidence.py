"""Why a trial is listed: each label with its sentence from the record, the quoted words marked in place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.studies.records import StudyRecord
from apps.studies.texts import value_at
from apps.vocabulary.queries import QUERY_BY_NAME
from apps.vocabulary.taxonomy import CELL_TYPE_BY_SLUG, DISEASE_BY_SLUG, NEAR_MISS_BY_SLUG
from apps.web.presenters.words import day, line

# How far a quotation reaches to either side of the marked words when its sentence is longer.
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
    """Words of the record around what a rule read. `field` names the place in plain words."""

    field: str
    pieces: list[Piece]


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule's word on a label."""

    sentence: str
    rule: str
    quotations: list[Quotation]


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
    record: StudyRecord, labels: Sequence[LabelLike], memberships: Sequence[MembershipLike], scope: str
) -> Why | None:
    """The labels in a fixed order of schemes, and the queries that find the study; None when there is neither."""
    if not labels and not memberships:
        return None
    order = list(_SCHEMES)
    groups: dict[tuple[str, str], list[LabelLike]] = {}
    for label in sorted(labels, key=lambda item: (_rank(order, item.scheme), item.scheme, item.value, item.rule)):
        groups.setdefault((label.scheme, label.value), []).append(label)
    return Why(
        scope,
        [
            LabelShown(_scheme(scheme), value, _value(scheme, value), [_reason(record, item) for item in items])
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


def _reason(record: StudyRecord, label: LabelLike) -> Reason:
    return Reason(label.reason, label.rule, quotations(record, label.evidence))


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


def quotations(record: StudyRecord, evidence: Iterable[Mapping[str, Any]]) -> list[Quotation]:
    """The sentences that hold the evidence, each once, every quoted word in it marked.

    `start` and `end` count code points in the text at `path`. Where the record no longer says so, the quoted words
    stand alone.
    """
    spans: dict[str, list[tuple[int, int]]] = {}
    strays: list[Quotation] = []
    for item in evidence:
        path, start, end, quote = item["path"], item["start"], item["end"], item["quote"]
        text = _text(record, path)
        if text[start:end] == quote and quote:
            spans.setdefault(path, []).append((start, end))
        elif quote:
            strays.append(
                Quotation(
                    _("%(field)s, in an earlier version") % {"field": field_name(path)}, [Piece(line(quote), True)]
                )
            )
    found = []
    for path, marks in spans.items():
        text = _text(record, path)
        for low, high, inside in _sentences(text, sorted(set(marks))):
            found.append(Quotation(field_name(path), _pieces(text, low, high, inside)))
    return found + strays


def _text(record: StudyRecord, path: str) -> str:
    try:
        return value_at(record, path)
    except (LookupError, ValueError):
        return ""


def _sentences(text: str, marks: list[tuple[int, int]]) -> list[tuple[int, int, list[tuple[int, int]]]]:
    """The stretches of `text` to quote: (start, end, marks inside). Sentences that touch become one stretch."""
    stretches: list[tuple[int, int, list[tuple[int, int]]]] = []
    for start, end in marks:
        low, high = max(0, start - REACH), min(len(text), end + REACH)
        for match in _SENTENCE_END.finditer(text, low, high):
            if match.end() <= start:
                low = match.end()
            elif match.start() >= end:
                high = match.start()
                break
        low, high = _whole_words(text, low, start, end, high)
        if stretches and low <= stretches[-1][1]:
            before = stretches.pop()
            stretches.append((before[0], max(before[1], high), [*before[2], (start, end)]))
        else:
            stretches.append((low, high, [(start, end)]))
    return stretches


def _whole_words(text: str, low: int, start: int, end: int, high: int) -> tuple[int, int]:
    """Move cut ends inwards to the next blank, so that no word is cut."""
    if low > 0 and not text[low - 1].isspace():
        blank = text.find(" ", low, start)
        low = blank + 1 if blank >= 0 else low
    if high < len(text) and not text[high].isspace():
        blank = text.rfind(" ", end, high)
        high = blank if blank >= 0 else high
    return low, high


def _pieces(text: str, low: int, high: int, marks: list[tuple[int, int]]) -> list[Piece]:
    if low == 0 and high == len(text) and marks == [(low, high)]:
        return [Piece(line(text), False)]  # the rule read all of it: a mark would set nothing apart
    pieces, at = [], low
    for start, end in marks:
        start = max(start, at)
        if start > at:
            pieces.append(Piece(line(text[at:start]), False))
        if end > start:
            pieces.append(Piece(line(text[start:end]), True))
            at = end
    pieces.append(Piece(line(text[at:high]), False))
    if text[:low].strip():
        pieces.insert(0, Piece("… ", False))
    if text[high:].strip():
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
    "outcomesModule.secondaryOutcomes.measure": gettext_lazy("Secondary outcome %(n)s"),
    "outcomesModule.secondaryOutcomes.description": gettext_lazy("Secondary outcome %(n)s, description"),
    "eligibilityModule.eligibilityCriteria": gettext_lazy("Who can join, criteria"),
    "eligibilityModule.studyPopulation": gettext_lazy("Who can join, study population"),
    "designModule.designInfo.interventionModelDescription": gettext_lazy("Design, description of the groups"),
    "designModule.studyType": gettext_lazy("Kind of study"),
    "sponsorCollaboratorsModule.leadSponsor.name": gettext_lazy("Lead sponsor"),
    "conditionBrowseModule.meshes.term": gettext_lazy("Index term (MeSH) %(n)s for the condition"),
    "conditionBrowseModule.ancestors.term": gettext_lazy("Broader index term (MeSH) %(n)s for the condition"),
    "interventionBrowseModule.meshes.term": gettext_lazy("Index term (MeSH) %(n)s for the intervention"),
    "interventionBrowseModule.ancestors.term": gettext_lazy("Broader index term (MeSH) %(n)s for the intervention"),
}


def field_name(path: str) -> str:
    """The place at a path in plain words: "Intervention 1, description". An unlisted place is told by its own name."""
    steps = [(match[1], match[2]) for match in _STEP.finditer(path)]
    if steps and steps[0][0].endswith("Section"):
        steps = steps[1:]
    numbers = [str(int(number) + 1) for _name, number in steps if number is not None]
    named = _FIELDS.get(".".join(name for name, _number in steps))
    if named is None:
        words = [re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.removesuffix("Module")).lower() for name, _number in steps]
        return ", ".join([*words, *numbers]).capitalize()
    return str(named) % {"n": numbers[0] if numbers else "", "m": numbers[1] if len(numbers) > 1 else ""}
