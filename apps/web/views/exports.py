"""Lists as files, how to cite them, and their permanent short links.

A list page leaves out what it does not understand and says so. A file cannot say so where a program reads it, and a
list that is wider than it was meant to be is a wrong result: so an export answers 400 to any parameter or value that it
does not know.
"""

from __future__ import annotations

import string
from collections.abc import Callable
from functools import partial
from urllib.parse import quote

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from apps.accounts.addresses import network_of
from apps.core.rates import count, seconds_left
from apps.exports.about import About, whole
from apps.exports.citations import CITATIONS
from apps.exports.formats import FORMATS
from apps.exports.links import NoSuchLink, unpack
from apps.exports.selectors import Download, NotExported, SearchTooSlow, whole_list
from apps.search.moments import OutsideHistory
from apps.search.query import StudyQuery
from apps.web.origin import origin_of
from apps.web.views.conditional import CACHE_CONTROL, page_etag

# Files that one address may take in a minute.
EXPORTS_A_MINUTE = 30
_MINUTE = 60
# What stands in the headers of a file, by its name in `About.told()`.
_SENTENCES = ("title", "citation")
_TOLD = (
    *_SENTENCES,
    *("query_url", "short_url", "rows", "data_timestamp", "ruleset_version", "terms_version"),
    *("dataset_version", "made_at"),
)
_LONGEST_HEADER = 1000
_PRINTABLE = " " + "".join(char for char in string.punctuation if char != "%")


def _header(name: str) -> str:
    return f"Export-{name.replace('_', '-').title()}"


_EXPOSED = ", ".join(["Content-Disposition", "ETag", "Link", "Retry-After", *map(_header, _TOLD)])


@require_safe
def export(request: HttpRequest, kind: str) -> HttpResponseBase:
    """The whole list as a file."""
    form = FORMATS.get(kind)
    if form is None:
        raise Http404

    def answer(query: StudyQuery) -> HttpResponseBase:
        download = Download(query, form, origin=partial(origin_of, query.as_of), bodiless=request.method == "HEAD")
        response = StreamingHttpResponse(download, content_type=form.media_type)
        response.headers["Content-Disposition"] = f'attachment; filename="{download.file_name}"'
        for name, value in _headers(download.about).items():
            response.headers[name] = value
        response.headers["Link"] = f'<{beside(query, "about.json")}>; rel="describedby"; type="application/json"'
        return response

    return _answer(request, answer)


@require_safe
def about(request: HttpRequest) -> HttpResponseBase:
    """What an export of this list says of itself, as JSON: for the formats that have no place for it."""

    def answer(query: StudyQuery) -> HttpResponse:
        with whole_list(query, origin=partial(origin_of, query.as_of)) as listed:
            return JsonResponse(listed.about.told(), json_dumps_params={"ensure_ascii": False, "indent": 1})

    return _answer(request, answer)


@require_safe
def cite(request: HttpRequest, kind: str) -> HttpResponseBase:
    """How to cite this list."""
    if kind not in CITATIONS:
        raise Http404
    media_type, write = CITATIONS[kind]

    def answer(query: StudyQuery) -> HttpResponse:
        with whole_list(query, origin=partial(origin_of, query.as_of)) as listed:
            response = HttpResponse(write(listed.about), content_type=media_type)
        if kind != "txt":
            name = f"trialtracker-list-{listed.about.day}.{kind}"
            response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    return _answer(request, answer)


@require_safe
def short_link(request: HttpRequest, code: str) -> HttpResponse:
    """To the list that a code stands for."""
    try:
        query_string = unpack(code)
    except NoSuchLink:
        return render(request, "web/no_such_link.html", {"section": "trials"}, status=404)
    response = redirect(f"/trials/?{query_string}" if query_string else "/trials/")
    response.headers["Cache-Control"] = "public, max-age=86400"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _answer(request: HttpRequest, write: Callable[[StudyQuery], HttpResponseBase]) -> HttpResponseBase:
    """The answer to a list's question, where it was understood whole; else why not."""
    etag = page_etag(request)
    if unmodified := get_conditional_response(request, etag=etag):
        return open_to_all(unmodified)
    if refusal := _too_often(request):
        return refusal
    query, problems = StudyQuery.parse(request.GET)
    if problems:
        return _refuse(request, 400, [problem.message for problem in problems], query)
    try:
        response = write(query)
    except SearchTooSlow as error:
        return _refuse(request, 503, [str(error)], query)
    except NotExported as error:
        return _refuse(request, 400, [str(error)], query)
    except OutsideHistory as error:
        return _refuse(request, 400, [str(error)], query.changed(as_of=None))
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = CACHE_CONTROL
    return open_to_all(response)


def open_to_all(response: HttpResponseBase) -> HttpResponseBase:
    """Public data: any page may fetch it, no search engine shall list it."""
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = _EXPOSED
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _headers(listed: About) -> dict[str, str]:
    """What a file says of itself, for its answer's headers. Sentences are percent-encoded UTF-8; what would be longer
    than proxies like is left to the address that `Link` names."""
    told = {name: value for name, value in listed.told().items() if name in _TOLD and value is not None}
    told |= {name: quote(str(told[name]), safe=_PRINTABLE) for name in _SENTENCES}
    return {_header(name): str(value) for name, value in told.items() if len(str(value)) <= _LONGEST_HEADER}


def beside(query: StudyQuery, name: str) -> str:
    """An address beside the list's own, for the whole of it."""
    text = whole(query).to_query_string()
    return f"/trials/{name}?{text}" if text else f"/trials/{name}"


def _too_often(request: HttpRequest) -> HttpResponse | None:
    used = count("export", network_of(request), _MINUTE)
    if used is None or used <= EXPORTS_A_MINUTE:
        return None
    message = gettext(
        "These were more files than one address can have in a minute (%(most)s). Try again a little later."
    )
    response = _refuse(request, 429, [message % {"most": EXPORTS_A_MINUTE}], StudyQuery())
    response.headers["Retry-After"] = str(seconds_left(_MINUTE))
    return response


def _refuse(request: HttpRequest, status: int, sentences: list[str], query: StudyQuery) -> HttpResponse:
    """Why there is no file: a page where a page is wanted, else sentences."""
    if request.get_preferred_type(["text/plain", "text/html"]) == "text/html":
        context = {"section": "trials", "sentences": sentences, "list": beside(query, "")}
        response = render(request, "web/no_export.html", context, status=status)
    else:
        first = gettext("No file was made: it must hold exactly what was asked for.")
        response = HttpResponse(
            "\n".join([first, *sentences, ""]), status=status, content_type="text/plain; charset=utf-8"
        )
    response.headers["Cache-Control"] = "no-store"
    if status == 503:
        response.headers["Retry-After"] = str(_MINUTE)
    open_to_all(response)
    return response
