"""What holds for every classification: quotes stand where they say, and the recorded trials come out as labelled."""

from __future__ import annotations

import csv
import gzip
import json
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from apps.classification.rules import Classification, classify
from apps.classification.rules.quoting import MAX_QUOTE, MAX_QUOTES
from apps.classification.rules.scope import REASONS
from apps.studies.texts import value_at
from apps.vocabulary.cards import FIELD_BY_SLUG
from apps.vocabulary.taxonomy import CELL_TYPE_BY_SLUG, DISEASE_BY_SLUG, NEAR_MISS_BY_SLUG, SCOPE_BY_SLUG
from apps.vocabulary.terms import terms
from tests.unit.classification.builders import payload, record_of, study
from tests.unit.classification.timing import seconds

SHARED = Path(django_settings.BASE_DIR).parent / "shared"
RECORDED = SHARED / "ctgov" / "studies"
GOLD = SHARED / "gold" / "dev.csv"
SLUGS = {
    "scope": SCOPE_BY_SLUG,
    "disease": DISEASE_BY_SLUG,
    "cell_type": CELL_TYPE_BY_SLUG,
    "near_miss": NEAR_MISS_BY_SLUG,
}
DISEASE_OF_GOLD = {
    "MS": "multiple-sclerosis",
    "RA": "rheumatoid-arthritis",
    "SLE": "systemic-lupus-erythematosus",
    "T1D": "type-1-diabetes",
}


def check(told: dict[str, Any], classification: Classification) -> None:
    """What every classification of every record keeps to."""
    assert classification.scope in SCOPE_BY_SLUG
    assert classification.values("scope") == (classification.scope,)
    keys = Counter((label.scheme, label.value, label.rule) for label in classification.labels)
    assert max(keys.values()) == 1
    for label in classification.labels:
        words = SLUGS.get(label.scheme) or FIELD_BY_SLUG[label.scheme].words
        assert label.value in words or (label.scheme in FIELD_BY_SLUG and not words)
        assert re.fullmatch(r"[a-z0-9-]{1,64}", label.rule)
        assert label.reason.endswith(".")
        assert len(label.evidence) <= MAX_QUOTES
        for quote in label.evidence:
            assert value_at(told, quote.path)[quote.start : quote.end] == quote.quote
            assert 0 < len(quote.quote) <= MAX_QUOTE
            assert all(quote.start <= start < end <= quote.end for start, end in quote.marks)


def test_reasons_and_near_misses_fit_together():
    assert set(REASONS) - {"unrelated"} == set(NEAR_MISS_BY_SLUG)


def test_sentence_around_the_term_is_quoted_from_a_long_text():
    background = "Many people wait for a better treatment. " * 20
    summary = background + "In this trial mesenchymal stem cells are given once. " + background
    (label,) = [
        label
        for label in classify(study("Stem cells", conditions=["Multiple Sclerosis"], summary=summary)).labels
        if label.scheme == "cell_type"
    ]
    assert label.evidence[0].quote == "In this trial mesenchymal stem cells are given once."
    assert label.evidence[0].start == len(background)


def test_sentence_without_an_end_is_cut_between_words():
    summary = "wait " * 200 + "mesenchymal stem cells" + " again" * 200
    quote = classify(study("Stem cells", conditions=["Lupus"], summary=summary)).labels[-1].evidence[0].quote
    assert "mesenchymal stem cells" in quote
    assert set(quote.split()) == {"wait", "mesenchymal", "stem", "cells", "again"}


WORDS = sorted(
    {
        phrase
        for table in terms()["terms"].values()
        for key in ("phrases", "exact", "alone")
        for phrase in table.get(key, ())
    }
)
TEXT = st.one_of(
    st.text(max_size=80),
    st.lists(st.sampled_from([*WORDS, ".", "\n", "🙂", "not", "x" * 300]), max_size=25).map(" ".join),
)


