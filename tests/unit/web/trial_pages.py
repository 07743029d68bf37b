"""A trial's page from a record, without a database."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.template.loader import render_to_string

from apps.core.languages import current_language
from apps.ctgov.parser import parse_study
from apps.studies.files import iter_payloads
from apps.studies.records import StudyRecord
from apps.web.trial_page import Standing, build_trial_page
from tests.factories.guide import glossary_in

TODAY = dt.date(2026, 5, 3)
FIXTURES = Path(settings.BASE_DIR) / "tests" / "fixtures" / "studies"
RECORDED = Path(settings.BASE_DIR).parent / "shared" / "ctgov" / "studies"


SUMMARY = "protocolSection.descriptionModule.briefSummary"


@dataclass
class Label:
    """A label as the database holds it."""

    scheme: str
    value: str
    rule: str = "some-rule"
    reason: str = "The record says so."
    evidence: list[dict[str, Any]] = field(default_factory=list)
    doubtful: bool = False
    detail: dict[str, Any] | None = None


def words(text: str, word: str, path: str = SUMMARY) -> dict[str, Any]:
    """Evidence without marks: the words that a rule read."""
    start = text.index(word)
    return {"path": path, "start": start, "end": start + len(word), "quote": word}


def sentence(text: str, sentence: str, *marked: str, path: str = SUMMARY) -> dict[str, Any]:
    """Evidence with marks: a sentence, and the words in it that a rule read."""
    item = words(text, sentence, path)
    marks = []
    for word in marked:
        start = text.index(word, item["start"])
        marks.append([start, start + len(word)])
    return item | {"marks": marks}


def html_of(record: StudyRecord, standing: Standing | None = None, **knowledge: Any) -> str:
    told = {"glossary": glossary_in(current_language())} | knowledge
    page = build_trial_page(record, standing or Standing(), today=TODAY, **told)
    return render_to_string("web/trial/detail.html", {"page": page, "trail": [("", record.nct_id)], "canonical": "/"})


def soup_of(record: StudyRecord, standing: Standing | None = None, **knowledge: Any) -> BeautifulSoup:
    return BeautifulSoup(html_of(record, standing, **knowledge), "html.parser")


def record_of(protocol: Mapping[str, Any] | None = None, **sections: Any) -> StudyRecord:
    """A record with these modules alone, beside an id."""
    modules = {"identificationModule": {"nctId": "NCT90000050", "briefTitle": "A title"}} | dict(protocol or {})
    return parse_study(json.dumps({"protocolSection": modules, **sections}).encode())


def fixture(name: str) -> StudyRecord:
    return parse_study((FIXTURES / f"{name}.json").read_bytes())


def recorded(name: str) -> Iterator[bytes]:
    """The registry's own records beside the checkout, one by one."""
    path = RECORDED / f"{name}.jsonl.gz"
    if not path.exists():
        pytest.skip(f"the recorded studies are not beside this checkout: {path}")
    return iter_payloads(path)


def facts_of(soup: BeautifulSoup) -> dict[str, str]:
    """Every term with its value, one blank between words."""
    return {
        term.get_text(" ", strip=True): " ".join(term.find_next("dd").get_text(" ", strip=True).split())
        for term in soup.select("dt")
    }
