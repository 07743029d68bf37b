"""Headers that every answer carries, who comes next, and what a page becomes that cannot be had, or not in time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import count

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.translation import override

from apps.accounts.addresses import network_of
from apps.core.languages import path_language, without_language
from apps.core.statements import was_stopped
from apps.search.moments import OutsideHistory
from apps.web.turns import Lane, Turns, Visit
from apps.web.views.errors import no_such_day, too_many, too_slow

log = logging.getLogger(__name__)

_COMMON = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
# Django's admin sets widths by style attributes and loads its own fonts.
_DESK = _COMMON | {"style-src": "'self' 'unsafe-inline'", "font-src": "'self'"}


def _policy(directives: Mapping[str, str]) -> str:
    return "; ".join(f"{name} {value}" for name, value in directives.items())


PUBLIC_POLICY = _policy(_COMMON)
DESK_POLICY = _policy(_DESK)
PERMISSIONS = ", ".join(
    f"{feature}=()"
    for feature in ("browsing-topics", "camera", "display-capture", "geolocation", "microphone", "payment", "usb")
)
# For the one page that offers to look from where the reader is; the browser asks the reader first.
PERMISSIONS_WITH_PLACE = PERMISSIONS.replace("geolocation=()", "geolocation=(self)")


class PolicyHeaders:
    """Sets the content security policy and the permissions policy, unless a view has set its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        policy = DESK_POLICY if request.path.startswith("/desk/") else PUBLIC_POLICY
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response


class PathLanguage:
    """The path alone says which language an answer speaks: no cookie, no header, no redirect, nothing to vary by."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with override(path_language(request.path_info)):
            return self._get_response(request)


class DaysWithoutList:
    """400 where a list is asked for `as_of` a day that has none: never another list in its place."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return no_such_day(request, error) if isinstance(error, OutsideHistory) else None


class StoppedStatements:
    """503 where the database stopped a statement of a page: one reader must not be able to hold it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not was_stopped(error):
            return None
        log.warning("A statement of %s took too long and was stopped.", request.path)
        return too_slow(request)


_LOOPBACK = ("127.0.0.1", "::1", "")
# Asked by machines that look whether the process lives.
_ALWAYS = ("/healthz", "/readyz")
_FILES = ("/trials/export.", "/data/snapshots/")
# Lists, besides every other address with parameters.
_LISTS = ("/api/", "/trials/values/", "/trials/cite.", "/trials/about.json")


class InTurn:
    """Lets requests run in turn (`apps/web/turns.py`); whoever has too many in the process is told to wait."""

    turns = Turns()

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path in _ALWAYS:
            return self._get_response(request)
        visit = self.turns.visit(_who(request), lane=_lane(request))
        if not isinstance(visit, Visit):
            return too_many(request, visit)
        stays = False
        try:
            with visit.turn():
                response = self._get_response(request)
            if isinstance(response, StreamingHttpResponse) and not response.is_async:
                response.streaming_content = _Pieces(response.streaming_content, visit)  # type: ignore[arg-type]
                stays = True
        finally:
            if not stays:
                visit.leave()
        return response


_local = count()


def _who(request: HttpRequest) -> str:
    """The address of the reader. Requests from this machine itself are each somebody's: there one address is many."""
    who = network_of(request)
    return f"{who} {next(_local)}" if who in _LOOPBACK else who


def _lane(request: HttpRequest) -> Lane:
    path = without_language(request.path)
    if path.startswith(_FILES):
        return "files"
    return "lists" if request.META.get("QUERY_STRING") or path.startswith(_LISTS) else ""


class _Pieces:
    """The pieces of an answer that is sent as it is made: each takes a turn, none is held while a reader reads."""

    def __init__(self, pieces: Iterable[bytes], visit: Visit) -> None:
        self._pieces, self._visit = iter(pieces), visit

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        with self._visit.turn():
            return next(self._pieces)

    def close(self) -> None:
        self._visit.leave()
