"""Up to six trials side by side: rows are facts, the two kinds of cell stand apart, differences carry a word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from apps.core.languages import in_language
from apps.curation.selectors import published_labels
from apps.search.models import StudyDocument
from apps.search.query import clean_text
from apps.search.selectors import documents_for
from apps.studies.selectors import canonical_id, successor_of
from apps.vocabulary.card_words import Detail
from apps.vocabulary.cards import FIELDS
from apps.vocabulary.taxonomy import CELL_TYPE_BY_SLUG
from apps.web.presenters.trial_facts import FACTS, GROUPS, Answer, Details, Fact, answer
from apps.web.views.rows import Row as ListRow
from apps.web.views.rows import rows_of

MOST_COMPARED = 6
# Of an address with more ids than this the others are not even looked up.
_MOST_READ, _MOST_SHOWN = 12, 40
# Kinds of cell in the order in which their trials stand; what gives both, or is not known to give either, comes last.
_ORDER: tuple[tuple[str, ...], ...] = (("msc",), ("hsc",), ("hsc", "msc"), ())
_NAMES: dict[tuple[str, ...], Promise] = {
    ("msc",): CELL_TYPE_BY_SLUG["msc"].name,
    ("hsc",): CELL_TYPE_BY_SLUG["hsc"].name,
    ("hsc", "msc"): _("Both kinds of cell"),
    (): _("Kind of cell not known"),
}


# Fields whose values may hold for one group, or stand for each other.
_GATES = tuple(field.slug for field in FIELDS if field.group == "gates")


@dataclass(frozen=True, slots=True)
class Trial:
    """A column. `without` is the comparison without it; `first`: the first of its kind of cell.

    `details` are those of its labels on who can join, by field and value.
    """

    document: StudyDocument
    row: ListRow
    without: str
    kind: tuple[str, ...]
    first: bool
    details: Details


@dataclass(frozen=True, slots=True)
class Kind:
    """Columns of one kind of cell, under one heading."""

    slug: str
    name: Promise
    span: int


@dataclass(frozen=True, slots=True)
class Cell:
    """What one trial says; `first` as in `Trial`."""

    answer: Answer
    first: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A fact with what each trial says to it."""

    fact: Fact
    differs: bool
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class Part:
    """Facts that belong together. `kind` is that of the cells where all of them belong to one kind, else ""."""

    slug: str
    name: Promise
    kind: str
    lines: list[Line]


@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    asked, nonsense = _asked(request.GET.getlist("nct"))
    found, notices, unknown = _found(asked)
    shown, left = found[:MOST_COMPARED], found[MOST_COMPARED:]
    notices = [*(_nonsense(text) for text in nonsense), *notices]
    if left or len(asked) > _MOST_READ:
        rest = ", ".join(document.nct_id for document in left)
        told = gettext("Six trials fit side by side. The first six are compared.")
        notices.append(told + (" " + gettext("Left out: %(ids)s.") % {"ids": rest} if rest else ""))
    trials = _trials(shown)
    only = request.GET.get("rows") == "differing" and len(trials) > 1
    ids = [("nct", trial.document.nct_id) for trial in trials]
    context: dict[str, Any] = {
        "section": "trials",
        "trials": trials,
        "kinds": list(_kinds(trials)),
        "parts": list(_parts(trials, only)),
        "apart": len({trial.kind for trial in trials}) > 1,
        "notices": notices,
        "unknown": unknown,
        "ids": ids,
        "most": MOST_COMPARED,
        "room": MOST_COMPARED - len(trials),
        "only": only,
        "every": _address(ids),
        "differing": _address([*ids, ("rows", "differing")]),
    }
    return render(request, "web/compare.html", context)


