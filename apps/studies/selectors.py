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
    """The record that a former id leads to in the end, by merger or as an alias; None for nowhere, and for a circle."""
    passed = [nct_id]
    while target := _next(passed[-1]):
        if target in passed:
            return None
        passed.append(target)
    return passed[-1] if len(passed) > 1 else None


def _next(nct_id: str) -> str:
    """Where one id leads: a record of ours by its merger, another id as an alias; "" where it stands for itself."""
    merged = Study.objects.filter(pk=nct_id).values_list("merged_into", flat=True).first()
    if merged is not None:
        return merged
    return Study.objects.filter(aliases__contains=[nct_id]).values_list("pk", flat=True).first() or ""
