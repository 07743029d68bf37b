"""The leaflets as written: each medical statement has a source, each source is used, and no word promises anything."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from apps.guide.files import page_files, source_files
from apps.guide.sections import ABOUT, KIND_PARTS, KINDS, SECTIONS, layout_of
from apps.guide.selectors import Leaflet
from apps.guide.writing import PROMISES as PROMISES_BY_LANGUAGE
from apps.guide.writing import as_statements, as_text
from apps.vocabulary.taxonomy import DISEASES
from tests.factories.guide import guide_in
from tests.reading import HIGHEST_GRADE, grade

SLUGS = [disease.slug for disease in DISEASES]
# Words that only a record may use, in quotes.
PROMISES = PROMISES_BY_LANGUAGE["en"]


def leaflet(slug: str) -> Leaflet:
    return guide_in().leaflets[slug]


@pytest.mark.parametrize("slug", SLUGS)
def test_every_disease_has_its_leaflet_with_every_part(slug: str) -> None:
    text = leaflet(slug)
    for section in SECTIONS:
        assert text.parts[section], section
    for kind in KINDS:
        assert [title for title, _statements in text.kind(kind)] == list(KIND_PARTS.values())
    assert dt.date(2026, 1, 1) < text.checked
    assert [source.number for source in text.sources] == list(range(1, len(text.sources) + 1))
    assert (text.reviewer, text.reviewed) == ("", None)


@pytest.mark.parametrize("slug", SLUGS)
def test_medical_statements_have_their_source_beside_them(slug: str) -> None:
    for section, statements in leaflet(slug).parts.items():
        for statement in statements:
            if section == "questions":
                assert "?" in statement.text
            else:
                assert statement.sources or statement.text.startswith("We have not"), statement.text


@pytest.mark.parametrize("file", page_files(), ids=lambda file: f"{file.slug}-{file.language}")
def test_every_file_would_be_taken_by_the_desk(file) -> None:
    """No promise, no text without a source, nothing too long: what is refused to a person is not seeded either."""
    known = {source.key for source in source_files()}
    for section, statements in file.parts.items():
        told = {"layout": layout_of(file.slug), "known": known, "language": file.language}
        assert as_statements(section, as_text(statements), **told) == statements


@pytest.mark.parametrize("slug", SLUGS)
def test_no_word_promises_anything(slug: str) -> None:
    for statements in leaflet(slug).parts.values():
        for statement in statements:
            outside_quotes = re.sub(r"“[^”]*”", "", statement.text)
            assert not PROMISES.search(outside_quotes), statement.text


@pytest.mark.parametrize("slug", SLUGS)
def test_every_part_reads_at_grade_eight_or_lower(slug: str) -> None:
    hard = {
        section: score
        for section, statements in leaflet(slug).parts.items()
        if (score := grade(" ".join(statement.text for statement in statements))) > HIGHEST_GRADE
    }
    assert hard == {}


@pytest.mark.parametrize("slug", SLUGS)
def test_the_two_kinds_are_told_apart(slug: str) -> None:
    """What is said of one kind names the other nowhere."""
    text = leaflet(slug)
    for part in KIND_PARTS:
        msc = " ".join(statement.text for statement in text.parts[f"msc_{part}"])
        hsc = " ".join(statement.text for statement in text.parts[f"hsc_{part}"])
        assert not re.search(r"transplant|chemotherapy|HSC|blood-forming", msc), msc
        assert not re.search(r"mesenchymal|MSC|infusion|umbilical", hsc), hsc


def test_every_source_is_used_and_can_be_reached() -> None:
    guide = guide_in()
    used = {source.key for slug in SLUGS for source in leaflet(slug).sources}
    used |= {source.key for source in (*guide.glossary.cited, *guide.questions.after[0].sources)}
    assert used == {source.key for source in source_files()}
    for source in source_files():
        assert re.match(r"https?://[\w.-]+/", source.url), source.key


def test_the_shared_part_by_itself() -> None:
    guide = guide_in()
    for kind in KINDS:
        assert len(guide.brief(kind)) == 4
        assert guide.risks(kind)
        assert all(statement.sources for statement in (*guide.brief(kind), *guide.risks(kind)))


def test_what_we_say_of_ourselves_is_plain_and_the_operator_is_for_a_person_to_name() -> None:
    guide = guide_in()
    assert set(guide.about) == set(layout_of(ABOUT).sections)
    assert all(guide.about.values())
    assert grade(" ".join(item.text for statements in guide.about.values() for item in statements)) <= HIGHEST_GRADE
    assert guide.operator == ()
