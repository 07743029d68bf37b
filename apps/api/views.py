"""The read-only API: the same lists and documents as the site, as JSON.

Every answer may be read by any other site (CORS), carries an ETag that stands until the dataset moves, and is counted
against its address.
"""

from __future__ import annotations

import hashlib
from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponseBase, HttpResponsePermanentRedirect
from django.urls import reverse
from django.utils.cache import get_conditional_response
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from drf_spectacular.views import SpectacularJSONAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.api.problems import BadQuery, TooSlow, problem
from apps.api.serializers import (
    ProblemSerializer,
    StudyDetailSerializer,
    StudyPageSerializer,
    study_data,
    study_detail_data,
)
from apps.classification.selectors import labels_of
from apps.ctgov.content import without_contacts
from apps.ingest.selectors import current_payload, memberships
from apps.search.query import (
    DEFAULT_PAGE_SIZE,
    FILTERS,
    MAX_PAGE,
    MAX_PAGE_SIZE,
    MAX_Q,
    SCOPE,
    SORTS,
    Problem,
    StudyQuery,
)
from apps.search.selectors import dataset_version, document, search_studies
from apps.studies.models import Study
from apps.studies.selectors import canonical_id, successor_of

CACHE_CONTROL = "public, max-age=0, must-revalidate"
_EXPOSED = "ETag, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset"


class OpenView(APIView):
    """What all views of the API share: no accounts, readable from any site, conditional requests."""

    http_method_names = ["get", "head", "options"]

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        return Response(
            status=204,
            headers={
                "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
                "Access-Control-Allow-Headers": "Accept, If-None-Match",
                "Access-Control-Max-Age": "86400",
            },
        )

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        final = super().finalize_response(request, response, *args, **kwargs)
        final["Access-Control-Allow-Origin"] = "*"
        final["Access-Control-Expose-Headers"] = _EXPOSED
        final["Cross-Origin-Resource-Policy"] = "cross-origin"
        if final.status_code in {200, 301, 304}:
            final.headers.setdefault("Cache-Control", CACHE_CONTROL)
        else:
            final.headers.setdefault("Cache-Control", "no-store")
        for name, value in getattr(request, "rate_limit", {}).items():
            final[name] = value
        return final

    def unmodified(self, request: Request, *parts: object) -> HttpResponseBase | None:
        """A 304 where the client's copy still stands; else the ETag goes with the answer to come.

        `parts` are what the answer depends on beside its address and the build.
        """
        told = repr((settings.VERSION, request.get_full_path(), *parts))
        etag = f'W/"{hashlib.sha256(told.encode()).hexdigest()[:24]}"'
        self.headers["ETag"] = etag
        return get_conditional_response(request._request, etag=etag)


def _query_parameters() -> list[OpenApiParameter]:
    parameters = [
        OpenApiParameter(
            "q",
            str,
            description=f'Text to search for, in words, "phrases", OR and -without. Cut at {MAX_Q} characters.',
            examples=[OpenApiExample("A phrase without a word", value='"stem cell" -diabetes')],
        )
    ]
    for item in (*FILTERS.values(), SCOPE):
        told = f"{item.label}. Repeated, it means or."
        if item.parameter == "scope":
            told += " By default in_scope."
        if item.told:
            told += f" {item.told}"
        words = list(item.words) or None
        parameters.append(OpenApiParameter(item.parameter, str, many=True, enum=words, description=told))
    return [
        *parameters,
        OpenApiParameter(
            "sort",
            str,
            enum=list(SORTS),
            description="Order, - for descending. By default relevance with q, else -last_update_posted.",
        ),
        OpenApiParameter(
            "page",
            {"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": 1},
            description="Page, from 1.",
        ),
        OpenApiParameter(
            "page_size",
            {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE, "default": DEFAULT_PAGE_SIZE},
            description="Studies a page.",
        ),
    ]


def _answers(**more: Any) -> dict[Any, Any]:
    told = {
        "304": OpenApiResponse(description="Nothing has changed since the copy that If-None-Match names."),
        "400": OpenApiResponse(ProblemSerializer, description="A parameter or value is unknown."),
        "404": OpenApiResponse(ProblemSerializer, description="There is no such study or page."),
        "429": OpenApiResponse(ProblemSerializer, description="Too many requests; see Retry-After."),
    } | more
    return {
        (status, "application/problem+json") if status >= "400" else status: answer for status, answer in told.items()
    }


