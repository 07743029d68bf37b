"""One trial's page, at one address each."""

from __future__ import annotations

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.classification.selectors import labels_of
from apps.ctgov.parser import parse_study
from apps.history.selectors import changes_of
from apps.ingest.selectors import current_payload, memberships
from apps.search.selectors import document
from apps.studies.models import Study
from apps.studies.selectors import canonical_id, successor_of
from apps.web.presenters.trial_record import registry_url
from apps.web.trial_page import Standing, build_trial_page
from apps.web.views.errors import not_found


@require_safe
def detail(request: HttpRequest, nct_id: str) -> HttpResponse:
    """The whole record of one study; 301 from other spellings and former ids, 404 for a study that we never had."""
    canonical = canonical_id(nct_id)
    if canonical is None:
        return not_found(request)
    if canonical != nct_id:
        return HttpResponsePermanentRedirect(_address(canonical))
    # The record, and those that the registry merged into it: their history is its own.
    held = {study.pk: study for study in Study.objects.filter(Q(pk=canonical) | Q(merged_into=canonical))}
    study = held.get(canonical)
    if (study is None or study.merged_into) and (successor := successor_of(canonical)):
        return HttpResponsePermanentRedirect(_address(successor))
    payload, published = current_payload(canonical), document(canonical)
    if study is None or payload is None or published is None:
        return _never_seen(request, canonical)
    since = study.registry_state_since.date()
    page = build_trial_page(
        parse_study(payload),
        Standing(
            scope=published.scope,
            reasons=published.reasons,
            diseases=published.diseases,
            cell_types=published.cell_types,
            registry_state=study.registry_state,
            since=since,
        ),
        labels=labels_of(canonical),
        memberships=memberships(canonical),
        changes=changes_of({*held, *study.aliases}),
        today=timezone.now().date(),
    )
    context = {
        "page": page,
        "section": "trials",
        "canonical": settings.SITE_URL.rstrip("/") + _address(canonical),
        "trail": [(reverse("web:trial-list"), _("Trials")), ("", canonical)],
    }
    return render(request, "web/trial/detail.html", context)


def _never_seen(request: HttpRequest, nct_id: str) -> HttpResponse:
    context = {"nct_id": nct_id, "registry_url": registry_url(nct_id), "section": "trials"}
    return render(request, "web/trial/never_seen.html", context, status=404)


def _address(nct_id: str) -> str:
    return reverse("web:trial-detail", args=[nct_id])
