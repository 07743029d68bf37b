"""Cautions shown to readers, as two people do it."""

from __future__ import annotations

from apps.curation.services import confirm_caution, propose_caution


def show_cautions(*kinds: str) -> None:
    """Readers see these kinds from now on."""
    for kind in kinds:
        propose_caution(kind=kind, by="ada@example.org")
        confirm_caution(kind=kind, by="grace@example.org")
