"""Reading studies: which record an id leads to."""

from __future__ import annotations

from apps.studies.models import Study
from apps.studies.records import normalise_nct_id


def canonical_id(text: str) -> str | None:
    """The id in the registry's form, NCT and eight digits; None when the text is no id."""
    try:
        return normalise_nct_id(text)
    except ValueError:
        return None


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
