"""Reading studies: which record an id leads to."""

from __future__ import annotations

import re

from apps.studies.models import Study

# What the registry itself takes for an id: any case, any number of zeros before the digits.
_ID = re.compile(r"NCT0*([1-9][0-9]{0,7})", re.IGNORECASE)


def canonical_id(text: str) -> str | None:
    """The id in the registry's form, NCT and eight digits; None when the text is no id."""
    match = _ID.fullmatch(text.strip())
    return f"NCT{int(match[1]):08d}" if match else None


def successor_of(nct_id: str) -> str | None:
    """The record that a former id leads to, by merger or as an alias; None where it leads nowhere. Two statements."""
    merged = Study.objects.filter(pk=nct_id).values_list("merged_into", flat=True).first()
    target = merged or Study.objects.filter(aliases__contains=[nct_id]).values_list("pk", flat=True).first()
    return target if target and target != nct_id else None
