"""The database's address as Django wants it, without the project's settings."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit


def database_settings(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(host.rpartition(":")[0] if ":" in host else host),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
