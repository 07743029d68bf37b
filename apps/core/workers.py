"""Whether a worker runs: each leaves a sign in the cache with its heartbeat, so also in the midst of a long task."""

from __future__ import annotations

import logging
import time

from django.core.cache import cache
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

# A worker of which nothing has been seen for so long is taken for none; signs are left more often than is needed.
GONE_AFTER_MINUTES = 3
_SECONDS_BETWEEN_SIGNS = 20.0
_KEY = "worker:sign"


class Sign:
    """Called with each heartbeat, every two seconds; what it leaves is forgotten by itself."""

    def __init__(self) -> None:
        self._next = 0.0

    def __call__(self, **_told: object) -> None:
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _SECONDS_BETWEEN_SIGNS
        try:
            cache.set(_KEY, True, GONE_AFTER_MINUTES * 60)
        except (RedisError, OSError) as error:
            log.warning("No sign of the worker is left: %s", error)


def worker_seen() -> bool | None:
    """Whether a worker has given a sign within `GONE_AFTER_MINUTES`; None where the cache is away."""
    try:
        return cache.get(_KEY) is not None
    except (RedisError, OSError):
        return None
