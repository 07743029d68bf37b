"""The catalogues of the other languages: whole, compiled as written, with every placeholder in its place."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest
from django.utils import translation

from apps.guide import glossary
from apps.guide.cautions import caution_texts
from apps.guide.files import page_files, term_files
from apps.vocabulary.statuses import PHASES, STATUSES
from tests.catalogues import LANGUAGES, Entry, Message, catalogue, compiled, wanted
from tests.factories.guide import glossary_in, guide_in
from tests.reading import spanish_ease

# %(name)s, {n} of a script, %% and tags.
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}|%%s?|</?\w+[^>]*>")
# Spanish by Fernández Huerta: 60 and more is "normal" or easier, of 100.
_LEAST_EASE = 60.0
ENTRIES = [(language, entry) for language in LANGUAGES for entry in catalogue(language)]


def placeholders(text: str) -> Counter[str]:
    return Counter(_PLACEHOLDER.findall(text))


def test_there_is_a_language_beside_english() -> None:
    assert "es" in LANGUAGES


def test_extraction_reads_code_and_templates() -> None:
    found = wanted()
    assert Message("Trials") in found  # a template and code
    assert Message("%(n)s site", "%(n)s sites") in found
    assert Message("above %(amount)s", context="on a scale") in found
    assert Message("One trial recruits now", "%(n)s trials recruit now") in found
    assert len(found) > 1500


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_missing_and_none_is_left_over(language: str) -> None:
    asked, told = wanted(), {entry.message for entry in catalogue(language)}
    assert {message: path for message, path in asked.items() if message not in told} == {}
    assert told - asked.keys() == set()


def broken(entry: Entry) -> list[str]:
    if entry.fuzzy:
        return ["fuzzy"]
    originals = [entry.message.text, entry.message.plural or entry.message.text]
    wrong = []
    for number, told in enumerate(entry.told):
        if not told.strip() and entry.message.text.strip():
            wrong.append("empty")
        # A singular may write its number out, as the English one does.
        allowed = [placeholders(original) for original in (originals[min(number, 1)], originals[1])]
        if not entry.message.context.startswith("how a ") and placeholders(told) not in allowed:
            wrong.append(told)
    return wrong


def test_every_text_is_told_with_its_placeholders() -> None:
    assert {entry.message.text: wrong for _language, entry in ENTRIES if (wrong := broken(entry))} == {}


@pytest.mark.parametrize(
    "entry",
    [
        Entry(Message("in %(place)s"), ("en",), False),
        Entry(Message("in %(place)s"), ("en %(lugar)s",), False),
        Entry(Message("All"), ("",), False),
        Entry(Message("All"), ("Todos",), True),
        Entry(Message("%(n)s day", "%(n)s days"), ("%(n)s día", "días"), False),
    ],
)
def test_what_is_broken_is_noticed(entry: Entry) -> None:
    assert broken(entry)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_the_written_one(language: str) -> None:
    held: dict[Any, str] = {key: value for key, value in compiled(language)._catalog.items() if key}  # type: ignore[attr-defined]
    written: dict[Any, str] = {}
    for entry in catalogue(language):
        key = f"{entry.message.context}\x04{entry.message.text}" if entry.message.context else entry.message.text
        if entry.message.plural:
            written |= {(key, number): told for number, told in enumerate(entry.told)}
        else:
            written[key] = entry.told[0]
    assert held == written


# What people write


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_the_glossary_is_told(language: str) -> None:
    slugs = {code: [file.slug for file in term_files() if file.language == code] for code in ("en", language)}
    assert slugs[language] == slugs["en"]
    told = glossary_in(language)
    assert {term.language for term in told.terms} == {language}
    forms = [form for term in told.terms for form in term.forms]
    assert sorted(forms) == sorted(set(forms))
    with translation.override(language):
        for status in STATUSES:
            term = told.status(status.word)
            assert term is None or term.name == str(status.label)
        assert {term.name for term in told.phases(PHASES)} == {str(name) for name in PHASES.values()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_caution_is_told(language: str) -> None:
    english = caution_texts()
    with translation.override(language):
        told = caution_texts()
    assert list(told) == list(english)
    for kind, text in told.items():
        own = [text.means, text.harmless, *(statement.text for statement in text.advice)]
        asked = [english[kind].means, english[kind].harmless, *(item.text for item in english[kind].advice)]
        assert len(own) == len(asked)
        assert not set(own) & set(asked)
        assert [item.sources for item in text.advice] == [item.sources for item in english[kind].advice]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_part_of_every_page_is_told(language: str) -> None:
    told = {file.slug: file for file in page_files() if file.language == language}
    english = [file for file in page_files() if file.language == "en"]
    assert list(told) == [file.slug for file in english]
    for file in english:
        own = told[file.slug].parts
        assert list(own) == list(file.parts)
        for section, statements in file.parts.items():
            assert [item["sources"] for item in own[section]] == [item["sources"] for item in statements]
            assert not {item["text"] for item in own[section]} & {item["text"] for item in statements}


def test_every_section_of_a_spanish_page_reads_easily() -> None:
    """60 of 100 and more is what Fernández Huerta counts as normal, read by the eighth year at school as in English."""
    hard = {
        (slug, section): score
        for slug, leaflet in guide_in("es").leaflets.items()
        for section, statements in leaflet.parts.items()
        if (score := spanish_ease(" ".join(statement.text for statement in statements))) < _LEAST_EASE
    }
    assert hard == {}
    assert {leaflet.language for leaflet in guide_in("es").leaflets.values()} == {"es"}


def test_spanish_definitions_read_easily() -> None:
    terms = glossary_in("es").terms
    texts = {term.slug: term.text for term in terms}
    hard = {
        group: score
        for group in glossary.GROUPS
        if (score := spanish_ease(" ".join(texts[t.slug] for t in terms if t.group == group))) < _LEAST_EASE
    }
    assert hard == {}


def test_words_of_both_languages_are_found_in_one_process() -> None:
    english, spanish = "A graft of bone marrow.", "Un injerto de médula ósea."
    for _again in range(2):
        assert [term.name for term in glossary_in("es").terms_in(spanish)] == ["Médula ósea", "Injerto"]
        # The registry writes English on Spanish pages too.
        assert [term.name for term in glossary_in("es").terms_in(english)] == ["Médula ósea", "Injerto"]
        assert [term.name for term in glossary_in().terms_in(english)] == ["Bone marrow", "Graft"]
        assert glossary_in().terms_in(spanish) == []