@st.composite
def told_studies(draw: st.DrawFn) -> dict[str, Any]:
    return payload(
        draw(TEXT),
        official=draw(TEXT),
        conditions=draw(st.lists(TEXT, max_size=3)),
        keywords=draw(st.lists(TEXT, max_size=2)),
        interventions=draw(st.lists(st.tuples(TEXT, TEXT), max_size=2)),
        arms=draw(st.lists(st.tuples(TEXT, TEXT), max_size=2)),
        summary=draw(TEXT),
        description=draw(TEXT),
        meshes=draw(st.lists(st.tuples(st.sampled_from(["D009103", "D000001172", "C1", ""]), TEXT), max_size=2)),
    )


@given(told_studies())
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@example(payload("MSC \ud83d in MS", summary="multiple sclerosis"))
@example(payload("İ\x00ß MSC", conditions=["\x00", "MS"]))
def test_no_text_breaks_a_rule_and_every_quote_stands_where_it_says(told):
    check(told, classify(record_of(told)))


@pytest.mark.parametrize(
    "piece",
    ["mesenchymal stem cells ", "multiple sclerosis. ", "MS ", "a", "\n", "islet, ", "hematopoietic ", "MS/", "🙂é "],
)
def test_long_text_takes_no_time(piece):
    text = (piece * 32_000)[:32_000]
    record = study(text, conditions=["Multiple Sclerosis"], description=text)
    assert seconds(lambda: classify(record), 0.1) < 0.1


@cache
def recorded() -> dict[str, dict[str, Any]]:
    """The recorded studies by NCT id; the test is skipped where they are not."""
    if not RECORDED.exists():
        pytest.skip("the recorded studies are not here")
    studies = {}
    for file in sorted(RECORDED.glob("*.jsonl.gz")):
        with gzip.open(file) as lines:
            for line in lines:
                told = json.loads(line)
                studies[told["protocolSection"]["identificationModule"]["nctId"]] = told
    return studies


def test_every_quote_of_every_recorded_study_stands_where_it_says():
    for told in recorded().values():
        check(told, classify(record_of(told)))


def test_recorded_trials_come_out_as_people_labelled_them():
    """Floors, not aims; precision and recall as in the labels' README: `review` on a no is no error of precision."""
    if not GOLD.exists():
        pytest.skip("the labelled trials are not here")
    scopes: Counter[tuple[str, str]] = Counter()
    labels: Counter[tuple[str, str]] = Counter()
    with GOLD.open(newline="") as rows:
        for row in csv.DictReader(rows):
            told = recorded().get(row["nct_id"])
            if told is None:
                continue
            classification = classify(record_of(told))
            scopes[row["in_scope"], classification.scope] += 1
            if row["in_scope"] != "yes":
                continue
            gold_diseases = {DISEASE_OF_GOLD[one] for one in row["diseases"].split(";") if one in DISEASE_OF_GOLD}
            for scheme, gold in (("disease", gold_diseases), ("cell_type", {row["cell_type"].lower()})):
                said = set(classification.values(scheme))
                labels[scheme, "right"] += len(gold & said)
                labels[scheme, "wrong"] += len(gold ^ said)
    yes = sum(count for (gold, _), count in scopes.items() if gold == "yes")
    unsure = sum(count for (gold, _), count in scopes.items() if gold == "unsure")
    reviewed = sum(count for (_, said), count in scopes.items() if said == "review")
    assert yes > 50
    assert scopes["yes", "in_scope"] / yes >= 0.95
    assert scopes["yes", "in_scope"] / (scopes["yes", "in_scope"] + scopes["no", "in_scope"]) >= 0.97
    assert scopes["unsure", "review"] / unsure >= 0.8
    assert reviewed / scopes.total() <= 0.12
    for scheme in ("disease", "cell_type"):
        right, wrong = labels[scheme, "right"], labels[scheme, "wrong"]
        assert 2 * right / (2 * right + wrong) >= 0.97
