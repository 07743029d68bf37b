"""The two words of a study, the registry's and a curator's: which is published, and when a person looks again."""

from __future__ import annotations

from contextlib import suppress
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.curation.decisions import (
    DECIDABLE,
    Refused,
    Standing,
    checked_reason,
    checked_source,
    checked_values,
    laid_over,
    said_of,
    standing_of,
)


def decision(field="source", values=("adipose",), said_then=("bone-marrow",)):
    return SimpleNamespace(field=field, values=list(values), said_then=list(said_then), standing="in-force")


def label(scheme, value):
    return SimpleNamespace(scheme=scheme, value=value)


def test_what_is_said_of_a_study_is_in_the_order_of_publication():
    labels = [
        label("scope", "review"),
        label("scope", "out"),
        label("disease", "type-1-diabetes"),
        label("disease", "multiple-sclerosis"),
        label("disease", "type-1-diabetes"),
        label("source", "adipose"),
        label("source", "bone-marrow"),
        label("near_miss", "cell-free"),
    ]
    said = said_of("A title", "", labels)
    assert said["scope"] == ("review",)
    assert said["disease"] == ("multiple-sclerosis", "type-1-diabetes")
    assert said["source"] == ("bone-marrow", "adipose")
    assert said["dose"] == said["summary"] == ()
    assert said["plain_title"] == ("A title",)
    assert set(said) == set(DECIDABLE)


@pytest.mark.parametrize(
    ("said", "standing"),
    [
        (("bone-marrow",), Standing.IN_FORCE),
        (("adipose",), Standing.AGREED),
        (("placenta",), Standing.REOPENED),
        ((), Standing.REOPENED),
    ],
)
def test_a_decision_stands_until_the_record_moves_or_agrees(said, standing):
    assert standing_of(decision(), said) == standing


@pytest.mark.parametrize(
    ("then", "now", "standing"),
    [
        # Values had no units once: that one is told now is no change of the record.
        (["crp>2.0"], ["crp>2.0mg/dl"], Standing.IN_FORCE),
        (["crp>2.0", "edss:3-6"], ["crp>2.0mg/dl", "edss:3-6"], Standing.IN_FORCE),
        (["hba1c<=9", "hba1c>7"], ["hba1c>7%", "hba1c<=9%"], Standing.IN_FORCE),
        # These are.
        (["crp>2.0"], ["crp>3.0mg/dl"], Standing.REOPENED),
        (["crp>2.0"], ["crp>=2.0mg/dl"], Standing.REOPENED),
        (["crp>2.0mg/dl"], ["crp>2.0mg/l"], Standing.REOPENED),
        (["crp>2.0mg/dl"], ["crp>2.0"], Standing.REOPENED),
        (["crp>2.0"], ["crp>2.0mg/dl", "edss:3-6"], Standing.REOPENED),
        (["crp>2.0"], ["crp>2.0mg/dl", "crp>2.0mg/l"], Standing.REOPENED),
        (["crp>2.0"], [], Standing.REOPENED),
        ([], ["crp>2.0mg/dl"], Standing.REOPENED),
    ],
)
def test_a_unit_that_was_not_told_then_is_no_change(then, now, standing):
    assert standing_of(decision("severity", ["edss:0-9"], then), now) == standing


def test_units_are_told_apart_in_limits_of_severity_alone():
    assert standing_of(decision("age", ["18-"], ["18"]), ["18m"]) == Standing.REOPENED


def test_a_decision_that_equals_what_was_said_agrees_from_the_start():
    assert standing_of(decision(values=["adipose"], said_then=["adipose"]), ("adipose",)) == Standing.AGREED


def test_a_decision_is_published_whatever_its_standing_and_other_fields_stay_the_rules():
    said = {"source": ("placenta",), "donor": ("allogeneic",)}
    assert laid_over(said, [decision()]) == {"source": ("adipose",), "donor": ("allogeneic",)}
    assert laid_over(said, [decision(values=[])]) == {"source": (), "donor": ("allogeneic",)}


@pytest.mark.parametrize(
    ("field", "given", "kept"),
    [
        ("scope", [" out "], ("out",)),
        ("disease", ["type-1-diabetes", "multiple-sclerosis"], ("multiple-sclerosis", "type-1-diabetes")),
        ("source", ["adipose", "bone-marrow", "adipose", ""], ("bone-marrow", "adipose")),
        ("source", [], ()),
        ("dose", ["1e6-2e6/kg"], ("1e6-2e6/kg",)),
        ("age", ["18-65"], ("18-65",)),
        ("plain_title", ["Cells for people with MS "], ("Cells for people with MS",)),
    ],
)
def test_values_are_kept_as_they_are_published(field, given, kept):
    assert checked_values(field, given) == kept


@pytest.mark.parametrize(
    ("field", "given", "told"),
    [
        ("colour", ["red"], "no field “colour”"),
        ("near_miss", ["cell-free"], "no field"),
        ("scope", [], "Choose one"),
        ("scope", ["out", "review"], "Choose one"),
        ("scope", ["maybe"], "There are: in_scope, review, out"),
        ("disease", ["asthma"], "“asthma” is no value of Disease"),
        ("source", ["Adipose"], "is no value of"),
        ("source", ["\x00"], "is no value of"),
        ("age", ["grown up"], "cannot be read as a value of"),
        ("age", ["grown-up"], "cannot be read as a value of"),
        ("dose", ["1" * 65], "cannot be read as a value of"),
        ("endpoint", ["edss"] * 31, "No more than 30"),
        ("plain_title", ["  "], "Write the text"),
        ("plain_title", ["x" * 201], "No longer than 200"),
        ("summary", ["x" * 3001], "No longer than 3000"),
    ],
)
def test_nonsense_is_refused_with_what_there_is(field, given, told):
    with pytest.raises(Refused, match=told):
        checked_values(field, given)


def test_a_reason_is_wanted_and_nothing_endless():
    assert checked_reason(" The record names fat tissue.\x00 ") == "The record names fat tissue."
    for reason in ("", " \n", "\x00", "x" * 1001):
        with pytest.raises(Refused) as refused:
            checked_reason(reason)
        assert refused.value.place == "reason"
    assert checked_source("  ") == ""
    with pytest.raises(Refused):
        checked_source("x" * 2001)


@given(st.sampled_from(list(DECIDABLE)), st.lists(st.text(max_size=80), max_size=40))
def test_any_text_is_a_value_or_is_refused(field, given):
    with suppress(Refused):
        kept = checked_values(field, given)
        assert checked_values(field, kept) == kept
