"""How often someone has done something, counted in the cache. Nothing is counted while the cache is away."""

from __future__ import annotations

import hashlib
import logging
import time
from functools import lru_cache
from typing import Any

from django.conf import settings
from redis import Redis
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
        # In one round trip, which is a good part of what a quick answer costs; the cache's own incr takes two or four.
        with _client().pipeline(transaction=False) as asked:
            asked.incr(key)
            asked.expire(key, 2 * seconds)
            used, _kept = asked.execute()
        return used
    except (RedisError, OSError) as error:
        log.warning("Nothing is counted (%s): %s", what, error)
        return None


def _client() -> Redis:
    """Of the default cache's server, as the settings say now."""
    told: dict[str, Any] = settings.CACHES["default"]  # type: ignore[assignment]
    return _client_of(told["LOCATION"], tuple(told.get("OPTIONS", {}).items()))


@lru_cache(maxsize=4)
def _client_of(location: str, options: tuple[tuple[str, Any], ...]) -> Redis:
    return Redis.from_url(location, **dict(options))


def seconds_left(seconds: int) -> int:
    """Until the current stretch ends, rounded up; at least 1."""
    return int(seconds - time.time() % seconds) + 1
