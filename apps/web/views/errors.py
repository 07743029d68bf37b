"""Pages for when something is missing or broken."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from apps.core.statements import RETRY_AFTER

_LAST_RESORT = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Something went wrong here – trialtracker</title>'
    "<h1>Something went wrong here</h1><p>The fault is ours. Please try again in a few minutes. "
    '<a href="https://clinicaltrials.gov/">ClinicalTrials.gov</a> has every record that we show.</p></html>'
)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "404.html", status=404)


def too_slow(request: HttpRequest) -> HttpResponse:
    """For a page whose data the database could not give in time. Asks it nothing more."""
    page = render_to_string("503.html", {"sample": settings.SAMPLE})
    return HttpResponse(page, status=503, headers={"Cache-Control": "no-store", "Retry-After": str(RETRY_AFTER)})


def server_error(request: HttpRequest) -> HttpResponse:
    """Needs neither the database nor the request; if even the template fails, a plain page remains."""
    try:
        page = str(render_to_string("500.html", {"sample": settings.SAMPLE}))
    except Exception:
        page = _LAST_RESORT
    return HttpResponse(page, status=500, headers={"Cache-Control": "no-store"})
