"""The queues with their filters, the filters that a curator keeps, and the search over everything."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from apps.curation.decisions import DECIDABLE, Refused
from apps.curation.queues import MOST_FOUND, QUEUES, documents_waiting, filters_of, found, rows_waiting
from apps.curation.teamwork import NAME_LENGTH, forget_filter, save_filter
from apps.desk.batches import BULK_FIELDS, BULK_WORDS
from apps.desk.deciding import DECIDE, SEE
from apps.desk.pages import check, context_of
from apps.desk.places import FILTERS, Place
from apps.vocabulary.statuses import label_for

_A_PAGE = 50
_SEARCH_LENGTH = 200


@require_GET
def queue(request: HttpRequest, kind: str) -> HttpResponse:
    """What waits for a person, by impact: whoever can be harmed first comes first. Filters are parameters."""
    check(request, SEE)
    if kind not in QUEUES:
        raise Http404
    place, by = Place.of(request, kind), request.user.get_username()
    documents = documents_waiting(kind, viewer=by, narrowed=place.narrowed)
    page = Paginator(documents.values_list("pk", flat=True), _A_PAGE).get_page(request.GET.get("page"))
    context = {
        "kind": kind,
        "queues": QUEUES,
        "page": page,
        "rows": [_in_words(row) for row in rows_waiting(kind, list(page.object_list), by)],
        "title": QUEUES[kind],
        "place": place,
        "filters": _choices(place),
        "saved": filters_of(by),
        "name_length": NAME_LENGTH,
        "me": by,
        "bulk_fields": BULK_FIELDS,
        "bulk_words": BULK_WORDS,
        "may_decide": request.user.has_perm(DECIDE),
    }
    return render(request, "desk/queue.html", context_of(request) | context)


def _in_words(row: dict[str, Any]) -> dict[str, Any]:
    return row | {
        "status": label_for("status", row["status"]),
        "asked": [str(DECIDABLE[field]) for field in row["fields"]],
    }


def _choices(place: Place) -> list[dict[str, Any]]:
    return [
        {
            "slug": slug,
            "name": name,
            "values": [(value, word, getattr(place.narrowed, slug) == value) for value, word in words.items()],
        }
        for slug, (name, words) in FILTERS.items()
    ]


@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Keep the filters of a queue under a name."""
    check(request, SEE)
    place = Place.of(request)
    if not place.kind:
        raise Http404
    try:
        name = request.POST.get("name", "")
        kept = save_filter(by=request.user.get_username(), name=name, kind=place.kind, query=place.filters)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Saved as “%(name)s”.") % {"name": kept.name})
    return redirect(place.address)


@require_POST
def forget(request: HttpRequest, number: int) -> HttpResponse:
    """Take a saved filter away."""
    check(request, SEE)
    if not forget_filter(by=request.user.get_username(), number=number):
        raise Http404
    messages.success(request, _("The filter is gone."))
    place = Place.of(request)
    return redirect(place.address if place.kind else reverse("desk:index"))


@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """One field over trials, notes and the reasons of decisions."""
    check(request, SEE)
    text = request.GET.get("q", "")
    context = {
        "title": _("Search the desk"),
        "text": text[:_SEARCH_LENGTH],
        "cut": len(text) > _SEARCH_LENGTH,
        "length": _SEARCH_LENGTH,
        "found": found(text[:_SEARCH_LENGTH], request.user.get_username() if request.user.has_perm(DECIDE) else ""),
        "most": MOST_FOUND,
    }
    return render(request, "desk/search.html", context_of(request) | context)
