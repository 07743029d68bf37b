"""What curators decided, for everybody to see: both words, the reason, and how many trials were left out and why."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.curation.aliases import aliases
from apps.curation.models import SitePlace
from apps.curation.selectors import public_decisions
from apps.curation.terms import proposals_in_force
from apps.search.models import StudyDocument
from apps.web.presenters.trial_decisions import decisions as told
from apps.web.views.errors import not_found

_A_PAGE = 50
# Of the sites that curators have placed, the newest.
_SITES = 200


@require_safe
def decisions(request: HttpRequest) -> HttpResponse:
    """The decisions that stand against record or rules, the newest first. A page that is not there is not found."""
    asked = request.GET.get("page", "1")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 1
    pages = Paginator(public_decisions(), _A_PAGE)
    if not 1 <= number <= pages.num_pages:
        return not_found(request)
    page = pages.page(number)
    titles = dict(StudyDocument.objects.filter(pk__in={row.nct_id for row in page}).values_list("nct_id", "title"))
    rows = [(row.nct_id, titles.get(row.nct_id, row.nct_id), told([row])[0]) for row in page]
    context = {
        "section": "about",
        "aliases": aliases() if number == 1 else [],
        "sites": list(SitePlace.objects.order_by("-at", "pk")[:_SITES]) if number == 1 else [],
        "words": proposals_in_force() if number == 1 else [],
        "rows": rows,
        "total": pages.count,
        "page": page,
        "left_out": StudyDocument.objects.filter(scope="out").count(),
        "in_review": StudyDocument.objects.filter(scope="review").count(),
        "list": reverse("web:trial-list"),
        "trail": [(reverse("web:about"), _("About")), ("", _("Decisions"))],
    }
    return render(request, "web/decisions.html", context)
