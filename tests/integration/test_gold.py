"""The rules on real records: the aims on the labelled ids, and every quote where it is said to stand."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.conf import settings
from django.core.management import call_command

from apps.classification.rules import Evidence, classify
from apps.ctgov.parser import parse_study
from apps.studies.files import iter_payloads
from apps.studies.texts import value_at

SHARED = Path(settings.BASE_DIR).parent / "shared"
RECORDED, GOLD = SHARED / "ctgov" / "studies", SHARED / "gold" / "dev.csv"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not RECORDED.is_dir(), reason=f"the recorded studies are not beside the project ({RECORDED})"),
]
needs_gold = pytest.mark.skipif(not GOLD.is_file(), reason=f"the labelled ids are not beside the project ({GOLD})")

# What is aimed at; docs/measuring.md has what is reached. The room between the two is one miss for most.
AIMS = {
    "scope": {"precision": 0.99, "recall": 0.98},
    "disease": {"f1": 0.99},
    "cell_type.msc": {"f1": 0.98},
    "cell_type.hsc": {"f1": 0.98},
}
UNSURE_IN_REVIEW, ALL_IN_REVIEW = 0.80, 0.12


@pytest.fixture(scope="module")
def result() -> dict[str, Any]:
    output = io.StringIO()
    call_command("evaluate_classification", GOLD, studies=RECORDED, json=True, stdout=output)
    return json.loads(output.getvalue())


@needs_gold
def test_every_labelled_id_is_read(result: dict[str, Any]) -> None:
    assert result["unknown_words"] == []
    assert result["unreadable_records"] == 0
    assert result["with_record"] + len(result["no_record"]) == result["rows"] == 391
    assert result["scope"]["gold"] >= 50


@needs_gold
@pytest.mark.parametrize("key", AIMS)
@pytest.mark.parametrize("records", ["full and table", "every record"])
def test_the_aims_are_reached(result: dict[str, Any], key: str, records: str) -> None:
    figures = (result if records == "full and table" else result["every_record"])[key]
    reached = {name: figures[name] for name in AIMS[key]}
    assert all(reached[name] >= aim for name, aim in AIMS[key].items()), reached


@needs_gold
def test_what_people_were_unsure_of_goes_to_people_and_little_else(result: dict[str, Any]) -> None:
    assert result["every_record"]["unsure"]["review_share"] >= UNSURE_IN_REVIEW
    assert result["review_share"] <= ALL_IN_REVIEW


def faults_of(quote: Evidence, text: str) -> Iterator[str]:
    if text[quote.start : quote.end] != quote.quote or not quote.quote:
        yield "the quote does not stand there"
    ends = [quote.start]
    for start, end in quote.marks:
        if not ends[-1] <= start < end <= quote.end:
            yield f"mark {start} to {end} is outside the quote, out of order or over another"
        ends.append(end)


def test_every_quote_of_every_label_stands_where_it_is_said_to_stand() -> None:
    quotes = 0
    faults = []
    for payload in iter_payloads(RECORDED):
        raw = msgspec.json.decode(payload)
        record = parse_study(payload)
        for label in classify(record).labels:
            if not label.evidence and label.scheme not in {"scope", "near_miss"}:
                faults.append(f"{record.nct_id} {label.scheme} {label.value}: no quote")
            for quote in label.evidence:
                quotes += 1
                faults += [
                    f"{record.nct_id} {label.scheme} {label.value} {quote.path}: {fault}"
                    for fault in faults_of(quote, value_at(raw, quote.path))
                ]
    assert faults == []
    assert quotes > 5000


@pytest.mark.parametrize(
    ("quote", "right"),
    [
        (Evidence("p", 4, 9, "cells", ((4, 9),)), True),
        (Evidence("p", 4, 9, "cells", ()), True),
        (Evidence("p", 0, 9, "The cells", ((0, 3), (4, 9))), True),
        (Evidence("p", 3, 8, "cells", ()), False),
        (Evidence("p", 4, 4, "", ()), False),
        (Evidence("p", 4, 9, "cells", ((3, 9),)), False),
        (Evidence("p", 4, 9, "cells", ((4, 10),)), False),
        (Evidence("p", 4, 9, "cells", ((5, 5),)), False),
        (Evidence("p", 0, 9, "The cells", ((4, 9), (0, 3))), False),
        (Evidence("p", 0, 9, "The cells", ((0, 5), (4, 9))), False),
    ],
)
def test_a_quote_that_stands_elsewhere_is_noticed(quote: Evidence, right: bool) -> None:
    assert (list(faults_of(quote, "The cells are given.")) == []) is right


# Cards read by hand

CARDS = Path(__file__).parents[1] / "gold" / "cards.csv"
# The fields at which the aim is 0.95 and 0.85; docs/measuring.md says which are short of it, and why.
AIMED = ("source", "donor", "route", "dose", "administrations", "age", "severity", "follow_up")


def cards_of(split: str) -> dict[str, Any]:
    output = io.StringIO()
    call_command("evaluate_cards", CARDS, studies=RECORDED, split=split, json=True, stdout=output)
    return json.loads(output.getvalue())


@pytest.mark.parametrize("split", ["tune", "kept"])
def test_every_hand_read_card_has_its_record(split: str) -> None:
    figures = cards_of(split)
    assert (figures["studies"], figures["no_record"]) == (30, [])


def test_the_cards_that_the_rules_were_tried_on() -> None:
    figures = cards_of("tune")
    assert {field: figures[field]["precision"] for field in AIMED if figures[field]["precision"] < 0.95} == {}
    assert {
        field: figures[field]["recall_of_listed"] for field in AIMED if figures[field]["recall_of_listed"] < 0.85
    } == {}


def test_the_cards_that_were_kept_from_whoever_made_the_rules() -> None:
    """No aim but a floor: a change that makes the rules worse on these is seen here, without a look at the cards."""
    figures = cards_of("kept")
    assert {field: figures[field]["precision"] for field in AIMED if figures[field]["precision"] < 0.9} == {}
    assert {
        field: figures[field]["recall_of_listed"] for field in AIMED if figures[field]["recall_of_listed"] < 0.7
    } == {}