class StudyList(OpenView):
    """Studies that fit a query, a page at a time."""

    @extend_schema(
        operation_id="studies_list",
        summary="List studies",
        parameters=_query_parameters(),
        responses=_answers(
            **{
                "200": StudyPageSerializer,
                "503": OpenApiResponse(ProblemSerializer, description="The search took too long and was stopped."),
            }
        ),
    )
    def get(self, request: Request) -> HttpResponseBase:
        query, problems = StudyQuery.parse(request.query_params)
        if unknown := [told for told in problems if told.kind != "notice"]:
            raise BadQuery(unknown)
        version = dataset_version()
        if unmodified := self.unmodified(request, version):
            return unmodified
        results = search_studies(query, facets=False, version=version)
        notices = [told.message for told in (*problems, *results.problems)]
        if results.timed_out:
            raise TooSlow(" ".join(notices))
        if results.is_past_end:
            detail = f"Page {results.page} is past the last, which is page {results.pages}."
            return problem(404, detail, last=_page_url(request, query, results.pages))
        body: dict[str, Any] = {
            "count": results.count,
            "next": _page_url(request, query, results.page + 1) if results.page < results.pages else None,
            "previous": _page_url(request, query, results.page - 1) if results.page > 1 else None,
            "results": [study_data(row) for row in results.documents],
        }
        if notices:
            body["notices"] = notices
        return Response(body)


class StudyDetail(OpenView):
    """One study: what is published, the evidence for each label, and the whole record without contacts of persons."""

    @extend_schema(
        operation_id="studies_retrieve",
        summary="One study",
        parameters=[
            OpenApiParameter("nct_id", str, OpenApiParameter.PATH, pattern=r"^NCT\d{8}$", description="The NCT id.")
        ],
        responses=_answers(
            **{
                "200": StudyDetailSerializer,
                "301": OpenApiResponse(description="Another spelling, or an id that was merged into another record."),
            }
        ),
    )
    def get(self, request: Request, nct_id: str) -> HttpResponseBase:
        refuse_parameters(request)
        canonical = canonical_id(nct_id)
        if canonical is None:
            raise Http404("That is not an NCT id: NCT and eight digits.")
        if canonical != nct_id:
            return _moved(canonical)
        version, found = dataset_version(), memberships(canonical)
        if unmodified := self.unmodified(request, version, [(item.query, item.since, item.until) for item in found]):
            return unmodified
        study = Study.objects.filter(pk=canonical).first()
        shown = document(canonical) if study is not None and not study.merged_into else None
        payload = current_payload(canonical) if shown is not None else None
        if study is None or shown is None or payload is None:
            self.headers.pop("ETag")
            if successor := successor_of(canonical):
                return _moved(successor)
            raise Http404(f"We have no study {canonical}.")
        return Response(study_detail_data(shown, study, labels_of(canonical), found, without_contacts(payload)))


class Description(OpenView, SpectacularJSONAPIView):
    """The description of this API, as OpenAPI 3.1."""

    @extend_schema(operation_id="schema", summary="This description", responses={"200": {"type": "object"}})
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        refuse_parameters(request)
        if unmodified := self.unmodified(request):
            return unmodified
        return super().get(request, *args, **kwargs)


class Entrance(OpenView):
    """Where the parts of the API are."""

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponseBase:
        refuse_parameters(request)
        names = {"studies": "api:studies", "schema": "api:schema"}
        return Response({part: request.build_absolute_uri(reverse(name)) for part, name in names.items()})


class Nowhere(OpenView):
    """Any other address under the API."""

    @extend_schema(exclude=True)
    def get(self, request: Request, **kwargs: Any) -> HttpResponseBase:
        raise Http404("There is nothing at this address. /api/ lists what there is.")


def refuse_parameters(request: Request) -> None:
    """Raises BadQuery for any parameter, at an address that takes none."""
    if unknown := list(request.query_params)[:5]:
        message = "This address takes no parameters."
        raise BadQuery([Problem(name[:60], "", (), message, "unknown_parameter") for name in unknown])


def _moved(nct_id: str) -> HttpResponseBase:
    return HttpResponsePermanentRedirect(reverse("api:study", args=[nct_id]))


def _page_url(request: Request, query: StudyQuery, page: int) -> str:
    text = query.to_query_string(page=page)
    return request.build_absolute_uri(f"{request.path}?{text}" if text else request.path)
