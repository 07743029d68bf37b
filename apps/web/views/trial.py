"""One trial's page, at one address each."""

from __future__ import annotations

from dataclasses import dataclass

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
from apps.curation.selectors import overrides_of, with_decisions
from apps.guide.selectors import guide_at
from apps.history.selectors import changes_of
from apps.ingest.selectors import current_payload, memberships
from apps.search.cautions import Siblings, public_cautions, siblings_of
from apps.search.selectors import document
from apps.studies.models import Study
from apps.studies.records import StudyRecord
from apps.studies.selectors import canonical_id, successor_of
from apps.web.presenters.trial_record import registry_url
from apps.web.trial_page import Standing, build_trial_page
from apps.web.views.conditional import version_of
from apps.web.views.errors import not_found


@dataclass(frozen=True, slots=True)
class Found:
    """A trial that we hold: its record, where it stands, and every id under which its history may be."""

    nct_id: str
    record: StudyRecord
    standing: Standing
    ids: set[str]


def found_trial(request: HttpRequest, nct_id: str, name: str) -> Found | HttpResponse:
    """The trial of an address named `name`; 301 from other spellings and former ids, 404 for one that we never had."""
    canonical = canonical_id(nct_id)
    if canonical is None:
        return not_found(request)
    if canonical != nct_id:
        return HttpResponsePermanentRedirect(reverse(name, args=[canonical]))
    # The record, and those that the registry merged into it: their history is its own.
    held = {study.pk: study for study in Study.objects.filter(Q(pk=canonical) | Q(merged_into=canonical))}
    study = held.get(canonical)
    if (study is None or study.merged_into) and (successor := successor_of(canonical)):
        return HttpResponsePermanentRedirect(reverse(name, args=[successor]))
    payload, published = current_payload(canonical), document(canonical)
    if study is None or payload is None or published is None:
        return _never_seen(request, canonical)
    standing = Standing(
        scope=published.scope,
        reasons=published.reasons,
        diseases=published.diseases,
        cell_types=published.cell_types,
        registry_state=study.registry_state,
        since=study.registry_state_since.date(),
        sponsor=published.sponsor,
    )
    return Found(canonical, parse_study(payload), standing, {*held, *study.aliases})


@require_safe
def detail(request: HttpRequest, nct_id: str) -> HttpResponse:
    """The whole record of one study."""
    found = found_trial(request, nct_id, "web:trial-detail")
    if not isinstance(found, Found):
        return found
    overrides = overrides_of(found.nct_id)
    cautions, guide = public_cautions(), guide_at(version_of(request))
    page = build_trial_page(
        found.record,
        found.standing,
        labels=with_decisions(labels_of(found.nct_id), overrides),
        overrides=overrides,
        memberships=memberships(found.nct_id),
        changes=changes_of(found.ids),
        public_cautions=cautions,
        siblings=siblings_of(found.nct_id) if "similar-protocol" in cautions else Siblings(),
        risks={kind: guide.risks(kind) for kind in found.standing.cell_types},
        glossary=guide.glossary,
        today=timezone.now().date(),
    )
    context = {
        "page": page,
        "section": "trials",
        "canonical": settings.SITE_URL.rstrip("/") + reverse("web:trial-detail", args=[found.nct_id]),
        "trail": [(reverse("web:trial-list"), _("Trials")), ("", found.nct_id)],
    }
    return render(request, "web/trial/detail.html", context)


def _never_seen(request: HttpRequest, nct_id: str) -> HttpResponse:
    context = {"nct_id": nct_id, "registry_url": registry_url(nct_id), "section": "trials"}
    return render(request, "web/trial/never_seen.html", context, status=404)
