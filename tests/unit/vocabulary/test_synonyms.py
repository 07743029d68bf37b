"""Synonyms are found however they are typed, the longest first, and both ways."""

from __future__ import annotations

import pytest

from apps.vocabulary.synonyms import fold, groups, loose, synonyms_in


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


def test_loose_words_are_looked_up_and_never_given():
    ((_found, others),) = told("stem cell transplant")
    assert "HSCT" in others
    ((_found, others),) = told("HSCT")
    assert others
    assert not {fold(other) for other in others} & loose()
    assert all(words in groups() for words in loose())


@pytest.mark.parametrize("text", ["", "'", "— …", "stem cell", "placebo"])
def test_nothing_to_add(text):
    assert told(text) == []
