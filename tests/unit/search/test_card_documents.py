"""From labels to the card of the published document."""

from __future__ import annotations

from typing import Any

import pytest

from apps.classification.models import StudyLabel
from apps.ctgov.parser import parse_study
from apps.curation.models import StudyOverride
from apps.curation.services import resolve
from apps.search.documents import DocumentEntry
from apps.search.indexer import index_documents
from apps.search.models import StudyDocument
from tests.factories.documents import entry
from tests.factories.studies import study


def label(
    scheme: str, value: str, rule: str = "made-up", *, doubtful: bool = False, detail: dict[str, Any] | None = None
) -> StudyLabel:
    return StudyLabel(scheme=scheme, value=value, rule=rule, reason="Made up.", doubtful=doubtful, detail=detail)


def resolved(*labels: StudyLabel) -> DocumentEntry:
    return resolve(parse_study(study()), [label("scope", "in_scope"), *labels], "present")


def test_a_card_holds_each_value_once_in_the_order_of_its_field():
    told = resolved(
        label("follow_up", "24"),
        label("source", "adipose", "tissue-beside-cells"),
        label("source", "bone-marrow", "tissue-in-title"),
        label("source", "adipose", "tissue-in-title"),
        label("dose", "1e8"),
        label("dose", "2e7"),
    )
    assert told.card == {"source": ["bone-marrow", "adipose"], "dose": ["2e7", "1e8"], "follow_up": ["24"]}
    assert list(told.card) == ["source", "dose", "follow_up"]
    assert told.doubts == ()


def test_the_order_of_the_labels_does_not_matter():
    labels = [label("severity", "sledai>=8"), label("severity", "das28>3.2", doubtful=True), label("dose", "3e7")]
    assert resolved(*labels) == resolved(*reversed(labels))


def test_a_field_with_a_doubtful_reading_is_named_once_in_the_order_of_the_card():
    told = resolved(
        label("age", "18-65", doubtful=True),
        label("dose", "1e6/kg", doubtful=True),
        label("dose", "2e6/kg", doubtful=True),
        label("source", "adipose"),
    )
    assert told.doubts == ("dose", "age")
    assert told.card["dose"] == ["1e6/kg", "2e6/kg"]


def test_a_limit_that_does_not_bind_everybody_is_told_in_the_order_of_the_card():
    """Swollen joints, and one of two laboratory values: the row does not read as if all three were required."""
    labels = [
        label("severity", "crp>2.0mg/dl", detail={"any_of": 7, "at_least": 1, "others": False}),
        label("severity", "esr>28mm/h", detail={"any_of": 7, "at_least": 1, "others": False}),
        label("severity", "swollen-joints>=6"),
        label("age", "18-65"),
        label("duration", "<24", detail={"of_group": "Cohort 2"}),
    ]
    told = resolved(*labels).qualified_limits
    assert len(told) == 2
    assert told[0] == "duration: <24; group: Cohort 2"
    assert told[1] in {"severity: 1 of crp>2.0mg/dl, esr>28mm/h", "severity: 1 of esr>28mm/h, crp>2.0mg/dl"}
    assert resolved(*reversed(labels)).qualified_limits == told


def test_what_a_curator_decided_binds_as_it_stands():
    limit = label("duration", "<24", detail={"of_group": "Cohort 2"})
    decision = StudyOverride(field="duration", values=["<36"], standing="in-force")
    told = resolve(parse_study(study()), [label("scope", "in_scope"), limit], "present", [decision])
    assert (told.card["duration"], told.qualified_limits) == (["<36"], ())


def test_what_is_no_field_of_the_card_is_not_on_it():
    told = resolved(label("disease", "multiple-sclerosis"), label("near_miss", "islet", doubtful=True))
    assert (told.card, told.doubts) == ({}, ())
    assert told.diseases == ("multiple-sclerosis",)


@pytest.mark.django_db
def test_a_card_is_written_once_and_its_past_is_kept():
    first = entry("NCT90000001", card={"source": ["adipose"], "age": ["18-"]}, doubts=["age"])
    assert index_documents([first]) == 1
    # The same card, its keys in another order.
    assert index_documents([entry("NCT90000001", card={"age": ["18-"], "source": ["adipose"]}, doubts=["age"])]) == 0
    stored = StudyDocument.objects.get(pk="NCT90000001")
    assert (stored.card, stored.doubts) == (first.card, ["age"])
