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
from django.urls import is_valid_path
from django.utils.encoding import iri_to_uri
from django.utils.translation import override

from apps.core.languages import current_language, day_words, in_language, without_language
from apps.exports.about import Origin
from apps.ingest.selectors import runs_behind
from apps.web.origin import present_origin

# A page may name the registry's date up to so many seconds after a run has moved it.
AS_OF_SECONDS = 20.0
_ASKED = "trialtracker.asked"
_STATIC = Path(__file__).resolve().parents[1] / "static"


@dataclass(frozen=True, slots=True)
class AsOf:
    """The number of the last run that ended well, and of which data what is published is since."""

    run: int
    origin: Origin

    @property
    def date(self) -> str:
        """The registry's day in words, "" when there is none."""
        return registry_day(self.origin.data_timestamp)


class _Known:
    """The newest `AsOf`, asked for again after `AS_OF_SECONDS`."""

    def __init__(self) -> None:
        self._value, self._until = AsOf(0, Origin()), 0.0

    def get(self) -> AsOf:
        if time.monotonic() >= self._until:
            good, labelled = runs_behind()
            self._value = AsOf(good.pk if good else 0, present_origin(good, labelled))
            self._until = time.monotonic() + AS_OF_SECONDS
        return self._value

    def forget(self) -> None:
        self._until = 0.0


known = _Known()


@dataclass(frozen=True, slots=True)
class InLanguage:
    """This page in another language: `href` keeps what was asked, `address` is the page alone with its host."""

    code: str
    name: str
    href: str
    address: str


class Site:
    """`site` in every template. Asks the database only when a template asks it."""

    def __init__(self, request: HttpRequest | None = None) -> None:
        self._request = request

    sample = property(lambda self: settings.SAMPLE)
    url = property(lambda self: settings.SITE_URL.rstrip("/"))

    @cached_property
    def as_of(self) -> str:
        """The registry's day in words, "" when no data have arrived or the database does not answer."""
        try:
            return known.get().date
        except DatabaseError:
            return ""

    @cached_property
    def languages(self) -> list[InLanguage]:
        """Every language in which this page stands, its own included; none where it has no other."""
        if self._request is None or self._request.resolver_match is None:
            return []
        path = without_language(self._request.path)
        asked = self._request.META.get(_ASKED, self._request.META.get("QUERY_STRING", ""))
        found = []
        for code, name in settings.LANGUAGES:
            there = in_language(path, code)
            with override(code):
                if is_valid_path(there):
                    href = iri_to_uri(f"{there}?{asked}" if asked else there)
                    found.append(InLanguage(code, name, href, iri_to_uri(f"{self.url}{there}")))
        return found if len(found) > 1 else []

    @property
    def others(self) -> list[InLanguage]:
        """The languages to change to."""
        return [item for item in self.languages if item.code != current_language()]

    @property
    def alternates(self) -> list[InLanguage]:
        """What is told to search engines: of a page, not of each question that can be asked of it."""
        return [] if self._request is None or self._request.META.get("QUERY_STRING") else self.languages


def asked_as(request: HttpRequest, query_string: str) -> None:
    """What the links to other languages ask, where it is not to be what the browser sent."""
    request.META[_ASKED] = query_string


def site(request: HttpRequest) -> dict[str, Any]:
    """Context processor."""
    return {"site": Site(request)}


@cache
def build() -> str:
    """A short name of the templates, styles and version that this process serves; part of every page's ETag."""
    digest = hashlib.sha256(settings.VERSION.encode())
    base = settings.BASE_DIR
    for folder in (base / "templates", _STATIC, base / "apps" / "guide", *settings.LOCALE_PATHS):
        for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def registry_day(timestamp: str) -> str:
    """ "2026-09-04T09:00:06" as "4 September 2026"; a text that is no time stamp comes back as it is."""
    try:
        return day(dt.datetime.fromisoformat(timestamp).date())
    except ValueError:
        return timestamp


def day(date: dt.date) -> str:
    return day_words(date)
