"""Reading the labels."""

from __future__ import annotations

from collections.abc import Iterable

from apps.classification.models import StudyLabel
from apps.vocabulary.cards import FIELD_BY_SLUG

# The order in which labels are shown.
SCHEMES = ("scope", "near_miss", "disease", "cell_type", *FIELD_BY_SLUG)


def labels_of(nct_id: str) -> list[StudyLabel]:
    """The labels of a study: scope, why it is near, diseases, cells, the card; an empty list for an unknown study."""
    return labels_of_many([nct_id])[nct_id]


def labels_of_many(nct_ids: Iterable[str]) -> dict[str, list[StudyLabel]]:
    """The labels of each of these studies, in the order of `labels_of`, by one query."""
    labels: dict[str, list[StudyLabel]] = {nct_id: [] for nct_id in nct_ids}
    for label in StudyLabel.objects.filter(study_id__in=list(labels)):
        labels[label.study_id].append(label)
    for group in labels.values():
        group.sort(key=_order)
    return labels


def _order(label: StudyLabel) -> tuple[int, str, str, str]:
    place = SCHEMES.index(label.scheme) if label.scheme in SCHEMES else len(SCHEMES)
    return place, label.scheme, label.value, label.rule
