"""The leaflet of one disease: what people wrote, beside what the registry counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from apps.guide.selectors import Statement, leaflet
from apps.search.query import StudyQuery
from apps.search.selectors import home_counts, search_studies
from apps.vocabulary.taxonomy import DISEASE_BY_SLUG, CellType
from apps.web.views.conditional import version_of
from apps.web.views.markup import trial_rows
from apps.web.views.rows import rows_of
from apps.web.views.site import day

_RECRUITING = 5


@dataclass(slots=True)
class Kind:
    """One of the two kinds of therapy in this disease: words, numbers and the trials that recruit now."""

    cell_type: CellType
    statements: tuple[Statement, ...]
    total: int
    recruiting: int
    completed: int
    with_results: int
    rows: SafeString
    shown: int
    href: str

    @property
    def slug(self) -> str:
        return self.cell_type.slug


@require_safe
def disease(request: HttpRequest, slug: str) -> HttpResponse:
    followed, text = DISEASE_BY_SLUG.get(slug), leaflet(slug)
    if followed is None or text is None:
        raise Http404
    version = version_of(request)
    counts = next(item for item in home_counts(version).diseases if item.disease.slug == slug)
    kinds = [_kind(slug, item, getattr(text, item.cell_type.slug), version) for item in counts.kinds]
    context: dict[str, Any] = {
        "section": "diseases",
        "disease": followed,
        "leaflet": text,
        "reviewed": day(text.reviewed),
        "counts": counts,
        "kinds": kinds,
        "href": f"/trials/?disease={slug}",
    }
    return render(request, "web/disease.html", context)


def _kind(slug: str, counted: Any, statements: tuple[Statement, ...], version: int) -> Kind:
    query = StudyQuery(disease=(slug,), cell_type=(counted.cell_type.slug,))
    found = search_studies(query.changed(status=("RECRUITING",), page_size=_RECRUITING), facets=False, version=version)
    completed = search_studies(query.changed(status=("COMPLETED",), page_size=1), facets=False, version=version)
    posted = search_studies(query.changed(has_results=("true",), page_size=1), facets=False, version=version)
    return Kind(
        cell_type=counted.cell_type,
        statements=statements,
        total=counted.total,
        recruiting=counted.recruiting,
        completed=completed.count,
        with_results=posted.count,
        rows=trial_rows(rows_of(found.documents), level=4) if found.documents else SafeString(),
        shown=len(found.documents),
        href=f"/trials/?{query.to_query_string()}",
    )
