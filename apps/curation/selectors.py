"""Reading decisions, and labels as they are published."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from apps.classification.models import StudyLabel
from apps.classification.selectors import SCHEMES, labels_of_many
from apps.curation.decisions import Standing
from apps.curation.models import AuditEntry, Batch, Note, StudyOverride

CURATOR = "curator"


@dataclass(slots=True)
class DecidedLabel:
    """A value that a curator gave, in the shape of a label of the rules."""

    study_id: str
    scheme: str
    value: str
    reason: str
    rule: str = CURATOR
    evidence: list[dict[str, Any]] = field(default_factory=list)
    doubtful: bool = False
    detail: dict[str, Any] | None = None
    ruleset_version: int | None = None
    terms_version: int | None = None


PublishedLabel = StudyLabel | DecidedLabel


def overrides_of(nct_id: str) -> list[StudyOverride]:
    """The decisions on a study, also those which registry and rules agree with."""
    return list(StudyOverride.objects.filter(nct_id=nct_id).order_by("field"))


def log_of(nct_id: str) -> list[AuditEntry]:
    """Every line of the log on a study, the newest first."""
    return list(AuditEntry.objects.filter(nct_id=nct_id).order_by("-pk"))


def notes_of(nct_id: str) -> list[Note]:
    """What curators have told one another about a study, the oldest first."""
    return list(Note.objects.filter(nct_id=nct_id).order_by("pk"))


def with_decisions(labels: Iterable[StudyLabel], overrides: Iterable[StudyOverride]) -> list[PublishedLabel]:
    """The labels of one study as published: a decided field has the curator's values, and the rules' where they agree.

    Where a curator has looked, no reading is doubtful any more.
    """
    decided = {item.field: item for item in overrides}
    shown: list[PublishedLabel] = []
    for label in labels:
        override = decided.get(label.scheme)
        if override and label.value not in override.values:
            continue
        if override:
            label.doubtful = False
        shown.append(label)
    for item in decided.values():
        given = {label.value for label in shown if label.scheme == item.field}
        if item.field in SCHEMES:
            missing = (value for value in item.values if value not in given)
            shown += [DecidedLabel(item.nct_id, item.field, value, item.reason) for value in missing]
    return sorted(shown, key=lambda label: SCHEMES.index(label.scheme) if label.scheme in SCHEMES else len(SCHEMES))


def published_labels(nct_ids: Sequence[str], schemes: Collection[str] = ()) -> dict[str, list[PublishedLabel]]:
    """The labels of several studies as published; () asks for all schemes. Two queries."""
    overrides: dict[str, list[StudyOverride]] = {}
    decided = StudyOverride.objects.filter(nct_id__in=list(nct_ids))
    for item in decided.filter(field__in=list(schemes)) if schemes else decided:
        overrides.setdefault(item.nct_id, []).append(item)
    found = labels_of_many(nct_ids, schemes)
    return {nct_id: with_decisions(labels, overrides.get(nct_id, ())) for nct_id, labels in found.items()}


def brought_in(nct_ids: Iterable[str]) -> set[str]:
    """Those of these studies that a curator lists although the rules may not: their card is wanted all the same."""
    decisions = StudyOverride.objects.filter(nct_id__in=list(nct_ids), field="scope")
    return set(decisions.exclude(values=["out"]).values_list("nct_id", flat=True))


def decided_fields(nct_ids: Iterable[str]) -> dict[str, set[str]]:
    """Of each of these studies the fields on which a curator's decision stands. One statement."""
    decided: dict[str, set[str]] = {}
    for nct_id, name in StudyOverride.objects.filter(nct_id__in=list(nct_ids)).values_list("nct_id", "field"):
        decided.setdefault(nct_id, set()).add(name)
    return decided


def public_decisions() -> QuerySet[StudyOverride]:
    """The decisions that say something else than registry and rules, the newest first."""
    return StudyOverride.objects.exclude(standing=Standing.AGREED).order_by("-at", "nct_id", "field")


def decisions_found(
    *, standing: str = "", field: str = "", by: str = "", nct_ids: Collection[str] = ()
) -> QuerySet[StudyOverride]:
    """The decisions in force, by trial and field, narrowed by whatever is given."""
    wanted: dict[str, Any] = {"standing": standing, "field": field, "by": by, "nct_id__in": list(nct_ids)}
    return StudyOverride.objects.filter(**{name: value for name, value in wanted.items() if value}).order_by(
        "nct_id", "field"
    )


def log_until(entry: AuditEntry) -> QuerySet[AuditEntry]:
    """The whole log, the oldest line first, to this one."""
    return AuditEntry.objects.filter(pk__lte=entry.pk).order_by("pk")


def batches(most: int) -> QuerySet[Batch]:
    """The last batches, the newest first, without their rows."""
    return Batch.objects.defer("rows").order_by("-pk")[:most]
