"""The glossary: plain, sourced, complete for statuses and phases, and found in texts where its words stand."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from apps.guide.files import file_of, term_files
from apps.guide.glossary import GROUPS, SOURCED, Term
from apps.guide.writing import as_definition, as_forms, as_text
from apps.vocabulary.statuses import PHASES, STATUSES
from tests.factories.guide import glossary_in, guide_in
from tests.reading import HIGHEST_GRADE, grade
from tests.unit.guide.test_guide_leaflets import PROMISES

GLOSSARY = glossary_in()
TERMS = GLOSSARY.terms


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.slug)
def test_a_definition_is_plain_and_promises_nothing(term: Term) -> None:
    assert grade(term.text) <= HIGHEST_GRADE
    assert term.text.endswith(".")
    assert not PROMISES.search(term.text)
    assert term.group in GROUPS
    assert term.forms or term.status


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.slug)
def test_a_statement_of_medicine_or_law_has_its_source(term: Term) -> None:
    assert term.sources or term.group not in SOURCED
    for source in term.sources:
        assert re.match(r"https?://[\w.-]+/", source.url)
        assert source.title
        assert source.by
        assert dt.date(2026, 1, 1) < source.read


def test_a_form_belongs_to_one_term() -> None:
    forms = [form for term in TERMS for form in term.forms]
    assert sorted(forms) == sorted(set(forms))


@pytest.mark.parametrize("file", term_files(), ids=lambda file: f"{file.slug}-{file.language}")
def test_every_file_would_be_taken_by_the_desk(file) -> None:
    """No promise, no text without a source where one is needed: what is refused to a person is not seeded either."""
    written = {"text": file.text, "sources": list(file.sources)}
    sourced = file_of(f"term/{file.slug}/en").group in SOURCED
    known = {source.key for source in GLOSSARY.cited}
    assert as_definition("text", as_text([written]), sourced=sourced, known=known, language=file.language) == written
    assert as_forms("forms", "\n".join(file.forms)) == list(file.forms)


def test_every_status_of_a_trial_and_every_phase_is_explained_by_the_registry() -> None:
    access = {"AVAILABLE", "TEMPORARILY_NOT_AVAILABLE", "NO_LONGER_AVAILABLE", "APPROVED_FOR_MARKETING", "WITHHELD"}
    for status in STATUSES:
        term = GLOSSARY.status(status.word)
        assert bool(term) == (status.word not in access)
        if term:
            assert term.name == str(status.label)
            assert [source.key for source in term.sources] == ["registry-glossary"]
    assert [term.phase for term in GLOSSARY.phases(PHASES)] == list(PHASES)
    assert {term.name for term in GLOSSARY.phases(PHASES)} == {str(name) for name in PHASES.values()}


@pytest.mark.parametrize("nonsense", [None, "", "NEVER_HEARD_OF", "recruiting"])
def test_a_word_that_is_no_status_is_not_explained(nonsense: str | None) -> None:
    assert GLOSSARY.status(nonsense) is None
    assert GLOSSARY.phases([nonsense or ""]) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("A randomized, double-blind trial against placebo.", {"randomised", "masking", "placebo"}),
        ("Two arms; ARMS of the study", {"arm"}),
        ("an army, armed; harm", set()),
        ("EDSS 3.0 to 6.5", {"edss"}),
        ("Phase 1/2", {"phase-1", "phase-2"}),
        ("Early Phase 1", {"phase-early-1", "phase-1"}),
        ("non-myeloablative conditioning with ATG", {"non-myeloablative", "conditioning", "atg"}),
        ("bone marrow aspirates", {"bone-marrow", "marrow-aspiration"}),
        ("atg beam hsc msc", set()),  # abbreviations are looked for as they are written
        ("CD34+ cells", {"cd34"}),
        ("", set()),
        ("\x00 <script> ﷽ 𝔘", set()),
    ],
)
def test_words_are_found_where_they_stand_and_nowhere_else(text: str, found: set[str]) -> None:
    assert {term.slug for term in GLOSSARY.terms_in(text)} == found


def test_the_questions_are_plain_neutral_and_asked() -> None:
    asked = guide_in().questions
    everything = [*asked.doctor, *asked.to_team(asked.kinds)]
    for text in (item.text for item in everything):
        assert text.endswith("?")
        assert grade(text) <= HIGHEST_GRADE
        assert not PROMISES.search(text)
    assert set(asked.kinds) == {"msc", "hsc"}
    [after] = asked.after
    assert after.sources
