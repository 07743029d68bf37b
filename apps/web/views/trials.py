"""The list of trials: filters, counts, chips, sorting, pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import number_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from apps.core.languages import without_language
from apps.core.statements import RETRY_AFTER
from apps.search.query import FILTERS, TOLD_BY_NAME, Problem, StudyQuery
from apps.search.selectors import Results, search_studies
from apps.vocabulary.taxonomy import CELL_TYPE_BY_SLUG, CELL_TYPES, SCOPE_BY_SLUG
from apps.web.presenters.trial_facts import by_group
from apps.web.views.addresses import LIST, Addresses
from apps.web.views.as_of import as_of
from apps.web.views.compare import MOST_COMPARED
from apps.web.views.conditional import version_of
from apps.web.views.errors import too_slow
from apps.web.views.facets import groups_of, sections_of
from apps.web.views.layout import CARDS, Layout, read_layout
from apps.web.views.markup import facets, sections, trial_rows
from apps.web.views.rows import pager, rows_of
from apps.web.views.searched import examples, searched
from apps.web.views.site import day
from apps.web.views.table import trial_table
from apps.web.views.take_away import take_away

# So many values of one filter are told on their own page.
_MOST_VALUES = 2000
_SIZES = (25, 50, 100, 200)
_VIEWS = (("cards", _("Cards")), ("table", _("Table")))
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
    asked, problems = StudyQuery.parse(request.GET)
    layout, unknown = read_layout(request.GET)
    results = search_studies(asked, version=version_of(request))
    told = [*problems, *results.problems]
    notices = [
        _notice(problem) for problem in told if problem.kind in {"unknown_value", "repeated", "notice"}
    ] + unknown
    if results.is_past_end:
        links = Addresses(results.query, layout)
        last, first = links.list(page=results.pages), links.list()
        context = {"results": results, "last": last, "first": first, "section": "trials"}
        return render(request, "web/past_end.html", context, status=404)
    page = render(request, "web/trial_list.html", _context(results, layout, notices))
    if results.timed_out:
        page.status_code = 503
        page.headers["Retry-After"] = str(RETRY_AFTER)
    return page


def _context(results: Results, layout: Layout, notices: list[str]) -> dict[str, Any]:
    query = results.query
    links = Addresses(query, layout)
    canonical = Addresses(query).list(page=query.page)
    return {
        "section": "trials",
        "heading": _heading(query, results),
        "kinds": CELL_TYPES,
        "query": query,
        "results": results,
        "count": number_format(results.count, use_l10n=True, force_grouping=True),
        "notices": notices,
        "groups": facets(groups_of(results.facets, links)),
        "sections": sections(sections_of(results.facets, links)),
        "chips": list(_chips(query, links)),
        "as_of": as_of(results, links),
        "cleared": links.beside(StudyQuery()),
        "hidden": [pair for pair in query.pairs() if pair[0] in {"scope", "sort", "page_size"}] + layout.pairs(),
        "orders": list(_orders(query, links)),
        "layout": layout,
        "views": [
            (name, links.list(page=query.page, layout=layout.seen_as(view)), layout.view == view)
            for view, name in _VIEWS
        ],
        "rows": _rows(results, links),
        "most": MOST_COMPARED,
        "searched": searched(query, results),
        "examples": examples(),
        "take_away": take_away(results) if results.count else "",
        "pager": pager(results.page, results.pages, lambda number: links.list(page=number)),
        "canonical": canonical,
        "indexed": without_language(canonical) == LIST and layout == CARDS,
        "waiting": "" if query.scope != ("in_scope",) else links.beside(query.changed(scope="review")),
        "waiting_count": results.scope_counts.get("review", 0),
        **(_of_table(query, links) if layout.is_table else {}),
    }


def _rows(results: Results, links: Addresses) -> SafeString | str:
    if not results.documents:
        return ""
    if not links.layout.is_table:
        return trial_rows(rows_of(results.documents, results.snippets, results.moment.day), choose=True)
    rows = rows_of(results.documents, day=results.moment.day)
    columns, order = links.layout.shown, results.query.order
    return trial_table(results.documents, rows, columns, order, lambda sort: links.list(sort=sort))


def _of_table(query: StudyQuery, links: Addresses) -> dict[str, Any]:
    """What stands around a table alone: which columns it has, and how many rows."""
    layout = links.layout
    return {
        "others": [pair for pair in query.pairs() if pair[0] != "page"] + [("view", layout.view)],
        "choices": [
            (name, [(fact.slug, fact.name, fact.slug in layout.shown) for fact in facts])
            for _slug, name, facts in by_group()
        ],
        "usual": links.list(layout=Layout(layout.view)) if layout.columns else "",
        "sizes": [(size, links.list(page_size=size), size == query.page_size) for size in _SIZES],
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
    if problem.kind == "repeated":
        return gettext("“%(name)s” can be given once; the first was used.") % {"name": problem.parameter}
    if problem.kind != "unknown_value":
        return problem.message
    if problem.parameter == "as_of":
        message = gettext("“%(value)s” is no day, so this is the present list. Write a day as 2026-03-01.")
        return message % {"value": problem.value}
    name = FILTERS[problem.parameter].label if problem.parameter in FILTERS else problem.parameter
    words = {"value": problem.value, "name": name}
    return gettext("We do not know “%(value)s” under “%(name)s”, so we left it out.") % words


def _chips(query: StudyQuery, links: Addresses) -> Iterator[tuple[str, str]]:
    """Label and address without it, of everything that narrows the list."""
    if query.q:
        yield gettext("Text: %(text)s") % {"text": query.q}, links.beside(query.changed(q=None))
    for parameter, value, label in query.chosen():
        if parameter == "cell_type":
            label = CELL_TYPE_BY_SLUG[value].short
        elif parameter in TOLD_BY_NAME:
            label = gettext("%(field)s: %(value)s") % {"field": FILTERS[parameter].label, "value": label}
        yield label, links.beside(query.without(parameter, value))
    if query.scope != ("in_scope",):
        names = [gettext("all records") if slug == "all" else str(SCOPE_BY_SLUG[slug].name) for slug in query.scope]
        yield ", ".join(names), links.beside(query.changed(scope=None))
    if query.as_of:
        yield gettext("As known on %(day)s") % {"day": day(query.as_of)}, links.beside(query.changed(as_of=None))


def _orders(query: StudyQuery, links: Addresses) -> Iterator[tuple[str, str, bool]]:
    """Label, address and whether it is in force, of each order on offer."""
    for sort, label in _ORDERS:
        if sort != "relevance" or query.q:
            yield str(label), links.list(sort=sort), sort == query.order


@require_safe
def all_values(request: HttpRequest, parameter: str) -> HttpResponse:
    """Every value that a filter can take in a list, as links: for sponsors, whom the list's form cannot hold."""
    if parameter not in FILTERS:
        raise Http404
    asked, problems = StudyQuery.parse(request.GET)
    layout, _unknown = read_layout(request.GET)
    around = asked.without(parameter)
    results = search_studies(around.changed(page_size=1), version=version_of(request), whole=parameter)
    if results.timed_out:
        return too_slow(request)
    facet = next((facet for facet in results.facets if facet.parameter == parameter), None)
    values = facet.values[:_MOST_VALUES] if facet else []
    beginning = Addresses(around, layout).to_value(parameter)
    chosen = {value.casefold() for value in getattr(asked, parameter)}
    told = [*problems, *results.problems]
    context = {
        "section": "trials",
        "label": FILTERS[parameter].label,
        "sentence": around.describe(results.count) if around.is_filtered else "",
        "values": [
            (value, beginning + urlencode([(parameter, value.value)]), value.value.casefold() in chosen)
            for value in values
        ],
        "more": len(facet.values) - len(values) if facet else 0,
        "back": Addresses(asked, layout).list(),
        "notices": [_notice(problem) for problem in told if problem.kind != "unknown_parameter"],
    }
    return render(request, "web/values.html", context)
