"""The page that explains the API: plain HTML made from the description, with no request to another host."""

from __future__ import annotations

from functools import lru_cache

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from apps.api.docs.pages import Page, page_of
from apps.api.examples import NCT_ID
from apps.api.schema import described
from apps.search.query import StudyQuery
from apps.search.selectors import search_studies


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    newest = search_studies(StudyQuery(page_size=1), facets=False).documents
    page = _page(newest[0].nct_id if newest else NCT_ID, get_language())
    context = {"section": "api", "page": page, "base": request.build_absolute_uri("/").rstrip("/")}
    response = render(request, "api/docs.html", context)
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


@lru_cache(maxsize=8)
def _page(nct_id: str, language: str | None) -> Page:
    return page_of(described(), nct_id)
