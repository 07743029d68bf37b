"""Headers that every answer carries, and what a page that would take too long becomes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from django.http import HttpRequest, HttpResponse

from apps.core.statements import was_stopped
from apps.web.views.errors import too_slow

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
