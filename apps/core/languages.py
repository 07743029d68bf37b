"""Languages of the public site: the path alone names them, English without a prefix and each other one under its code.

A language is a folder of `locale/`; docs in DEVELOPERS.md. The registry writes English, so what it wrote is marked as
English wherever a page speaks another language.
"""

from __future__ import annotations

import datetime as dt
from html import escape

from django.conf import settings
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, pgettext

ENGLISH = "en"


def current_language() -> str:
    """The code of the language that pages are written in now."""
    return get_language() or settings.LANGUAGE_CODE


def path_language(path: str) -> str:
    """The language of an address; English where it names none that we have."""
    first = path.split("/", 2)[1] if path.startswith("/") else ""
    return first if first in _others() else settings.LANGUAGE_CODE


def without_language(path: str) -> str:
    """The same address in English."""
    language = path_language(path)
    return path if language == settings.LANGUAGE_CODE else path.removeprefix(f"/{language}")


def in_language(path: str, language: str | None = None) -> str:
    """An English address of the site in this language, the current one by default: /es/trials/ for /trials/."""
    language = language or current_language()
    return path if language == settings.LANGUAGE_CODE else f"/{language}{path}"


def _others() -> frozenset[str]:
    return frozenset(code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE)


# The language of parts


def english() -> str:
    """The attribute for an element that holds English text: empty on an English page."""
    return "" if current_language() == ENGLISH else f' lang="{ENGLISH}"'


def spoken(language: str) -> str:
    """The attribute for an element whose text is in this language: empty where the page speaks it, or for ""."""
    return "" if language in {"", current_language()} else f' lang="{escape(language)}"'


def english_html(html: str) -> SafeString:
    """Safe HTML in English, marked as such where the page speaks another language. May hold blocks."""
    return mark_safe(html if not html or not english() else f"<div{english()}>{html}</div>")  # noqa: S308


def english_line(html: str) -> SafeString:
    """The same for a line of text."""
    return mark_safe(html if not html or not english() else f"<span{english()}>{html}</span>")  # noqa: S308


class RegistryText(str):
    """A text of the registry: a string like any other that marks its language where it is put into HTML.

    Where it stands in an attribute, or in a title, write `{{ text|plain }}`: there is no room for a mark.
    """

    __slots__ = ()

    def __html__(self) -> str:
        return english_line(escape(str(self)))


def html_of(text: str) -> str:
    """A text as HTML, for pages that are not made by templates."""
    return text.__html__() if isinstance(text, RegistryText) else escape(text)


# Dates


def day_words(date: dt.date) -> str:
    """A day in full: 3 May 2026."""
    return date_format(date, pgettext("how a day is written", "j F Y"))


def month_words(date: dt.date) -> str:
    """A month in full: May 2026."""
    return date_format(date, pgettext("how a month is written", "F Y"))
