"""Conditional requests: a page that has not changed since the reader saw it costs one small query, no rendering."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import condition

from apps.search.selectors import dataset_version
from apps.web.views.site import build, known
from apps.web.views.warm import warm

_KEY, _ETAG = "trialtracker.dataset_version", "trialtracker.etag"
# Any cache may keep the page, and asks us each time whether it still stands.
CACHE_CONTROL = "public, max-age=0, must-revalidate"


def version_of(request: HttpRequest) -> int:
    """The dataset's version, read once a request."""
    if _KEY not in request.META:
        request.META[_KEY] = dataset_version()
    return request.META[_KEY]


def page_etag(request: HttpRequest, *args: object, **kwargs: object) -> str:
    """The dataset, of which data it is, the build, the day and the address: when none moves, neither does the page."""
    if _ETAG not in request.META:
        today = timezone.now().date()  # pages say how long ago something was
        parts = (version_of(request), known.get(), build(), settings.SAMPLE, today, request.get_full_path())
        request.META[_ETAG] = f'W/"{hashlib.sha256(repr(parts).encode()).hexdigest()[:24]}"'
    return request.META[_ETAG]


def conditional(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Answer 304 where the reader's copy still stands; otherwise the page, warm or made anew, with an ETag."""
    conditioned = condition(etag_func=page_etag)(warm(view, page_etag))

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = conditioned(request, *args, **kwargs)
        if response.status_code >= 500:
            # What failed once may go well a moment later: nobody is to keep it, or to be told that it still stands.
            response.headers.pop("ETag", None)
            response.headers["Cache-Control"] = "no-store"
        response.headers.setdefault("Cache-Control", CACHE_CONTROL)
        return response

    return answer
