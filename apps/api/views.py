"""The read-only API: the same lists and documents as the site, as JSON.

Every answer may be read by any other site (CORS), carries an ETag that stands until the dataset moves, and is counted
against its address.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponsePermanentRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.api import examples
from apps.api.describing import HEADERS, MOVED, NCT_ID, answers
from apps.api.parameters import (
    START,
    Asked,
    Parameter,
    chosen_only,
    fields,
    matching,
    query_parameters,
    read_asked,
    read_own,
    refuse,
    unusable,
)
from apps.api.problems import TooSlow, problem
from apps.api.schema import described_json
from apps.api.serializers import (
    StudyDetailSerializer,
    StudyPageSerializer,
    StudySerializer,
    SyncSerializer,
    run_data,
    search_data,
    study_data,
    study_detail_data,
)
from apps.classification.rules import RULESET_VERSION
from apps.classification.selectors import labels_of
from apps.ctgov.content import without_contacts
from apps.ctgov.parser import PARSER_VERSION
from apps.curation.selectors import overrides_of, with_decisions
from apps.curation.terms import terms_in_force
from apps.history.selectors import newest_change
from apps.ingest.selectors import current_payload, freshness, latest_runs, memberships
from apps.search.cautions import cautions_told
from apps.search.query import Problem, StudyQuery
from apps.search.selectors import Results, dataset_version, document, search_studies
from apps.studies.models import Study
from apps.studies.selectors import canonical_id, successor_of
from apps.vocabulary.cards import FIELDS

CACHE_CONTROL = "public, max-age=0, must-revalidate"
# Of the newest sync runs, so many are told.
_RUNS = 10
_EXPOSED = "ETag, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset"


@cache
def build() -> str:
    """A short name of the code that makes the answers; part of every ETag."""
    digest = hashlib.sha256(settings.VERSION.encode())
    for path in sorted((settings.BASE_DIR / "apps").rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


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
        if response.status_code >= 400:
            # An error is nothing that a client may take for still standing.
            self.headers.pop("ETag", None)
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
        # The day: cautions begin to hold on one, and the last updates are counted back from one.
        told = repr((build(), timezone.now().date(), request.get_full_path(), *parts))
        etag = f'W/"{hashlib.sha256(told.encode()).hexdigest()[:24]}"'
        self.headers["ETag"] = etag
        return get_conditional_response(request._request, etag=etag)


CURSOR = Parameter(
    "cursor",
    "For a harvest: * begins it, and `next` goes on. Studies come by NCT id, so sort and page cannot be given. "
    "Whatever is published meanwhile, each study that fits the query all the time is given exactly once.",
    {"type": "string", "pattern": r"^(\*|NCT[0-9]{8})$"},
    matching(r"\*|NCT[0-9]{8}"),
    ("* to begin", "the cursor of a `next` address"),
    examples={"The beginning": START},
)
_OF_CARD = tuple(f"card.{item.slug}" for item in FIELDS)
LIST_FIELDS = fields((*StudySerializer().fields, *_OF_CARD), "nct_id")
DETAIL_FIELDS = fields((*StudyDetailSerializer().fields, *_OF_CARD), "nct_id")
_ONE_MORE = 1


class StudyList(OpenView):
    """Studies that fit a query, a page at a time."""

    @extend_schema(
        operation_id="studies_list",
        summary="List studies",
        description="The same lists as the site's: the parameters are those of its addresses. By page numbers, or with "
        "`cursor` for programs that take everything.",
        parameters=[*query_parameters(), CURSOR.described(), LIST_FIELDS.described(), *HEADERS],
        responses=answers(StudyPageSerializer, examples.STUDIES),
    )
    def get(self, request: Request) -> HttpResponseBase:
        asked = read_asked(request.query_params, (CURSOR, LIST_FIELDS))
        query, cursor, chosen = asked.query, asked.own["cursor"], asked.own["fields"]
        if cursor:
            refuse([_not_with_cursor(name) for name in ("sort", "page") if request.query_params.get(name, "").strip()])
        version = dataset_version()
        if unmodified := self.unmodified(request, version):
            return unmodified
        if cursor:
            # One more than the page holds, to know whether another follows.
            longer = replace(query, page_size=query.page_size + _ONE_MORE)
            results = search_studies(longer, facets=False, version=version, after=_number(cursor))
        else:
            results = search_studies(query, facets=False, version=version)
        told = told_of(asked, results)
        if results.is_past_end and not cursor:
            detail = f"Page {results.page} is past the last, which is page {results.pages}."
            return problem(404, detail, last=_page_url(request, query, chosen, results.pages))
        shown = results.documents[: query.page_size]
        if cursor:
            more = len(results.documents) > len(shown)
            following = _address(request, query, chosen, cursor=shown[-1].nct_id) if more else None
            previous = None
        else:
            following = _page_url(request, query, chosen, results.page + 1) if results.page < results.pages else None
            previous = _page_url(request, query, chosen, results.page - 1) if results.page > 1 else None
        body: dict[str, Any] = {
            "count": results.count,
            "next": following,
            "previous": previous,
            "results": [chosen_only(study_data(row), chosen, "nct_id") for row in shown],
        }
        return Response(body | told)


class StudyView(OpenView):
    """What the addresses of one study share."""

    # Name of the address.
    address: str

    def moved(self, request: Request, nct_id: str) -> HttpResponseBase | None:
        """A redirect from another spelling of an id; None for the usual one."""
        canonical = canonical_id(nct_id)
        if canonical is None:
            raise Http404("That is not an NCT id: NCT and eight digits.")
        return None if canonical == nct_id else self.to(request, canonical)

    def to(self, request: Request, nct_id: str) -> HttpResponseBase:
        address, query = reverse(self.address, args=[nct_id]), request.META.get("QUERY_STRING", "")
        return HttpResponsePermanentRedirect(f"{address}?{query}" if query else address)

    def elsewhere(self, request: Request, nct_id: str) -> HttpResponseBase:
        """A redirect from a former id; raises Http404 for one that we never had."""
        self.headers.pop("ETag", None)
        if successor := successor_of(nct_id):
            return self.to(request, successor)
        raise Http404(f"We have no study {nct_id}.")


class StudyDetail(StudyView):
    """One study: what is published, the evidence for each label, and the whole record without contacts of persons."""

    address = "api:study"

    @extend_schema(
        operation_id="studies_retrieve",
        summary="One study",
        description="What is published of it, its labels with the evidence for each, and the whole record without "
        "contacts of persons.",
        parameters=[NCT_ID, DETAIL_FIELDS.described(), *HEADERS],
        responses=answers(StudyDetailSerializer, examples.DETAIL, **{"301": MOVED}),
    )
    def get(self, request: Request, nct_id: str) -> HttpResponseBase:
        chosen = read_own(request.query_params, (DETAIL_FIELDS,))["fields"]
        if moved := self.moved(request, nct_id):
            return moved
        version, found = dataset_version(), memberships(nct_id)
        if unmodified := self.unmodified(request, version, [(item.query, item.since, item.until) for item in found]):
            return unmodified
        study = Study.objects.filter(pk=nct_id).first()
        shown = document(nct_id) if study is not None and not study.merged_into else None
        payload = current_payload(nct_id) if shown is not None else None
        if study is None or shown is None or payload is None:
            return self.elsewhere(request, nct_id)
        shown.told_cautions = cautions_told(shown)
        overrides = overrides_of(nct_id)
        labels = with_decisions(labels_of(nct_id), overrides)
        data = study_detail_data(shown, study, labels, overrides, found, without_contacts(payload))
        return Response(chosen_only(data, chosen, "nct_id"))


class Sync(OpenView):
    """How current the data are."""

    @extend_schema(
        operation_id="sync_retrieve",
        summary="How current the data are",
        description="The state of the sync as in /readyz, the versions of data, parser and rules, and the newest runs. "
        "Take `dataset_version` before and after a harvest to know whether anything was published meanwhile.",
        parameters=HEADERS,
        responses=answers(SyncSerializer, examples.SYNC, **{"404": None}),
    )
    def get(self, request: Request) -> HttpResponseBase:
        refuse_parameters(request)
        now = freshness()
        body = {
            "state": now.state,
            "finished_at": now.finished_at,
            "data_timestamp": now.data_timestamp or None,
            "next_due": now.next_due,
            "published": now.published,
            "dataset_version": dataset_version(),
            "newest_change": newest_change(),
            "parser_version": PARSER_VERSION,
            "ruleset_version": RULESET_VERSION,
            "terms_version": terms_in_force().version,
            "runs": [run_data(run) for run in latest_runs(_RUNS)],
        }
        # A run that is due at once is due "now", which is another moment each time.
        told = body if now.next_due > timezone.now() else body | {"next_due": ""}
        return self.unmodified(request, told) or Response(body)


class Description(OpenView):
    """The description of this API, as OpenAPI 3.1."""

    @extend_schema(
        operation_id="schema",
        summary="This description",
        description="All of this as OpenAPI 3.1.",
        parameters=HEADERS,
        responses=answers(
            {"type": "object"},
            {"openapi": "3.1.0", "info": {"title": "trialtracker", "version": settings.VERSION}, "paths": {}},
            **{"404": None},
        ),
    )
    def get(self, request: Request) -> HttpResponseBase:
        refuse_parameters(request)
        return self.unmodified(request) or HttpResponse(described_json(), content_type="application/json")


class Entrance(OpenView):
    """Where the parts of the API are."""

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponseBase:
        refuse_parameters(request)
        names = {
            "studies": "api:studies",
            "facets": "api:facets",
            "sponsors": "api:sponsors",
            "labels": "api:labels",
            "changes": "api:changes",
            "sync": "api:sync",
            "schema": "api:schema",
            "docs": "api:docs",
        }
        return Response({part: request.build_absolute_uri(reverse(name)) for part, name in names.items()})


class Nowhere(OpenView):
    """Any other address under the API."""

    @extend_schema(exclude=True)
    def get(self, request: Request, **kwargs: Any) -> HttpResponseBase:
        raise Http404("There is nothing at this address. /api/ lists what there is.")


def refuse_parameters(request: Request) -> None:
    """Raises BadQuery for any parameter, at an address that takes none."""
    read_own(request.query_params)


def told_of(asked: Asked, results: Results) -> dict[str, Any]:
    """What a client should know of how its query was used; nothing for most.

    Raises TooSlow for a stopped search, BadQuery for a value that there is but not here.
    """
    refuse([told for told in results.problems if told.kind == "unknown_value"])
    notices = [told.message for told in (*asked.notices, *results.problems)]
    if results.timed_out:
        raise TooSlow(" ".join(notices))
    return search_data(results) | ({"notices": notices} if notices else {})


def _not_with_cursor(name: str) -> Problem:
    return unusable(name, "", f"“{name}” cannot be given with “cursor”: a harvest goes by NCT id.")


def _number(cursor: str) -> int:
    return 0 if cursor == START else int(cursor.removeprefix("NCT"))


def _page_url(request: Request, query: StudyQuery, chosen: Sequence[str], page: int) -> str:
    return _address(request, query, chosen, page=page)


def _address(request: Request, query: StudyQuery, chosen: Sequence[str], *, page: int = 1, cursor: str = "") -> str:
    parts = [query.to_query_string(page=page)]
    parts += [urlencode({"cursor": cursor})] if cursor else []
    parts += [urlencode({"fields": ",".join(chosen)}, safe=",")] if chosen else []
    text = "&".join(part for part in parts if part)
    return request.build_absolute_uri(f"{request.path}?{text}" if text else request.path)
