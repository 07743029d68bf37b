"""All words that the pages explain."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.guide.glossary import GROUPS, cited, terms


@require_safe
def glossary(request: HttpRequest) -> HttpResponse:
    groups = [(slug, name, [term for term in terms() if term.group == slug]) for slug, name in GROUPS.items()]
    return render(request, "web/glossary.html", {"section": "about", "groups": groups, "sources": cited()})
