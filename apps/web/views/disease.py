"""The leaflet of one disease: what people wrote, beside what the registry counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from apps.core.languages import in_language
from apps.guide.sections import Statements
from apps.guide.selectors import Leaflet, guide_at
from apps.search.query import StudyQuery
from apps.search.selectors import home_counts, search_studies
from apps.vocabulary.taxonomy import DISEASE_BY_SLUG, CellType
from apps.web.views.conditional import version_of
from apps.web.views.markup import trial_rows
from apps.web.views.rows import rows_of

_RECRUITING = 5
_WITH_RESULTS = 3
# Under way or about to begin, and taking nobody in now.
_RUNNING = ("NOT_YET_RECRUITING", "ENROLLING_BY_INVITATION", "ACTIVE_NOT_RECRUITING", "SUSPENDED")


@dataclass(slots=True)
class Kind:
    """One of the two kinds of therapy in this disease: words, numbers, trials that recruit or have results."""

    cell_type: CellType
    parts: list[tuple[str | Promise, Statements]]
    total: int
    recruiting: int
    running: int
    completed: int
    with_results: int
    rows: SafeString
    result_rows: SafeString
    shown: int
    results_shown: int
    href: str
    running_href: str

    @property
    def slug(self) -> str:
        return self.cell_type.slug


@require_safe
def to_the_four(request: HttpRequest) -> HttpResponse:
    """The diseases stand on the front page."""
    return redirect(reverse("web:home") + "#diseases")


@require_safe
def disease(request: HttpRequest, slug: str) -> HttpResponse:
    followed, version = DISEASE_BY_SLUG.get(slug), version_of(request)
    text = guide_at(version).leaflets.get(slug) if followed else None
    if followed is None or text is None:
        raise Http404
    counts = next(item for item in home_counts(version).diseases if item.disease.slug == slug)
    kinds = [_kind(text, item, version) for item in counts.kinds]
    context: dict[str, Any] = {
        "section": "diseases",
        "disease": followed,
        "leaflet": text,
        "counts": counts,
        "kinds": kinds,
        "href": in_language(f"/trials/?disease={slug}"),
    }
    return render(request, "web/disease.html", context)


def _kind(text: Leaflet, counted: Any, version: int) -> Kind:
    query = StudyQuery(disease=(text.slug,), cell_type=(counted.cell_type.slug,))
    found = search_studies(query.changed(status=("RECRUITING",), page_size=_RECRUITING), facets=False, version=version)
    others = query.changed(status=_RUNNING, page_size=1)
    running = search_studies(others, facets=False, version=version)
    completed = search_studies(query.changed(status=("COMPLETED",), page_size=1), facets=False, version=version)
    posted = search_studies(
        query.changed(has_results=("true",), page_size=_WITH_RESULTS), facets=False, version=version
    )
    return Kind(
        cell_type=counted.cell_type,
        parts=text.kind(counted.cell_type.slug),
        total=counted.total,
        recruiting=counted.recruiting,
        running=running.count,
        completed=completed.count,
        with_results=posted.count,
        rows=trial_rows(rows_of(found.documents), level=4) if found.documents else SafeString(),
        result_rows=trial_rows(rows_of(posted.documents), level=4) if posted.documents else SafeString(),
        shown=len(found.documents),
        results_shown=len(posted.documents),
        href=in_language(f"/trials/?{query.to_query_string()}"),
        running_href=in_language(f"/trials/?{query.changed(status=_RUNNING).to_query_string()}"),
    )
