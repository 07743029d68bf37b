"""Files for programs: robots.txt and the sitemap."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from apps.core.languages import in_language
from apps.search.selectors import listed_studies
from apps.vocabulary.taxonomy import DISEASES

SITEMAP_URLS = 50_000  # the protocol's limit for one file
_TRANSLATED = (
    "/",
    "/trials/",
    *(f"/diseases/{disease.slug}/" for disease in DISEASES),
    "/glossary/",
    "/about/",
    "/privacy/",
    "/accessibility/",
)
_FIXED = (*_TRANSLATED, "/data/", "/data/dictionary/", "/decisions/")
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Search engines leave out filtered lists and comparisons: these have no end, and each trial has its own page."""
    lines = [
        "User-agent: *",
        "Disallow: /desk/",
        "Disallow: /api/",
        "Disallow: /trials/?",
        "Disallow: /trials/export.",
        "Disallow: /trials/about.json",
        "Disallow: /trials/cite.",
        "Disallow: /l/",
        "Disallow: /data/snapshots",
        "Disallow: /trials/values/",
        "Disallow: /compare/?",
        "Disallow: /find/?",
        *(
            f"Disallow: {in_language(path, code)}"
            for code, _name in settings.LANGUAGES
            if code != settings.LANGUAGE_CODE
            for path in ("/trials/?", "/trials/values/", "/compare/?", "/find/?")
        ),
        "Crawl-delay: 1",
        "",
        f"Sitemap: {_site()}/sitemap.xml",
        "",
    ]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """The pages for search engines: one file while they fit, else an index of numbered files (`?p=1` and on)."""
    studies = [(f"/trials/{nct_id}/", day) for nct_id, day in listed_studies()]
    entries = [(path, "") for path in _FIXED] + studies
    for code, _name in settings.LANGUAGES:
        if code != settings.LANGUAGE_CODE:
            entries += [(in_language(path, code), day) for path, day in ((path, "") for path in _TRANSLATED)]
            entries += [(in_language(path, code), day) for path, day in studies]
    files = -(-len(entries) // SITEMAP_URLS)
    asked = request.GET.get("p")
    if asked is None and files > 1:
        return _xml(_index(files))
    if asked is not None and asked not in map(str, range(1, files + 1)):
        raise Http404
    start = (int(asked or 1) - 1) * SITEMAP_URLS
    return _xml(_urls(entries[start : start + SITEMAP_URLS]))


def _urls(entries: list[tuple[str, str]]) -> Iterator[str]:
    yield f'<urlset xmlns="{_SITEMAP}">'
    for path, changed in entries:
        day = f"<lastmod>{escape(changed)}</lastmod>" if len(changed) == len("2026-05-03") else ""
        yield f"<url><loc>{escape(_site() + path)}</loc>{day}</url>"
    yield "</urlset>"


def _index(files: int) -> Iterator[str]:
    yield f'<sitemapindex xmlns="{_SITEMAP}">'
    for number in range(1, files + 1):
        yield f"<sitemap><loc>{escape(_site())}/sitemap.xml?p={number}</loc></sitemap>"
    yield "</sitemapindex>"


def _xml(lines: Iterator[str]) -> HttpResponse:
    body = "\n".join(('<?xml version="1.0" encoding="UTF-8"?>', *lines, ""))
    return HttpResponse(body, content_type="application/xml; charset=utf-8")


def _site() -> str:
    return settings.SITE_URL.rstrip("/")
