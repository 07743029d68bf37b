"""Labels and changes across studies, and what stands behind one of them."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.http import HttpResponseBase, QueryDict
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.api import examples
from apps.api.describing import HEADERS, MOVED, NCT_ID, answers
from apps.api.harvest.cursors import read_cursor, write_cursor
from apps.api.harvest.serializers import (
    ChangePageSerializer,
    EvidenceOfStudySerializer,
    LabelOfStudySerializer,
    LabelPageSerializer,
    change_data,
    evidence_data,
    label_of_study_data,
)
from apps.api.parameters import (
    Parameter,
    between,
    chosen_only,
    closed,
    fields,
    matching,
    page_size,
    query_parameters,
    read_asked,
    read_own,
    refuse,
    unusable,
)
from apps.api.views import OpenView, StudyView, told_of
from apps.classification.selectors import SCHEMES, LabelKey, labels_after
from apps.ctgov.content import without_contacts
from apps.curation.selectors import published_labels
from apps.history.models import StudyChange
from apps.history.selectors import changes_after, newest_change
from apps.ingest.selectors import current_payload
from apps.search.selectors import dataset_version, search_studies
from apps.studies.facts import CHANGE_FIELDS
from apps.studies.models import Study
from apps.studies.records import normalise_nct_id

# Only the set of studies is taken from the query: the order is that of the labels. They are those of now; there are
# none of earlier days.
_NOT_HERE = ("as_of", "sort", "page", "page_size")
_LARGEST_ID = 2**63 - 1
# Of the columns of a label.
_LONGEST = 64


def _text(name: str, description: str) -> Parameter:
    """An open text, as the columns of labels have it."""
    schema = {"type": "string", "minLength": 1, "maxLength": _LONGEST}
    return Parameter(name, description, schema, _short, (f"texts of up to {_LONGEST} characters",), many=True)


def _short(raw: str) -> str:
    if len(raw) > _LONGEST:
        raise ValueError
    return raw


def _day(raw: str) -> dt.datetime:
    """Midnight UTC of a day; raises ValueError for what is none."""
    day = dt.date.fromisoformat(matching(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")(raw))
    return dt.datetime.combine(day, dt.time(), dt.UTC)


SCHEME = closed("scheme", "What is labelled. Repeated, it means or.", SCHEMES, many=True)
VALUE = _text("value", "The label's slug, or the value of the card's field, as written. Repeated, it means or.")
RULE = _text("rule", "Name of the rule that gave it. Repeated, it means or.")
DOUBTFUL = closed("doubtful", "Labels whose reading may be wrong, or only the others.", ("true", "false"))
LABEL_CURSOR = Parameter(
    "cursor",
    "Where to go on: from the `next` of the page before.",
    {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"},
    read_cursor,
    ("the cursor of a `next` address",),
)
LABEL_FIELDS = fields(tuple(LabelOfStudySerializer().fields), "nct_id")
LABELS_A_PAGE = page_size(1000, 100, "Labels")
OF_LABELS = (SCHEME, VALUE, RULE, DOUBTFUL, LABEL_CURSOR, LABELS_A_PAGE, LABEL_FIELDS)

CHANGE_CURSOR = Parameter(
    "cursor",
    "Give what comes after this change: the `cursor` of the answer before. Without it, from the first one on.",
    {"type": "integer", "minimum": 0, "maximum": _LARGEST_ID},
    between(0, _LARGEST_ID),
    ("whole numbers from 0",),
    examples={"The beginning": 0},
)
OF_STUDY = Parameter(
    "nct_id",
    "Changes of this study alone, under this very id. Repeated, it means or.",
    {"type": "string", "pattern": "^NCT[0-9]{8}$"},
    normalise_nct_id,
    ("NCT ids",),
    many=True,
    examples={"An invented trial": [examples.NCT_ID]},
)
FIELD = closed("field", "Changes of this fact alone. Repeated, it means or.", CHANGE_FIELDS, many=True)
SINCE = Parameter(
    "since",
    "Changes that we saw on this day (UTC) or later.",
    {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
    _day,
    ("days as 2026-05-03",),
    examples={"A day": "2026-05-03"},
)
CHANGES_A_PAGE = page_size(1000, 100, "Changes")
OF_CHANGES = (CHANGE_CURSOR, OF_STUDY, FIELD, SINCE, CHANGES_A_PAGE)
OF_STUDY_CHANGES = (CHANGE_CURSOR, FIELD, SINCE, CHANGES_A_PAGE)


class Labels(OpenView):
    """Labels of the studies that a query finds."""

    @extend_schema(
        operation_id="labels_list",
        summary="Labels across studies",
        description="What the rules say of the studies that the query finds, each label with its evidence. By study, "
        "scheme, value and rule: a label that stands all the while is given exactly once, whatever is published "
        "meanwhile, also where its study is labelled anew.",
        parameters=[
            *query_parameters(without=_NOT_HERE),
            *(item.described() for item in OF_LABELS),
            *HEADERS,
        ],
        responses=answers(LabelPageSerializer, examples.LABELS, **{"404": None}),
    )
    def get(self, request: Request) -> HttpResponseBase:
        asked = read_asked(request.query_params, OF_LABELS, without=_NOT_HERE)
        own = asked.own
        size = own["page_size"] or LABELS_A_PAGE.schema["default"]
        version = dataset_version()
        if unmodified := self.unmodified(request, version):
            return unmodified
        results = search_studies(asked.query, facets=False, version=version, rows="ids")
        told = told_of(asked, results)
        found = labels_after(
            own["cursor"],
            size + 1,
            nct_ids=results.nct_ids,
            schemes=own["scheme"],
            values=own["value"],
            rules=own["rule"],
            doubtful=None if own["doubtful"] is None else own["doubtful"] == "true",
        )
        shown = found[:size]
        last = shown[-1] if len(found) > len(shown) else None
        following = None
        if last is not None:
            key = LabelKey(last.study_id, last.scheme, last.value, last.rule)
            following = _with_cursor(request, write_cursor(key))
        rows = [chosen_only(label_of_study_data(label), own["fields"], "nct_id") for label in shown]
        return Response({"next": following, "results": rows, **told})


class Changes(OpenView):
    """What has changed, study by study, in the order in which it was seen."""

    @extend_schema(
        operation_id="changes_list",
        summary="Changes since a cursor",
        description="Facts of studies that moved at the registry, of all studies whatever their scope, oldest first. "
        "Keep `cursor` and ask again with it later: nothing is ever added before a change that has been given, also "
        "while several transactions write at once. Where `next` is null there is no more for now. The facts are those "
        "that `field` lists; what moves in other parts of a record moves `dataset_version` of /api/v1/sync/ alone.",
        parameters=[*(item.described() for item in OF_CHANGES), *HEADERS],
        responses=answers(ChangePageSerializer, examples.CHANGES, **{"404": None}),
    )
    def get(self, request: Request) -> HttpResponseBase:
        own = read_own(request.query_params, OF_CHANGES)
        if unmodified := self.unmodified(request, dataset_version()):
            return unmodified
        return Response(_page_of_changes(request, own, own["nct_id"]))


class StudyChanges(StudyView):
    """What has changed in one study."""

    address = "api:study-changes"

    @extend_schema(
        operation_id="studies_changes_list",
        summary="Changes of one study",
        description="As /api/v1/changes/, of one study under all the ids that it has had.",
        parameters=[NCT_ID, *(item.described() for item in OF_STUDY_CHANGES), *HEADERS],
        responses=answers(ChangePageSerializer, examples.CHANGES, **{"301": MOVED}),
    )
    def get(self, request: Request, nct_id: str) -> HttpResponseBase:
        own = read_own(request.query_params, OF_STUDY_CHANGES)
        if moved := self.moved(request, nct_id):
            return moved
        if unmodified := self.unmodified(request, dataset_version()):
            return unmodified
        held = {study.pk: study for study in Study.objects.filter(Q(pk=nct_id) | Q(merged_into=nct_id))}
        study = held.get(nct_id)
        if study is None or study.merged_into:
            return self.elsewhere(request, nct_id)
        return Response(_page_of_changes(request, own, {*held, *study.aliases}))


class StudyEvidence(StudyView):
    """What the labels of one study rest on."""

    address = "api:study-evidence"

    @extend_schema(
        operation_id="studies_evidence_retrieve",
        summary="Evidence for the labels of one study",
        description="Every text of the record that a label rests on, whole, with the words that were read: enough to "
        "check our labels without taking the record apart.",
        parameters=[NCT_ID, *HEADERS],
        responses=answers(EvidenceOfStudySerializer, examples.EVIDENCE, **{"301": MOVED}),
    )
    def get(self, request: Request, nct_id: str) -> HttpResponseBase:
        read_own(request.query_params)
        if moved := self.moved(request, nct_id):
            return moved
        if unmodified := self.unmodified(request, dataset_version()):
            return unmodified
        study = Study.objects.filter(pk=nct_id).first()
        payload = current_payload(nct_id) if study is not None and not study.merged_into else None
        if payload is None:
            return self.elsewhere(request, nct_id)
        return Response(evidence_data(nct_id, published_labels([nct_id])[nct_id], without_contacts(payload)))


def _page_of_changes(request: Request, own: Any, nct_ids: Any) -> dict[str, Any]:
    """Raises BadQuery for a cursor that this database has never given."""
    seen, size = own["cursor"] or 0, own["page_size"] or CHANGES_A_PAGE.schema["default"]
    found: list[StudyChange] = changes_after(seen, size + 1, nct_ids=nct_ids, fields=own["field"], since=own["since"])
    if not found and seen and seen > (newest := newest_change()):
        told = f"The newest change is {newest}: this cursor was not given here, or by a former database. Begin anew."
        refuse([unusable("cursor", str(seen), told, (f"whole numbers from 0 to {newest}",))])
    shown = found[:size]
    cursor = shown[-1].pk if shown else seen
    return {
        "next": _with_cursor(request, str(cursor)) if len(found) > len(shown) else None,
        "cursor": cursor,
        "results": [change_data(change) for change in shown],
    }


def _with_cursor(request: Request, cursor: str) -> str:
    """This very request from another place on."""
    kept: QueryDict = request.query_params
    pairs = [(name, value) for name, values in kept.lists() for value in values if name != "cursor"]
    return request.build_absolute_uri(f"{request.path}?{urlencode([*pairs, ('cursor', cursor)])}")
