"""A section as the text of a form: what is read of it, and which words promise."""

from __future__ import annotations

import pytest

from apps.guide.writing import Refused, as_line, as_statements, as_text, promised

KNOWN = {"ms-trust", "ebmt-ms"}


def test_a_paragraph_is_a_statement_with_its_sources_at_the_end() -> None:
    text = "One sentence.\r\nAnd one more. [ms-trust; ebmt-ms ms-trust]\r\n\r\n  \n\nWe have not looked."
    found = as_statements("unknown", text, known=KNOWN, language="en")
    assert found == [
        {"text": "One sentence. And one more.", "sources": ["ms-trust", "ebmt-ms"]},
        {"text": "We have not looked.", "sources": []},
    ]
    assert as_statements("unknown", as_text(found), known=KNOWN, language="en") == found


def test_brackets_within_a_sentence_are_words() -> None:
    [found] = as_statements("what", "It [the trial] ends. [ms-trust]", known=KNOWN, language="en")
    assert found == {"text": "It [the trial] ends.", "sources": ["ms-trust"]}


def test_nothing_is_no_statement() -> None:
    assert as_statements("what", " \n\n\t", known=KNOWN, language="en") == []


def test_questions_need_no_source() -> None:
    assert as_statements("questions", "Who pays?", known=KNOWN, language="en")


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\u2028", "\ud800", "\x7f"])
def test_what_no_page_can_show(character: str) -> None:
    with pytest.raises(Refused, match=r"U[+]"):
        as_statements("what", f"A{character}B [ms-trust]", known=KNOWN, language="en")
    with pytest.raises(Refused, match=r"U[+]"):
        as_line("title", f"A{character}B", 100)


@pytest.mark.parametrize(
    ("text", "language", "word"),
    [
        ("It is proven.", "en", "proven"),
        ("It gives hope.", "en", "hope"),
        ("It is hoped that it helps.", "en", ""),
        ("They call it “safe”.", "en", ""),
        ("Es un tratamiento seguro.", "es", "seguro"),
        ("Es muy eficaz.", "es", "eficaz"),
        ("Da esperanza.", "es", "esperanza"),
        ("No es seguro que ayude.", "es", ""),
        ("Lo paga el seguro médico.", "es", ""),
        ("Lo llaman «seguro».", "es", ""),
        ("Il est efficace.", "fr", ""),
    ],
)
def test_words_that_promise(text: str, language: str, word: str) -> None:
    assert promised(text, language) == word
