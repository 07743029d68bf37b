"""The language of parts of a page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django import template
from django.utils.safestring import SafeString, mark_safe

from apps.core.languages import day_words
from apps.core.languages import english as english_attribute
from apps.core.languages import spoken as spoken_attribute

register = template.Library()


@register.simple_tag
def english() -> SafeString:
    """`<h1{% english %}>`: the attribute for an element whose text is English; nothing on an English page."""
    return mark_safe(english_attribute())  # noqa: S308 a fixed text


@register.simple_tag
def spoken(language: str) -> SafeString:
    """`<p{% spoken statement.language %}>`: the attribute for a text that may be in another language than the page."""
    return mark_safe(spoken_attribute(language))  # noqa: S308 escaped there


@register.simple_tag
def in_english() -> SafeString:
    """`<a{% in_english %} href=...>`: the attribute for a link to a page that stands in English alone."""
    return mark_safe(' hreflang="en"' if english_attribute() else "")  # noqa: S308 a fixed text


@register.filter
def plain_list(values: Iterable[object]) -> list[str]:
    """Texts without their marks, for what is cut to a length."""
    return [str(value) for value in values]


@register.filter
def day(date: dt.date) -> str:
    """A day in full, as the language writes it."""
    return day_words(date)


@register.filter
def plain(value: object) -> str:
    """A text without the mark of its language, for an attribute or a title."""
    return "" if value is None else str(value)
