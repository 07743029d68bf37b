"""The card of a study: what is given, to whom, and what is measured. Pure; each value with its quotes."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from apps.classification.rules.cards.co_treatments import extract_co_treatments
from apps.classification.rules.cards.comparators import extract_comparators
from apps.classification.rules.cards.doses import extract_doses
from apps.classification.rules.cards.endpoints import extract_endpoints
from apps.classification.rules.cards.follow_up import extract_follow_up
from apps.classification.rules.cards.gates import extract_gates
from apps.classification.rules.cards.material import Material
from apps.classification.rules.cards.product import blood_by_mobilisation, extract_product
from apps.classification.rules.cards.schedules import extract_schedules
from apps.classification.rules.cards.transplant import extract_transplant
from apps.classification.rules.labels import Label

Extractor = Callable[[Material], Iterable[Label]]

# In the order of the card's fields.
EXTRACTORS: tuple[Extractor, ...] = (
    extract_product,
    extract_doses,
    extract_schedules,
    extract_co_treatments,
    extract_transplant,
    extract_comparators,
    extract_gates,
    extract_follow_up,
    extract_endpoints,
)


def card_of(material: Material) -> tuple[Label, ...]:
    """Labels whose schemes are fields of `apps.vocabulary.cards`. A field without one is not stated in the record."""
    labels = tuple(label for extract in EXTRACTORS for label in extract(material))
    return (*labels, *blood_by_mobilisation(material, labels))
