"""What people write as its files have it, without a database."""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import Any

from apps.core.languages import ENGLISH
from apps.guide.files import SeedFile, page_files, source_files, term_files
from apps.guide.glossary import Glossary
from apps.guide.selectors import Guide, guide_of
from apps.guide.subjects import named, put_body

_NOW = dt.datetime(2026, 5, 3, tzinfo=dt.UTC)


def row_of_file(file: SeedFile) -> Any:
    """What seeding makes of a file, unsaved."""
    found = named(file.subject)
    assert found is not None
    model, names = found
    row = model(**names, seed=file.seed, version=1, changed_at=_NOW)
    put_body(row, file.body)
    if hasattr(row, "text_changed_at"):
        row.text_changed_at = _NOW
    return row


@cache
def guide_in(language: str = ENGLISH) -> Guide:
    """Everything that is written in a language."""
    spoken = {language, ENGLISH}
    pages = [row_of_file(file) for file in page_files() if file.language in spoken]
    terms = [row_of_file(file) for file in term_files() if file.language in spoken]
    known = {file.key: row_of_file(file) for file in source_files()}
    return guide_of(pages, terms, known, language)


def glossary_in(language: str = ENGLISH) -> Glossary:
    return guide_in(language).glossary
