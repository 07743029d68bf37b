"""Which of the four diseases a study is about."""

from __future__ import annotations

from apps.classification.rules.labels import Label
from apps.classification.rules.quoting import evidence
from apps.classification.rules.reading import STATED, Hit, Place, Reading
from apps.vocabulary.taxonomy import DISEASES

# Conditions so general that the disease has to be looked for elsewhere in the record.
GENERAL = ("autoimmune", "diabetes")
# Conditions that may stand for one of the four diseases.
_OPEN = (*GENERAL, "complication-of-diabetes", "kidney-failure", "neuromyelitis-optica", "juvenile-arthritis")
# So long are the abbreviations of diseases.
_ABBREVIATION = 4
_ELSEWHERE = frozenset({Place.KEYWORD, Place.ARM, Place.DESCRIPTION})


def diseases_of(reading: Reading) -> list[Label]:
    """Labels of scheme "disease", none when the study is about another disease."""
    labels = []
    for disease in DISEASES:
        hits = _stated(reading, disease.slug)
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
    # "MS" beside diabetes may be the metabolic syndrome.
    autoimmune = reading.has(["autoimmune"], STATED)
    for disease in DISEASES:
        hits = reading.hits([disease.slug], _ELSEWHERE)
        if autoimmune:
            hits += reading.abbreviated(disease.slug)
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


def _stated(reading: Reading, slug: str) -> list[Hit]:
    """Where title and conditions name the disease.

    A bare abbreviation in a title ("MS", "SLE") is not enough beside conditions that are all of something else: it may
    stand for mass spectrometry, or light exposure.
    """
    hits = reading.hits([slug], STATED)
    spelled = any(hit.place is not Place.TITLE or hit.end - hit.start > _ABBREVIATION for hit in hits)
    return hits if spelled or names_no_other_condition(reading) else []


def names_no_other_condition(reading: Reading) -> bool:
    """Whether the record has no condition, or a general one among them."""
    return not reading.record.protocol.conditions.conditions or reading.has(_OPEN, {Place.CONDITION})


def names_only_general_conditions(reading: Reading) -> bool:
    """Whether the conditions leave the disease open: there are none, or all are as general as "Autoimmune Diseases"."""
    conditions = reading.record.protocol.conditions.conditions
    general = {hit.path for hit in reading.hits(GENERAL, {Place.CONDITION})}
    if not conditions:
        return reading.has(GENERAL, {Place.TITLE})
    return len(general) == len(conditions) and not reading.has(
        ["type-2-diabetes", "complication-of-diabetes", "kidney-failure", "other-disease"], STATED
    )
