"""The front page: what this is, how many trials of each kind for each disease, what moved last."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.guide.selectors import guide_at
from apps.search.query import StudyQuery
from apps.search.selectors import home_counts, search_studies
from apps.web.views.conditional import version_of
from apps.web.views.markup import trial_rows
from apps.web.views.rows import rows_of

_LATEST = 5


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    version = version_of(request)
    guide = guide_at(version)
    latest = search_studies(StudyQuery(page_size=_LATEST), facets=False, version=version)
    context = {
        "counts": home_counts(version),
        "rows": trial_rows(rows_of(latest.documents), level=3) if latest.documents else "",
        "msc": guide.brief("msc"),
        "hsc": guide.brief("hsc"),
    }
    return render(request, "web/home.html", context)
