"""Which of the four diseases a study is about."""

from __future__ import annotations

from apps.classification.rules.labels import Label
from apps.classification.rules.quoting import evidence
from apps.classification.rules.reading import STATED, Place, Reading
from apps.vocabulary.taxonomy import DISEASES

# Conditions so general that the disease has to be looked for elsewhere in the record.
GENERAL = ("autoimmune", "diabetes")
_ELSEWHERE = frozenset({Place.KEYWORD, Place.ARM, Place.DESCRIPTION})


def diseases_of(reading: Reading) -> list[Label]:
    """Labels of scheme "disease", none when the study is about another disease."""
    labels = []
    for disease in DISEASES:
        hits = reading.hits([disease.slug], STATED)
        if hits:
            labels.append(
                Label(
                    "disease",
                    disease.slug,
                    "disease-stated",
                    "The title or the conditions name the disease.",
                    evidence(hits),
                )
            )
    if labels or not names_only_general_conditions(reading):
        return labels
    for disease in DISEASES:
        hits = reading.hits([disease.slug], _ELSEWHERE)
        if hits:
            labels.append(
                Label(
                    "disease",
                    disease.slug,
                    "disease-under-general-condition",
                    "The conditions are general; keywords or descriptions name the disease.",
                    evidence(hits),
                )
            )
    return labels


def names_only_general_conditions(reading: Reading) -> bool:
    """Whether the conditions leave the disease open: there are none, or all are as general as "Autoimmune Diseases"."""
    conditions = reading.record.protocol.conditions.conditions
    general = {hit.path for hit in reading.hits(GENERAL, {Place.CONDITION})}
    if not conditions:
        return reading.has(GENERAL, {Place.TITLE})
    return len(general) == len(conditions) and not reading.has(
        ["type-2-diabetes", "complication-of-diabetes", "other-disease"], STATED
    )
