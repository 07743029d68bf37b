"""Report a mistake on a trial's page. Anonymous: no name, no address, no cookie."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponsePermanentRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from apps.accounts.addresses import network_of
from apps.core.languages import in_language
from apps.core.rates import count
from apps.curation.models import MistakeReport
from apps.search.selectors import document
from apps.studies.selectors import canonical_id, successor_of
from apps.web.forms import ReportForm

REPORTS_AN_HOUR = 10
_AN_HOUR = 3600


# No CSRF token: it would need a cookie, and there is no signed-in reader whose rights another site could borrow. The
# form carries a signed time stamp instead.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def report_mistake(request: HttpRequest, nct_id: str) -> HttpResponseBase:
    named = canonical_id(nct_id)
    trial = document(named) if named else None
    goal = named if trial else named and successor_of(named)
    if not goal:
        raise Http404
    if goal != nct_id:
        return HttpResponsePermanentRedirect(reverse("web:report-mistake", args=[goal]))
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
    if form.is_valid() and not (form.stale or form.hasty):
        if too_many(request, "report", REPORTS_AN_HOUR):
            return _again(request, trial, form, status=429, too_many=True)
        MistakeReport.objects.create(nct_id=nct_id, what=form.cleaned_data["what"], page=form.cleaned_data["page"])
        return _thank(nct_id)
    return _again(request, trial, form, status=422, stale=form.stale, hasty=form.hasty)


def _thank(nct_id: str) -> HttpResponse:
    return redirect(in_language(f"/trials/{nct_id}/report/?thanks"))


def _again(request: HttpRequest, trial: object, form: ReportForm, *, status: int, **state: bool) -> HttpResponse:
    context = {"trial": trial, "form": form, "stamp": ReportForm.stamp(), **state}
    return render(request, "web/report.html", context, status=status)


def too_many(request: HttpRequest, what: str, most: int) -> bool:
    """Count one more from this address, which is kept as a hash; whether that makes too many within the hour."""
    return (count(what, network_of(request), _AN_HOUR) or 0) > most
