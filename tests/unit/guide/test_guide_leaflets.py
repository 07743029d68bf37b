"""The leaflets: each medical statement has a source, each source is used, and no word promises anything."""

from __future__ import annotations

import datetime as dt
import re
import tomllib

import pytest

from apps.guide.selectors import CONTENT, common_statements, leaflet
from apps.vocabulary.taxonomy import DISEASES

SLUGS = [disease.slug for disease in DISEASES]
# Words that only a record may use, in quotes.
PROMISES = re.compile(
    r"\b(cures?|cured|breakthroughs?|hopes?|miracles?|promising|safe|effective|proven)\b", re.IGNORECASE
)


@pytest.mark.parametrize("slug", SLUGS)
def test_every_disease_has_its_leaflet(slug: str) -> None:
    text = leaflet(slug)
    assert text is not None
    for section in (text.what, text.msc, text.hsc, text.unknown, text.travel, text.questions):
        assert section
    assert dt.date(2026, 1, 1) < text.reviewed
    assert [source.number for source in text.sources] == list(range(1, len(text.sources) + 1))


@pytest.mark.parametrize("slug", SLUGS)
def test_medical_statements_have_their_source_beside_them(slug: str) -> None:
    text = leaflet(slug)
    assert text is not None
    for statement in (*text.what, *text.msc, *text.hsc, *text.travel, *text.questions_from):
        assert statement.sources, statement.text
    for statement in text.unknown:
        assert statement.sources or statement.text.startswith("We have not"), statement.text
    for statement in text.questions:
        assert "?" in statement.text


@pytest.mark.parametrize("slug", SLUGS)
def test_no_word_promises_anything(slug: str) -> None:
    text = leaflet(slug)
    assert text is not None
    for statement in (*text.what, *text.msc, *text.hsc, *text.unknown, *text.travel, *text.questions):
        outside_quotes = re.sub(r"“[^”]*”", "", statement.text)
        assert not PROMISES.search(outside_quotes), statement.text


def test_every_source_is_used_and_can_be_reached() -> None:
    known = tomllib.loads((CONTENT / "sources.toml").read_text())
    used = {source.key for slug in SLUGS for source in leaflet(slug).sources}
    assert used == set(known)
    for key, source in known.items():
        assert source["url"].startswith("https://"), key
        assert set(source) == {"title", "by", "url", "read"}, key


@pytest.mark.parametrize("slug", ["", "common", "sources", "asthma", "../selectors", "multiple-sclerosis/.."])
def test_nothing_else_is_a_leaflet(slug: str) -> None:
    assert leaflet(slug) is None


def test_the_shared_part_by_itself() -> None:
    assert all(statement.sources for statement in common_statements("hsc"))
