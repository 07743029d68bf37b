"""The rules: from a study record to its labels. Pure: no database, no clock, no network."""

from __future__ import annotations

from apps.classification.rules.cards import card_of
from apps.classification.rules.cards.material import Material
from apps.classification.rules.cells import cells_of
from apps.classification.rules.diseases import diseases_of
from apps.classification.rules.labels import Classification, Evidence, Label
from apps.classification.rules.reading import Reading
from apps.classification.rules.scope import scope_of
from apps.studies.records import StudyRecord

__all__ = ["RULESET_VERSION", "Classification", "Evidence", "Label", "classify"]

# Moves with every change to the rules or their terms that can move a label; stored labels of older versions are remade.
RULESET_VERSION = 6


def classify(record: StudyRecord, *, listed: bool = False) -> Classification:
    """Scope, diseases, cell types, near misses and the card of a study, each label with its rule, reason and quotes.

    A study that is out of scope has a card only where it gives cells of our kinds for one of our diseases, or
    where it is `listed` all the same, by a person's decision.
    """
    reading = Reading(record)
    diseases = diseases_of(reading)
    cells = cells_of(reading)
    scope = scope_of(reading, diseases, cells)
    kinds = frozenset(label.value for label in cells.labels)
    wanted = listed or scope[0].value != "out" or (kinds and diseases)
    card = card_of(Material(record, reading, kinds)) if wanted else ()
    return Classification(scope[0].value, (*scope, *diseases, *cells.labels, *card))
