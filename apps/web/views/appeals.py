"""An appeal against a decision: no account, no cookie; an address only where an answer is wanted."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from apps.curation.models import Appeal
from apps.search.query import clean_text
from apps.web.forms import AppealForm
from apps.web.views.reports import too_many

APPEALS_AN_HOUR = 5
_LONGEST_ID = 20


# As with reports of mistakes: a CSRF token would need a cookie.
@csrf_exempt
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def appeal(request: HttpRequest) -> HttpResponseBase:
    if request.method != "POST":
        named = clean_text(request.GET.get("nct", ""))[:_LONGEST_ID]
        thanks = "thanks" in request.GET
        return _page(request, AppealForm(initial={"nct_id": named}), 200, thanks=thanks)
    form = AppealForm(request.POST)
    if form.from_a_robot:
        return _thank()
    if not form.is_valid() or form.stale or form.hasty:
        return _page(request, form, 422, stale=form.stale, hasty=form.hasty)
    if too_many(request, "appeal", APPEALS_AN_HOUR):
        return _page(request, form, 429, too_many=True)
    Appeal.objects.create(**{name: form.cleaned_data[name] for name in ("nct_id", "what", "email")})
    return _thank()


def _thank() -> HttpResponse:
    return redirect(f"{reverse('web:appeal')}?thanks")


def _page(request: HttpRequest, form: AppealForm, status: int, **state: bool) -> HttpResponse:
    trail = [(reverse("web:about"), _("About")), (reverse("web:decisions"), _("Decisions")), ("", _("Appeal"))]
    context = {"section": "about", "form": form, "stamp": AppealForm.stamp(), "trail": trail, **state}
    return render(request, "web/appeal.html", context, status=status)
