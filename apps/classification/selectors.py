"""Reading the labels."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from apps.classification.models import StudyLabel
from apps.vocabulary.cards import FIELD_BY_SLUG

# The order in which labels are shown.
SCHEMES = ("scope", "near_miss", "disease", "cell_type", *FIELD_BY_SLUG)


def labels_of(nct_id: str) -> list[StudyLabel]:
    """The labels of a study: scope, why it is near, diseases, cells, the card; an empty list for an unknown study."""
    return labels_of_many([nct_id])[nct_id]


def labels_of_many(nct_ids: Iterable[str], schemes: Collection[str] = ()) -> dict[str, list[StudyLabel]]:
    """The labels of each of these studies, in the order of `labels_of`, by one query; () asks for all schemes."""
    labels: dict[str, list[StudyLabel]] = {nct_id: [] for nct_id in nct_ids}
    wanted = StudyLabel.objects.filter(study_id__in=list(labels))
    for label in wanted.filter(scheme__in=list(schemes)) if schemes else wanted:
        labels[label.study_id].append(label)
    for group in labels.values():
        group.sort(key=_order)
    return labels


@dataclass(frozen=True, slots=True, order=True)
class LabelKey:
    """What tells a label from all others, and orders them. It outlives the label's row, which the rules write anew."""

    nct_id: str
    scheme: str
    value: str
    rule: str


def labels_after(
    seen: LabelKey | None,
    limit: int,
    *,
    nct_ids: Collection[str],
    schemes: Collection[str] = (),
    values: Collection[str] = (),
    rules: Collection[str] = (),
    doubtful: bool | None = None,
) -> list[StudyLabel]:
    """The next labels of these studies after one, in the order of their keys; () and None keep all. One statement."""
    ids = [nct_id for nct_id in nct_ids if seen is None or nct_id >= seen.nct_id]
    conditions, parameters = ["study_id = ANY(%s)"], list[Any]([ids])
    for column, words in (("scheme", schemes), ("value", values), ("rule", rules)):
        if words:
            conditions.append(f"{column} = ANY(%s)")
            parameters.append(list(words))
    if doubtful is not None:
        conditions.append("doubtful = %s")
        parameters.append(doubtful)
    if seen is not None:
        conditions.append("(study_id, scheme, value, rule) > (%s, %s, %s, %s)")
        parameters += [seen.nct_id, seen.scheme, seen.value, seen.rule]
    sql = f"SELECT * FROM classification_studylabel WHERE {' AND '.join(conditions)} "  # noqa: S608 (our own names alone)
    return list(StudyLabel.objects.raw(sql + "ORDER BY study_id, scheme, value, rule LIMIT %s", [*parameters, limit]))


def _order(label: StudyLabel) -> tuple[int, str, str, str]:
    place = SCHEMES.index(label.scheme) if label.scheme in SCHEMES else len(SCHEMES)
    return place, label.scheme, label.value, label.rule
