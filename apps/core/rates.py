"""How often someone has done something, counted in the cache. Nothing is counted while the cache is away."""

from __future__ import annotations

import hashlib
import logging
import time

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

log = logging.getLogger(__name__)


def count(what: str, who: str, seconds: int) -> int | None:
    """Count one more, and say how many that makes in the current stretch of so many seconds; None without a cache.

    Stretches are those of the clock. `who` is kept as a keyed hash: no address is stored.
    """
    stretch = int(time.time() // seconds)
    digest = hashlib.sha256(f"{settings.SECRET_KEY}{who}".encode(errors="replace")).hexdigest()[:24]
    key = f"rate:{what}:{stretch}:{digest}"
    try:
        try:
            return cache.incr(key)
        except ValueError:
            cache.add(key, 0, timeout=2 * seconds)
            return cache.incr(key)
    except (RedisError, OSError, ValueError) as error:
        log.warning("Nothing is counted (%s): %s", what, error)
        return None


def seconds_left(seconds: int) -> int:
    """Until the current stretch ends, rounded up; at least 1."""
    return int(seconds - time.time() % seconds) + 1
