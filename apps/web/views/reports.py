"""Report a mistake on a trial's page. Anonymous: no name, no address, no cookie."""

from __future__ import annotations

import hashlib
import logging

from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from apps.curation.models import MistakeReport
from apps.search.selectors import document
from apps.web.forms import ReportForm

log = logging.getLogger(__name__)

REPORTS_AN_HOUR = 10


# No CSRF token: it would need a cookie, and there is no signed-in reader whose rights another site could borrow. The
# form carries a signed time stamp instead.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def report_mistake(request: HttpRequest, nct_id: str) -> HttpResponseBase:
    trial = document(nct_id)
    if trial is None:
        raise Http404
    if request.method != "POST":
        thanks = "thanks" in request.GET
        return render(
            request,
            "web/report.html",
            {"trial": trial, "thanks": thanks, "form": ReportForm(), "stamp": ReportForm.stamp()},
        )
    form = ReportForm(request.POST)
    if form.from_a_robot:
        return _thank(nct_id)
    if form.is_valid() and not form.stale:
        if _too_many(request):
            return _again(request, trial, form, status=429, too_many=True)
        MistakeReport.objects.create(nct_id=nct_id, what=form.cleaned_data["what"], page=form.cleaned_data["page"])
        return _thank(nct_id)
    return _again(request, trial, form, status=422, stale=form.is_valid())


def _thank(nct_id: str) -> HttpResponse:
    return redirect(f"/trials/{nct_id}/report/?thanks")


def _again(request: HttpRequest, trial: object, form: ReportForm, *, status: int, **state: bool) -> HttpResponse:
    context = {"trial": trial, "form": form, "stamp": ReportForm.stamp(), **state}
    return render(request, "web/report.html", context, status=status)


def _too_many(request: HttpRequest) -> bool:
    """More than ten reports an hour from one address, which is kept as a hash. Without a cache all pass."""
    address = hashlib.sha256(request.META.get("REMOTE_ADDR", "").encode()).hexdigest()[:16]
    key = f"report:{address}"
    try:
        cache.add(key, 0, timeout=3600)
        return cache.incr(key) > REPORTS_AN_HOUR
    except Exception:
        log.warning("The cache does not answer; a report was taken without counting.", exc_info=True)
        return False
