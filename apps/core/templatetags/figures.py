"""Numbers as people write them."""

from __future__ import annotations

from django import template
from django.utils.formats import number_format

register = template.Library()


@register.filter
def grouped(value: int) -> str:
    """1203 as "1,203", by the rules of the language."""
    return number_format(value, use_l10n=True, force_grouping=True)
