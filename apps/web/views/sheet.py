"""One printed page of a trial, to take to the doctor."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.curation.selectors import published_labels
from apps.guide.selectors import guide_at
from apps.web.sheet_page import build_sheet
from apps.web.views.conditional import version_of
from apps.web.views.trial import Found, found_trial


@require_safe
def sheet(request: HttpRequest, nct_id: str) -> HttpResponse:
    """The sheet of one trial; ids lead on or nowhere as those of its page do. Search engines are told to keep out."""
    found = found_trial(request, nct_id, "web:trial-sheet")
    if not isinstance(found, Found):
        return found
    labels = published_labels([found.nct_id])[found.nct_id]
    address = reverse("web:trial-detail", args=[found.nct_id])
    guide = guide_at(version_of(request))
    sheet = build_sheet(
        found.record,
        found.standing,
        labels=labels,
        glossary=guide.glossary,
        questions=guide.questions,
        today=timezone.now().date(),
    )
    context = {
        "sheet": sheet,
        "section": "trials",
        "address": settings.SITE_URL.rstrip("/") + address,
        "trail": [(reverse("web:trial-list"), _("Trials")), (address, found.nct_id), ("", _("Sheet for your doctor"))],
    }
    return render(request, "web/sheet.html", context)