def _asked(values: Sequence[str]) -> tuple[list[str], list[str]]:
    """The ids that an address names, in its order and each once, and texts that are none. Several may share a value."""
    texts = (text for raw in values[:200] for text in clean_text(raw).replace(",", " ").replace(";", " ").split())
    ids: dict[str, None] = {}
    nonsense: dict[str, None] = {}
    for text in texts:
        nct_id = canonical_id(text)
        (nonsense if nct_id is None else ids)[nct_id or text] = None
    return list(ids), list(nonsense)[:MOST_COMPARED]


def _found(asked: Sequence[str]) -> tuple[list[StudyDocument], list[str], list[str]]:
    """The documents of these ids, sentences about ids that lead elsewhere, and the ids that we never had."""
    asked = asked[:_MOST_READ]
    held = {document.nct_id: document for document in documents_for(asked)}
    leads: dict[str, str] = {}
    for nct_id in asked:
        if nct_id not in held or held[nct_id].registry_state == "merged":
            leads[nct_id] = successor_of(nct_id) or ""
    held |= {document.nct_id: document for document in documents_for([to for to in leads.values() if to])}
    found: dict[str, StudyDocument] = {}
    notices, unknown = [], []
    for nct_id in asked:
        to = leads.get(nct_id) or nct_id
        if to not in held:
            unknown.append(nct_id)
            continue
        found[to] = held[to]
        if to != nct_id:
            notices.append(gettext("%(old)s is now %(new)s at the registry.") % {"old": nct_id, "new": to})
    return list(found.values()), notices, unknown


def _nonsense(text: str) -> str:
    shown = text if len(text) <= _MOST_SHOWN else text[: _MOST_SHOWN - 1] + "…"
    return gettext("“%(text)s” is no NCT number: NCT and eight digits, such as NCT01895439.") % {"text": shown}


def _kind_of(document: StudyDocument) -> tuple[str, ...]:
    kind = tuple(sorted(slug for slug in document.cell_types if slug in CELL_TYPE_BY_SLUG))
    return kind if kind in _ORDER else ()


def _trials(documents: Sequence[StudyDocument]) -> list[Trial]:
    """Trials of one kind of cell stand together."""
    ordered = sorted(documents, key=lambda document: _ORDER.index(_kind_of(document)))
    trials: list[Trial] = []
    labels = published_labels([document.nct_id for document in ordered], _GATES) if ordered else {}
    for document, row in zip(ordered, rows_of(ordered), strict=True):
        others = [("nct", other.nct_id) for other in ordered if other is not document]
        kind = _kind_of(document)
        first = not trials or trials[-1].kind != kind
        details: dict[str, dict[str, Detail | None]] = {}
        for label in labels.get(document.nct_id, ()):
            of_field = details.setdefault(label.scheme, {})
            of_field[label.value] = of_field.get(label.value) or label.detail
        trials.append(Trial(document, row, _address(others), kind, first, details))
    return trials


def _kinds(trials: Sequence[Trial]) -> Iterator[Kind]:
    for kind in _ORDER:
        if span := sum(1 for trial in trials if trial.kind == kind):
            yield Kind(kind[0] if len(kind) == 1 else "", _NAMES[kind], span)


def _parts(trials: Sequence[Trial], only_differing: bool) -> Iterator[Part]:
    """Facts to which at least one of the trials says something, in the order in which people ask."""
    for slug, name in GROUPS.items():
        lines = []
        for fact in (fact for fact in FACTS if fact.group == slug):
            cells = [Cell(answer(fact, trial.document, trial.details), trial.first) for trial in trials]
            told = [cell.answer for cell in cells if cell.answer.values]
            # Where a fact is asked of one kind of cell alone, the other kind makes no difference.
            apart = {cell.answer.values for cell in cells if not cell.answer.remark}
            if told and (len(apart) > 1 or not only_differing):
                lines.append(Line(fact, len(apart) > 1, cells))
        if lines:
            yield Part(slug, name, slug if slug in CELL_TYPE_BY_SLUG else "", lines)


def _address(pairs: Sequence[tuple[str, str]]) -> str:
    path = in_language("/compare/")
    return f"{path}?{urlencode(pairs)}" if pairs else path
