"""The door as OpenAPI: parameters and shapes as the registry has them, errors in plain text."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from apps.api import examples
from apps.api.describing import MOVED
from apps.api.door.ordering import RELEVANCE, SORTABLE
from apps.api.door.parameters import DEFAULT_PAGE_SIZE, QUERIES
from apps.studies.records import Status

_SEARCHED = {
    "query.term": "all published texts",
    "query.cond": "titles, acronym, ids; conditions, keywords, names of interventions, MeSH terms",
    "query.intr": "the same, with summary, arms, interventions and outcomes that are not primary",
    "query.titles": "titles, acronym, all ids",
    "query.outc": "primary outcomes with sponsors, officials and places; summary, arms and other outcomes",
    "query.spons": "lead sponsor and collaborators",
    "query.lead": "lead sponsor",
    "query.id": "titles, acronym, all ids",
    "query.locn": "places with sponsors, officials and primary outcomes",
    "query.patient": "as query.intr",
}
_SORTS = [f"{field}{way}" for field in (*SORTABLE, RELEVANCE) for way in ("", ":asc", ":desc")]


class StudiesSerializer(serializers.Serializer):
    """A page of records."""

    totalCount = serializers.IntegerField(
        required=False, help_text="Studies on all pages; on the first page, with countTotal."
    )
    studies = serializers.ListField(
        child=serializers.DictField(), help_text="Records as the registry gives them, without contacts of persons."
    )
    nextPageToken = serializers.CharField(required=False, help_text="For the next page; absent on the last one.")


class VersionSerializer(serializers.Serializer):
    """Which data this is."""

    apiVersion = serializers.CharField(help_text="The registry's API version.")
    dataTimestamp = serializers.CharField(help_text="The registry's time stamp of the last good sync.")


def _listed(name: str, description: str, items: dict[str, Any], example: list[str]) -> OpenApiParameter:
    return OpenApiParameter(
        name,
        {"type": "array", "items": items},
        description=f"{description} With commas or pipes.",
        style="form",
        explode=False,
        examples=[OpenApiExample("Example", value=example)],
    )


OF_STUDY = [
    _listed(
        "fields",
        "Parts of a record: the registry's piece names, or dotted paths.",
        {"type": "string"},
        ["NCTId", "StatusModule"],
    ),
    OpenApiParameter("format", str, enum=["json"], description="json alone."),
    OpenApiParameter("markupFormat", str, enum=["markdown", "legacy"], description="Texts come as stored either way."),
]
OF_STUDIES = [
    *(
        OpenApiParameter(
            name,
            str,
            description=f'Words, "phrases", AND, OR, NOT, parentheses. Searched are {_SEARCHED[name]}.',
            examples=[OpenApiExample("Example", value="cells")],
        )
        for name in QUERIES
    ),
    _listed(
        "filter.ids",
        "Studies with these NCT ids.",
        {"type": "string", "pattern": "^(NCT[0-9]{8})?$"},
        [examples.NCT_ID],
    ),
    _listed(
        "filter.overallStatus",
        "Studies with one of these statuses.",
        {"type": "string", "enum": [*Status.words, ""]},
        ["RECRUITING"],
    ),
    _listed(
        "sort",
        "At most two levels of the order.",
        {"type": "string", "enum": [*_SORTS, ""]},
        ["LastUpdatePostDate:desc"],
    ),
    OpenApiParameter("countTotal", bool, description="Whether totalCount is wanted."),
    OpenApiParameter(
        "pageSize",
        {"type": "integer", "minimum": 0, "maximum": 2_147_483_647, "default": DEFAULT_PAGE_SIZE},
        description="Studies a page; more than 1,000 counts as 1,000.",
    ),
    OpenApiParameter("pageToken", str, description="The nextPageToken of the page before, with the same parameters."),
    *OF_STUDY,
]
STUDIES = {"totalCount": 41, "studies": [examples.RECORD], "nextPageToken": "an opaque text"}


def answers(shape: Any, example: Any, **more: Any) -> dict[Any, Any]:
    """As those of /api/v1/, with a sentence in the place of a problem."""
    told: dict[str, Any] = {
        "200": OpenApiResponse(
            shape, description="As the registry answers.", examples=[OpenApiExample("Example", value=example)]
        ),
        "304": OpenApiResponse(description="Nothing has changed since the copy that If-None-Match names."),
        "400": _sentence("A parameter or value cannot be read.", "Parameter `pageSize` has incorrect format"),
        "429": _sentence("Too many requests; see Retry-After.", examples.TOO_MANY["detail"]),
        "503": _sentence("This took too long and was stopped; see Retry-After.", examples.TOO_SLOW["detail"]),
    } | more
    return {(status, "text/plain") if status >= "400" else status: answer for status, answer in told.items()}


def _sentence(description: str, example: str) -> OpenApiResponse:
    return OpenApiResponse(
        str, description=description, examples=[OpenApiExample("Example", value=example, media_type="text/plain")]
    )


OF_ONE = {
    "301": MOVED,
    "404": _sentence("Not in this collection.", "NCT number NCT90000009 not found in this collection"),
}
