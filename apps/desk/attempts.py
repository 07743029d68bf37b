"""How often an address may try one-time links. Wrong passwords are counted by django-axes, codes by django-otp."""

from __future__ import annotations

from django.http import HttpRequest

from apps.accounts.addresses import network_of
from apps.core.rates import count

ATTEMPTS, QUARTER_OF_AN_HOUR = 10, 15 * 60


def too_many(request: HttpRequest) -> bool:
    """Count an attempt to sign in by a link; True when its address has made too many."""
    return (count("sign-in", network_of(request), QUARTER_OF_AN_HOUR) or 0) > ATTEMPTS
