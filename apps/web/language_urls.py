"""Addresses that stand once in each language: English without a prefix, another under its code."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django.urls import URLPattern, URLResolver

from apps.core.languages import in_language


class _LanguagePrefix:
    """The prefix of the active language. Django's own stands only in the root of all addresses, not within an app."""

    def __init__(self) -> None:
        self.converters: dict[str, Any] = {}

    @property
    def regex(self) -> re.Pattern[str]:
        return re.compile(re.escape(str(self)))

    def match(self, path: str) -> tuple[str, tuple[()], dict[str, Any]] | None:
        prefix = str(self)
        return (path.removeprefix(prefix), (), {}) if path.startswith(prefix) else None

    def check(self) -> list[Any]:
        return []

    def describe(self) -> str:
        return f"'{self}'"

    def __str__(self) -> str:
        return in_language("/").removeprefix("/")


def in_languages(patterns: Sequence[URLPattern]) -> URLResolver:
    """These addresses in every language of the site: `reverse` and `{% url %}` give those of the active one."""
    # Django asks for the methods alone; its types for its own classes.
    return URLResolver(_LanguagePrefix(), list(patterns))  # type: ignore[arg-type]
