"""Typed readers of the environment: each missing or malformed value is one sentence with its cure."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE, FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}


def env_str(name: str, default: str | None = None) -> str:
    value = os.environ.get(name) or default
    if value is None:
        raise ImproperlyConfigured(
            f"{name} is not set. Set it as .env.example describes, or start the site with bin/up."
        )
    return value


def env_bool(name: str, default: bool) -> bool:
    raw = os.environ.get(name)
    if raw is None or raw == "":
        return default
    if raw.lower() in TRUE:
        return True
    if raw.lower() in FALSE:
        return False
    raise ImproperlyConfigured(f"{name} is {raw!r}; write 1 or 0.")


def env_int(name: str, default: int) -> int:
    return int(_number(name, default, int))


def env_float(name: str, default: float) -> float:
    return float(_number(name, default, float))


def env_list(name: str, default: list[str]) -> list[str]:
    raw = os.environ.get(name)
    return [part.strip() for part in raw.split(",") if part.strip()] if raw else default


def env_service(name: str) -> str:
    """What has no default because something must run for it, or be kept secret."""
    value = os.environ.get(name)
    if not value:
        raise ImproperlyConfigured(
            f"{name} is not set and bin/up is not running in this checkout: start it in another shell, or set {name}."
        )
    return value


def env_database(name: str) -> dict[str, Any]:
    """Django's description of the PostgreSQL database at `postgresql://user:password@host:port/name?option=value`.

    A socket folder stands percent-encoded in the place of the host.
    """
    url = env_service(name)
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(
            f"{name} begins with {parts.scheme!r}; write postgresql://user:password@host:port/name."
        )
    if len(parts.path) < 2:
        raise ImproperlyConfigured(f"{name} names no database; write postgresql://user:password@host:port/name.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": _host(parts),
        "PORT": str(_port(name, parts) or ""),
        "OPTIONS": {"connect_timeout": 5, **dict(parse_qsl(parts.query))},
    }


def env_mail(name: str, default: str) -> dict[str, Any] | None:
    """Django's settings for the mail server at `smtp://user:password@host:port`; None where none is set.

    `smtp+starttls` begins in the clear and goes on with TLS (port 587), `smtps` speaks TLS from the first byte (465),
    `smtp` never does (25).
    """
    url = os.environ.get(name) or default
    if not url:
        return None
    parts = urlsplit(url)
    ports = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
    if parts.scheme not in ports:
        raise ImproperlyConfigured(
            f"{name} begins with {parts.scheme!r}; write smtp+starttls://user:password@host:587."
        )
    if not _host(parts):
        raise ImproperlyConfigured(f"{name} names no host; write smtp+starttls://user:password@host:587.")
    return {
        "EMAIL_HOST": _host(parts),
        "EMAIL_PORT": _port(name, parts) or ports[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+starttls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
    }


def limit_statements(database: dict[str, Any], milliseconds: int) -> None:
    """Let PostgreSQL stop each statement of this database's connections after so long; 0 lets them run.

    For what is opened from now on. The options that stand in the database's address stay.
    """
    if milliseconds:
        options = database["OPTIONS"]
        options["options"] = f"{options.get('options', '')} -c statement_timeout={milliseconds}".strip()


def find_running_services(local: Path) -> dict[str, str]:
    """The environment that a bin/up running on this folder wrote for others; empty when none runs."""
    try:
        with open(local / "run" / "lock") as lock:
            # bin/up holds this lock as long as it lives, however it ends: whoever can have it is alone.
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return {}
    except BlockingIOError:
        pass
    except OSError:
        return {}
    try:
        return json.loads((local / "run" / "services.json").read_text())
    except (OSError, ValueError):
        return {}


def _host(parts: SplitResult) -> str:
    """As written: `urlsplit(...).hostname` would put a socket folder into lower case."""
    address = parts.netloc.rpartition("@")[2]
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return unquote(address.partition(":")[0])


def _port(name: str, parts: SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError:
        raise ImproperlyConfigured(f"{name} has a port that is not a number from 0 to 65535.") from None


def _number(name: str, default: float, kind: type) -> float:
    raw = os.environ.get(name)
    if raw is None or raw == "":
        return default
    try:
        value = kind(raw)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {raw!r}; write a number.") from None
    if value < 0:
        raise ImproperlyConfigured(f"{name} is {raw!r}; write a number that is not negative.")
    return value
