"""Errors as problem details (RFC 9457): JSON that says what was wrong and what is allowed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404
from rest_framework.exceptions import APIException, Throttled
from rest_framework.response import Response

from apps.core.statements import RETRY_AFTER, was_stopped
from apps.search.moments import OutsideHistory
from apps.search.query import Problem

MEDIA_TYPE = "application/problem+json"


class BadQuery(APIException):
    """A query with unknown parameters or values."""

    status_code = 400

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(" ".join(problem.message for problem in problems))
        self.errors = [_error(problem) for problem in problems]


def _error(problem: Problem) -> dict[str, Any]:
    error = {
        "parameter": problem.parameter,
        "value": problem.value,
        "message": problem.message,
        "allowed": problem.allowed,
    }
    return error if problem.position is None else error | {"position": problem.position}


class TooSlow(APIException):
    """What was stopped because it took too long."""

    status_code = 503

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.wait = RETRY_AFTER


def problem(status: int, detail: str, **more: Any) -> Response:
    """A response with a problem in it; `more` are further members."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, **more}
    return Response(body, status=status, content_type=MEDIA_TYPE)


def exception_handler(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """What REST framework calls for an exception in a view; None lets Django answer 500."""
    if isinstance(error, Http404):
        return problem(404, str(error) or "There is nothing at this address.")
    if isinstance(error, PermissionDenied):
        return problem(403, "This is not open to you.")
    if isinstance(error, SuspiciousOperation):
        return problem(400, "This request has more parameters than can be read.")
    if isinstance(error, OutsideHistory):
        more = {"first_day": error.first, "last_day": error.last}
        return problem(400, str(error), errors=[_error(error.problem)], **more)
    if was_stopped(error):
        error = TooSlow("This took longer than one request may, and was stopped. Ask for less at a time.")
    if not isinstance(error, APIException):
        return None
    errors = {"errors": error.errors} if isinstance(error, BadQuery) else {}
    detail = str(error.detail)
    if isinstance(error, Throttled):
        detail = "Too many requests from your address. Wait as long as the Retry-After header says."
    response = problem(error.status_code, detail, **errors)
    if wait := getattr(error, "wait", None):
        response["Retry-After"] = str(max(1, round(wait)))
    return response
