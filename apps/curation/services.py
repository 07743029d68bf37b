"""The registry's word and the rules' labels become the published word."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from apps.classification.models import StudyLabel
from apps.search.documents import DocumentEntry, build_entry
from apps.search.indexer import index_documents, index_sites, mark_documents_current, move_dataset_version
from apps.search.sites import build_sites
from apps.studies.models import Study
from apps.studies.records import StudyRecord
from apps.vocabulary.card_values import in_order
from apps.vocabulary.cards import FIELDS


def publish(records: Mapping[str, StudyRecord]) -> int:
    """Publish these studies as registry and rules have them now; returns how many documents were written.

    To be called inside a transaction. The study rows are locked in order before the labels are read, so two publishers
    of one study end in the same answer; the dataset version moves last.
    """
    studies = Study.objects.select_for_update().filter(pk__in=records).order_by("pk")
    states = dict(studies.values_list("pk", "registry_state"))
    labels: defaultdict[str, list[StudyLabel]] = defaultdict(list)
    for label in StudyLabel.objects.filter(study_id__in=states).order_by("pk"):
        labels[label.study_id].append(label)
    entries = [resolve(records[nct_id], labels[nct_id], state) for nct_id, state in states.items()]
    written = index_documents(entries)
    index_sites(list(states), [site for nct_id in states for site in build_sites(records[nct_id])])
    if entries:
        # Even where no document differs: the trial's page and the API show the whole record and the labels' evidence.
        move_dataset_version()
    return written


def published_anew() -> None:
    """To be called when every study has been published again by the present code, after a new `DOCUMENT_VERSION`."""
    mark_documents_current()


def resolve(record: StudyRecord, labels: Sequence[StudyLabel], registry_state: str) -> DocumentEntry:
    """What is published of one study: today the rules' word; a curator's decision will be laid over it here."""
    values: defaultdict[str, list[str]] = defaultdict(list)
    for label in labels:
        if label.value not in values[label.scheme]:
            values[label.scheme].append(label.value)
    doubtful = {label.scheme for label in labels if label.doubtful}
    return build_entry(
        record,
        scope=values["scope"][0],
        reasons=list(dict.fromkeys(label.reason for label in labels if label.scheme == "scope")),
        diseases=sorted(values["disease"]),
        cell_types=sorted(values["cell_type"]),
        registry_state=registry_state,
        card={field.slug: in_order(field.slug, values[field.slug]) for field in FIELDS if field.slug in values},
        doubts=[field.slug for field in FIELDS if field.slug in doubtful],
    )
