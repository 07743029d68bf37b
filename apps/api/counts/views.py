"""Facets and sponsors of a study query."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.api import examples
from apps.api.counts.serializers import FacetsSerializer, SponsorPageSerializer, facets_data, sponsors_data
from apps.api.describing import HEADERS, answers
from apps.api.parameters import Parameter, closed, page, page_size, query_parameters, read_asked
from apps.api.problems import problem
from apps.api.views import OpenView, told_of
from apps.search.selectors import dataset_version, search_studies
from apps.search.sponsors import SORTS, sponsors_of

_NO_PAGES = ("sort", "page", "page_size")
_LONGEST_NAME = 200
_DEFAULT_SORT = "-studies"


def _name(raw: str) -> str:
    if len(raw) > _LONGEST_NAME:
        raise ValueError
    return raw


NAME = Parameter(
    "name",
    "Part of the sponsor's name; case and accents do not matter.",
    {"type": "string", "minLength": 1, "maxLength": _LONGEST_NAME},
    _name,
    (f"a text of up to {_LONGEST_NAME} characters",),
    examples={"Part of a name": "university"},
)
SORT = closed("sort", f"Order, - for descending; {_DEFAULT_SORT} by default.", tuple(SORTS))
PAGE = page()
SPONSORS_A_PAGE = page_size(1000, 100, "Sponsors")
OF_SPONSORS = (NAME, SORT, PAGE, SPONSORS_A_PAGE)


class Facets(OpenView):
    """How many studies a query finds, by every filter."""

    @extend_schema(
        operation_id="facets_retrieve",
        summary="Counts for a query",
        description="How many studies fit, and how many would with one more value of each filter: within a filter "
        "values add up, across filters they narrow. Values that no study has are left out.",
        parameters=[*query_parameters(without=_NO_PAGES), *HEADERS],
        responses=answers(FacetsSerializer, examples.FACETS, **{"404": None}),
    )
    def get(self, request: Request) -> HttpResponseBase:
        asked = read_asked(request.query_params, without=_NO_PAGES)
        version = dataset_version()
        if unmodified := self.unmodified(request, version):
            return unmodified
        results = search_studies(asked.query, version=version, rows="none")
        told = told_of(asked, results)
        return Response(facets_data(results) | told)


class Sponsors(OpenView):
    """Who runs the studies that a query finds."""

    @extend_schema(
        operation_id="sponsors_list",
        summary="Lead sponsors with their counts",
        description="The lead sponsors of the studies that the query finds, with how many they run of each kind.",
        parameters=[
            *query_parameters(without=_NO_PAGES),
            *(item.described() for item in OF_SPONSORS),
            *HEADERS,
        ],
        responses=answers(SponsorPageSerializer, examples.SPONSORS),
    )
    def get(self, request: Request) -> HttpResponseBase:
        asked = read_asked(request.query_params, OF_SPONSORS, without=_NO_PAGES)
        own = asked.own
        number, size = own["page"] or 1, own["page_size"] or SPONSORS_A_PAGE.schema["default"]
        version = dataset_version()
        if unmodified := self.unmodified(request, version):
            return unmodified
        results = search_studies(asked.query, facets=False, version=version, rows="ids")
        told = told_of(asked, results)
        found = sponsors_of(
            results.nct_ids,
            name=own["name"] or "",
            sort=own["sort"] or _DEFAULT_SORT,
            start=(number - 1) * size,
            number=size,
            moment=results.moment,
        )
        pages = max(1, -(-found.count // size))
        if number > pages:
            detail = f"Page {number} is past the last, which is page {pages}."
            return problem(404, detail, last=_page_url(request, pages))
        body = {
            "count": found.count,
            "next": _page_url(request, number + 1) if number < pages else None,
            "previous": _page_url(request, number - 1) if number > 1 else None,
            "results": sponsors_data(found.sponsors),
        }
        return Response(body | told)


def _page_url(request: Request, number: int) -> str:
    """This very request at another page."""
    pairs = [(name, value) for name, values in request.query_params.lists() for value in values if name != "page"]
    text = urlencode([*pairs, *([("page", str(number))] if number > 1 else [])])
    return request.build_absolute_uri(f"{request.path}?{text}" if text else request.path)
