"""Synonyms are found however they are typed, the longest first, and both ways."""

from __future__ import annotations

import pytest

from apps.vocabulary.synonyms import fold, groups, synonyms_in


def told(text: str) -> list[tuple[str, set[str]]]:
    words = text.split()
    return [(" ".join(words[first:last]), set(others)) for first, last, others in synonyms_in(words)]


def test_every_phrase_stands_in_one_group():
    assert len(groups()) > 50


@pytest.mark.parametrize("text", ["SLE", "sle", "Lupus", "systemic lupus erythematosus"])
def test_lupus_both_ways(text):
    ((found, others),) = told(text)
    assert found == text
    assert {fold(other) for other in others} | {fold(text)} == {
        ("systemic", "lupu", "erythematosu"),
        ("sle",),
        ("lupu",),
    }


def test_longest_stretch_wins():
    assert [found for found, _others in told("lupus nephritis in RA")] == ["lupus nephritis", "RA"]


@pytest.mark.parametrize("text", ["Wharton's jelly", "Whartons jelly", "WHARTON’S JELLY"])
def test_apostrophes_make_no_difference(text):
    assert told(text) == [(text, {"umbilical cord"})]


@pytest.mark.parametrize("text", ["", "'", "— …", "stem cell", "placebo"])
def test_nothing_to_add(text):
    assert told(text) == []
