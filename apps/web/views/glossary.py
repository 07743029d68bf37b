"""All words that the pages explain."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.guide.glossary import GROUPS
from apps.guide.selectors import guide_at
from apps.web.views.conditional import version_of


@require_safe
def glossary(request: HttpRequest) -> HttpResponse:
    words = guide_at(version_of(request)).glossary
    told = [(slug, name, [term for term in words.terms if term.group == slug]) for slug, name in GROUPS.items()]
    groups = [group for group in told if group[2]]
    return render(request, "web/glossary.html", {"section": "about", "groups": groups, "sources": words.cited})
