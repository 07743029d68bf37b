"""What every page needs to know of the site: how old its data are, whether they are samples, and which build it is."""

from __future__ import annotations

import datetime as dt
import hashlib
import time
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest
from django.utils.formats import date_format

from apps.ingest.selectors import last_good_run

# A page may name the registry's date up to so many seconds after a run has moved it.
AS_OF_SECONDS = 20.0
_STATIC = Path(__file__).resolve().parents[1] / "static"


@dataclass(frozen=True, slots=True)
class AsOf:
    """The last run that ended well: its number, and the registry's date in it (YYYY-MM-DDTHH:MM:SS, "" for none)."""

    run: int
    data_timestamp: str

    @property
    def date(self) -> str:
        """The registry's day in words, "" when there is none."""
        return registry_day(self.data_timestamp)


class _Known:
    """The newest `AsOf`, asked for again after `AS_OF_SECONDS`."""

    def __init__(self) -> None:
        self._value, self._until = AsOf(0, ""), 0.0

    def get(self) -> AsOf:
        if time.monotonic() >= self._until:
            run = last_good_run()
            self._value = AsOf(run.pk, run.data_timestamp) if run else AsOf(0, "")
            self._until = time.monotonic() + AS_OF_SECONDS
        return self._value

    def forget(self) -> None:
        self._until = 0.0


known = _Known()


class Site:
    """`site` in every template. Asks the database only when a template asks it."""

    sample = property(lambda self: settings.SAMPLE)
    url = property(lambda self: settings.SITE_URL.rstrip("/"))

    @cached_property
    def as_of(self) -> str:
        """The registry's day in words, "" when no data have arrived or the database does not answer."""
        try:
            return known.get().date
        except DatabaseError:
            return ""


def site(request: HttpRequest) -> dict[str, Any]:
    """Context processor."""
    return {"site": Site()}


@cache
def build() -> str:
    """A short name of the templates, styles and version that this process serves; part of every page's ETag."""
    digest = hashlib.sha256(settings.VERSION.encode())
    for folder in (settings.BASE_DIR / "templates", _STATIC, settings.BASE_DIR / "apps" / "guide" / "content"):
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def registry_day(timestamp: str) -> str:
    """ "2026-09-04T09:00:06" as "4 September 2026"; a text that is no time stamp comes back as it is."""
    try:
        return day(dt.datetime.fromisoformat(timestamp).date())
    except ValueError:
        return timestamp


def day(date: dt.date) -> str:
    return date_format(date, "j F Y")
