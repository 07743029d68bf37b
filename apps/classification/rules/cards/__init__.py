"""The card of a study: what is given, to whom, and what is measured. Pure; each value with its quotes."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from apps.classification.rules.cards.doses import extract_doses
from apps.classification.rules.cards.material import Material
from apps.classification.rules.cards.schedules import extract_schedules
from apps.classification.rules.labels import Label

Extractor = Callable[[Material], Iterable[Label]]

# In the order of the card's fields.
EXTRACTORS: tuple[Extractor, ...] = (extract_doses, extract_schedules)


def card_of(material: Material) -> tuple[Label, ...]:
    """Labels whose schemes are fields of `apps.vocabulary.cards`. A field without one is not stated in the record."""
    return tuple(label for extract in EXTRACTORS for label in extract(material))
