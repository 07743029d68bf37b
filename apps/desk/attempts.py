"""How often an address may try to sign in."""

from __future__ import annotations

from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from apps.core.rates import count

ATTEMPTS, QUARTER_OF_AN_HOUR = 10, 15 * 60


def too_many(request: HttpRequest) -> bool:
    """Count an attempt to sign in; True when its address has made too many."""
    address = BaseThrottle().get_ident(Request(request)) or ""
    return (count("sign-in", address, QUARTER_OF_AN_HOUR) or 0) > ATTEMPTS
