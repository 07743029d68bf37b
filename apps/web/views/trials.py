"""The list of trials: filters, counts, chips, sorting, pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from apps.core.statements import RETRY_AFTER
from apps.search.query import FILTERS, Problem, StudyQuery
from apps.search.selectors import Results, search_studies
from apps.vocabulary.cards import FIELD_BY_SLUG
from apps.vocabulary.taxonomy import CELL_TYPE_BY_SLUG, CELL_TYPES, SCOPE_BY_SLUG
from apps.web.views.as_of import as_of
from apps.web.views.conditional import version_of
from apps.web.views.facets import groups_of, sections_of
from apps.web.views.markup import facets, sections, trial_rows
from apps.web.views.rows import pager, rows_of
from apps.web.views.searched import examples, searched
from apps.web.views.site import day
from apps.web.views.take_away import take_away

_ORDERS = (
    ("relevance", _("best match")),
    ("-last_update_posted", _("last change")),
    ("-first_posted", _("newest")),
    ("-start_date", _("start")),
    ("-enrollment", _("number of people")),
    ("title", _("title")),
)


@require_safe
def trial_list(request: HttpRequest) -> HttpResponse:
    query, problems = StudyQuery.parse(request.GET)
    results = search_studies(query, version=version_of(request))
    told = (*problems, *results.problems)
    notices = [_notice(problem) for problem in told if problem.kind in {"unknown_value", "notice"}]
    if results.is_past_end:
        context = {
            "results": results,
            "last": _href(query, page=results.pages),
            "first": _href(query),
            "section": "trials",
        }
        return render(request, "web/past_end.html", context, status=404)
    page = render(request, "web/trial_list.html", _context(query, results, notices))
    if results.timed_out:
        page.status_code = 503
        page.headers["Retry-After"] = str(RETRY_AFTER)
    return page


def _context(query: StudyQuery, results: Results, notices: list[str]) -> dict[str, Any]:
    canonical = query.to_query_string(page=query.page)
    return {
        "section": "trials",
        "heading": _heading(query, results),
        "kinds": CELL_TYPES,
        "query": query,
        "results": results,
        "count": number_format(results.count, use_l10n=True, force_grouping=True),
        "notices": notices,
        "groups": facets(groups_of(results.facets)),
        "sections": sections(sections_of(results.facets)),
        "chips": list(_chips(query)),
        "as_of": as_of(query, results),
        "hidden": [pair for pair in query.pairs() if pair[0] in {"scope", "sort", "page_size"}],
        "orders": list(_orders(query)),
        "rows": trial_rows(rows_of(results.documents, results.snippets, results.moment.day))
        if results.documents
        else "",
        "searched": searched(query, results),
        "examples": examples(),
        "pager": pager(results.page, results.pages, lambda number: _href(query, page=number)),
        "canonical": f"/trials/?{canonical}" if canonical else "/trials/",
        "indexed": not canonical,
        "take_away": take_away(results) if results.count else "",
        "waiting": "" if query.scope != ("in_scope",) else _href(query, scope="review"),
        "waiting_count": results.scope_counts.get("review", 0),
    }


def _heading(query: StudyQuery, results: Results) -> str:
    if results.timed_out:
        return gettext("The search was stopped") if query.q else gettext("The list was not ready in time")
    if query.unreadable:
        return gettext("We could not read this search")
    if results.corrected:
        query = query.changed(q=results.corrected)
    return query.describe(results.count) if results.count or query.is_filtered else gettext("Trials")


def _notice(problem: Problem) -> str:
    """A problem in a sentence for readers; the API lists what is allowed, here the filters show it."""
    if problem.kind != "unknown_value" or not problem.allowed:
        return problem.message
    if problem.parameter == "as_of":
        message = gettext("“%(value)s” is no day, so this is the present list. Write a day as 2026-03-01.")
        return message % {"value": problem.value}
    name = FILTERS[problem.parameter].label if problem.parameter in FILTERS else problem.parameter
    words = {"value": problem.value, "name": name}
    return gettext("We do not know “%(value)s” under “%(name)s”, so we left it out.") % words


def _chips(query: StudyQuery) -> Iterator[tuple[str, str]]:
    """Label and address without it, of everything that narrows the list."""
    if query.q:
        yield gettext("Text: %(text)s") % {"text": query.q}, _href(query, q=None)
    for parameter, value, label in query.chosen():
        if parameter == "cell_type":
            label = CELL_TYPE_BY_SLUG[value].short
        elif parameter in FIELD_BY_SLUG:
            label = gettext("%(field)s: %(value)s") % {"field": FIELD_BY_SLUG[parameter].name, "value": label}
        yield label, _href(query.without(parameter, value))
    if query.scope != ("in_scope",):
        names = [gettext("all records") if slug == "all" else str(SCOPE_BY_SLUG[slug].name) for slug in query.scope]
        yield ", ".join(names), _href(query, scope=None)
    if query.as_of:
        yield gettext("As known on %(day)s") % {"day": day(query.as_of)}, _href(query, as_of=None)


def _orders(query: StudyQuery) -> Iterator[tuple[str, str, bool]]:
    """Label, address and whether it is in force, of each order on offer."""
    for sort, label in _ORDERS:
        if sort != "relevance" or query.q:
            yield str(label), _href(query, sort=sort), sort == query.order


def _href(query: StudyQuery, **changes: Any) -> str:
    text = query.to_query_string(**changes) if changes else query.changed().to_query_string()
    return f"/trials/?{text}" if text else "/trials/"
