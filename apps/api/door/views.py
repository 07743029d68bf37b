"""The registry-shaped answers: JSON as the registry gives it, errors in plain text."""

from __future__ import annotations

import json
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponsePermanentRedirect
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from apps.api import examples
from apps.api.describing import HEADERS, NCT_ID
from apps.api.door.describing import (
    OF_ONE,
    OF_STUDIES,
    OF_STUDY,
    STUDIES,
    StudiesSerializer,
    VersionSerializer,
    answers,
)
from apps.api.door.parameters import read_listing, read_nct_id, read_nothing, read_study_choice
from apps.api.door.selectors import list_studies, one_study
from apps.api.views import OpenView
from apps.ingest.selectors import last_good_run
from apps.search.selectors import dataset_version
from apps.studies.selectors import successor_of

# The API whose shape this is, where the last good run has not been told another.
API_VERSION = "2.0.5"
_JSON = "application/json"


class NoDataYet(APIException):
    """Nothing has been published so far."""

    status_code = 503
    wait = 30


class DoorView(OpenView):
    """What all views of the door share with the other API, but for the shape of errors."""

    def handle_exception(self, exc: Exception) -> Response:
        told = super().handle_exception(exc)
        headers = {"Retry-After": told["Retry-After"]} if "Retry-After" in told else {}
        return HttpResponse(  # type: ignore[return-value]
            told.data["detail"], status=told.status_code, content_type="text/plain; charset=utf-8", headers=headers
        )


class Studies(DoorView):
    """Records that fit a query, a page at a time."""

    @extend_schema(
        operation_id="ctgov_studies",
        summary="Records, in the registry's shape",
        description="The registry's own records of the trials in scope, for clients written for its API v2.",
        parameters=[*OF_STUDIES, *HEADERS],
        responses=answers(StudiesSerializer, STUDIES),
    )
    def get(self, request: Request) -> HttpResponseBase:
        listing = read_listing(request.query_params)
        if unmodified := self.unmodified(request, dataset_version()):
            return unmodified
        page = list_studies(listing)
        # A record a line, as the registry writes them.
        total = b'"totalCount":%d,' % page.total if listing.count_total and listing.after is None else b""
        token = b',"nextPageToken":%s' % json.dumps(page.next_token).encode() if page.next_token else b""
        body = b'{%s"studies":[\n%s\n]%s}' % (total, b",\n".join(page.studies), token)
        return HttpResponse(body, content_type=_JSON)


class Study(DoorView):
    """One record."""

    @extend_schema(
        operation_id="ctgov_study",
        summary="One record, in the registry's shape",
        description="The registry's own record, without contacts of persons.",
        parameters=[NCT_ID, *OF_STUDY, *HEADERS],
        responses=answers({"type": "object"}, examples.RECORD, **OF_ONE),
    )
    def get(self, request: Request, nct_id: str) -> HttpResponseBase:
        nct_id = read_nct_id(nct_id)
        choice = read_study_choice(request.query_params)
        if unmodified := self.unmodified(request, dataset_version()):
            return unmodified
        record = one_study(nct_id, choice)
        if record is not None:
            return HttpResponse(record, content_type=_JSON)
        self.headers.pop("ETag")
        successor = successor_of(nct_id)
        if successor is None or one_study(successor, choice) is None:
            raise Http404(f"NCT number {nct_id} not found in this collection")
        address, query = reverse("api:door:study", args=[successor]), request.META.get("QUERY_STRING", "")
        return HttpResponsePermanentRedirect(f"{address}?{query}" if query else address)


class Version(DoorView):
    """Which data this is: the registry's version and time stamp as of the last good run."""

    @extend_schema(
        operation_id="ctgov_version",
        summary="Version of the data, in the registry's shape",
        description="Of the last good sync.",
        parameters=HEADERS,
        responses=answers(VersionSerializer, {"apiVersion": API_VERSION, "dataTimestamp": "2026-05-02T09:00:06"}),
    )
    def get(self, request: Request) -> HttpResponseBase:
        read_nothing(request.query_params)
        run = last_good_run()
        if run is None or run.finished_at is None:
            raise NoDataYet("There is no data yet: the first sync has not ended.")
        # Stored records that were replayed have no time stamp of the registry's: the time of the replay stands for it.
        stamp = run.data_timestamp or f"{run.finished_at:%Y-%m-%dT%H:%M:%S}"
        version = {"apiVersion": run.api_version or API_VERSION, "dataTimestamp": stamp}
        if unmodified := self.unmodified(request, version):
            return unmodified
        return HttpResponse(json.dumps(version), content_type=_JSON)


class Nowhere(DoorView):
    """Any other address under the door."""

    @extend_schema(exclude=True)
    def get(self, request: Request, **kwargs: Any) -> HttpResponseBase:
        raise Http404("There is nothing at this address: this door has v2/studies, v2/studies/{nctId} and v2/version")
