"""Pages for when something is missing or broken."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext

from apps.core.statements import RETRY_AFTER
from apps.search.moments import OutsideHistory
from apps.search.query import StudyQuery
from apps.web.turns import Refusal
from apps.web.views.addresses import Addresses
from apps.web.views.layout import read_layout
from apps.web.views.site import day

# What somebody is told to wait, in seconds, who asks for too much at once.
_A_MOMENT = 5

_LAST_RESORT = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Something went wrong here – trialtracker</title>'
    "<h1>Something went wrong here</h1><p>The fault is ours. Please try again in a few minutes. "
    '<a href="https://clinicaltrials.gov/">ClinicalTrials.gov</a> has every record that we show.</p></html>'
)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "404.html", status=404)


def no_such_day(request: HttpRequest, error: OutsideHistory) -> HttpResponse:
    """For a list of a day that has none: which days have one, and ways to the first of them and to the present."""
    query = StudyQuery.parse(request.GET)[0]
    links = Addresses(query, read_layout(request.GET)[0])
    context = {
        "section": "trials",
        "sentence": str(error),
        "to_come": error.day > error.last,
        "first": day(error.first) if error.first else "",
        "first_href": links.beside(query.changed(as_of=error.first)) if error.first else "",
        "present_href": links.beside(query.changed(as_of=None)),
    }
    page = render(request, "web/no_such_day.html", context, status=400)
    page.headers["Cache-Control"] = "no-store"
    return page


def too_slow(request: HttpRequest) -> HttpResponse:
    """For a page whose data the database could not give in time. Asks it nothing more."""
    page = render_to_string("503.html", {"sample": settings.SAMPLE})
    return HttpResponse(page, status=503, headers={"Cache-Control": "no-store", "Retry-After": str(RETRY_AFTER)})


def too_many(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """For a request that is one too many in this process. Asks the database nothing."""
    told = (
        gettext(
            "Your address has as many requests here at once as one may have. Ask for one after the other, or try again "
            "in a few seconds."
        )
        if refusal == "too many of one"
        else gettext("More lists and files are being asked for than we can make at once. Try again in a few seconds.")
    )
    if request.path.startswith("/api/v1/"):
        problem = {"type": "about:blank", "title": "Too Many Requests", "status": 429, "detail": told}
        response: HttpResponse = JsonResponse(problem, status=429, content_type="application/problem+json")
    else:
        response = HttpResponse(f"{told}\n", status=429, content_type="text/plain; charset=utf-8")
    if request.path.startswith("/api/"):
        response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cache-Control"] = "no-store"
    response.headers["Retry-After"] = str(_A_MOMENT)
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """Needs neither the database nor the request; if even the template fails, a plain page remains."""
    try:
        page = str(render_to_string("500.html", {"sample": settings.SAMPLE}))
    except Exception:
        page = _LAST_RESORT
    return HttpResponse(page, status=500, headers={"Cache-Control": "no-store"})
