"""How often one address may ask. Nobody is refused while the cache that counts is away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from rest_framework.throttling import BaseThrottle

from apps.accounts.addresses import network_of
from apps.core.rates import count, seconds_left

if TYPE_CHECKING:
    # The views import the throttles.
    from rest_framework.request import Request
    from rest_framework.views import APIView

_MINUTE = 60


class AddressThrottle(BaseThrottle):
    """So many requests a clock minute and network."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        limit = settings.API_REQUESTS_PER_MINUTE
        used = count("api", network_of(request), _MINUTE)
        if used is None:
            return True
        request.rate_limit = {  # type: ignore[attr-defined]
            "RateLimit-Limit": str(limit),
            "RateLimit-Remaining": str(max(0, limit - used)),
            "RateLimit-Reset": str(seconds_left(_MINUTE)),
        }
        return used <= limit

    def wait(self) -> float:
        return seconds_left(_MINUTE)
