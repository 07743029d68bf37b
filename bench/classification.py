"""The rules: labels and cards from records that are decoded already, in one process."""

from __future__ import annotations

from apps.classification.rules import classify
from apps.ctgov.parser import parse_study
from apps.studies.records import StudyRecord
from bench.figures import figure, recorded_studies, seconds


def classification() -> None:
    records = [parse_study(payload) for payload in recorded_studies()]
    full = [record for record in records if _is_full(record)]
    in_scope = [record for record in records if classify(record).scope == "in_scope"]
    for name, chosen in (
        ("classification", records),
        ("classification_full_records", full),
        ("classification_in_scope", in_scope),
    ):
        taken = seconds(lambda chosen=chosen: [classify(record) for record in chosen], 3)
        figure(name, len(chosen) / taken, "studies/s", studies=len(chosen))


def _is_full(record: StudyRecord) -> bool:
    protocol = record.protocol
    return bool(protocol.description.brief_summary and protocol.eligibility.eligibility_criteria)


BENCHMARKS = {"classification": classification}
