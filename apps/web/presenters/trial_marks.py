"""The words that labels were read from, marked where the page shows the record, and the way there from a quotation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.utils.safestring import SafeString

from apps.core.languages import english_html, english_line
from apps.core.markdown import Mark, plain_marked, render_marked
from apps.studies.records import StudyRecord
from apps.studies.texts import value_at
from apps.web.presenters.words import line, prose

ARMS = "protocolSection.armsInterventionsModule."
CONDITIONS = "protocolSection.conditionsModule."
DESCRIPTION = "protocolSection.descriptionModule."
DESIGN = "protocolSection.designModule."
ELIGIBILITY = "protocolSection.eligibilityModule."
IDENTIFICATION = "protocolSection.identificationModule."
OUTCOMES = "protocolSection.outcomesModule."

# Texts that the page shows by `Marks.line` or `Marks.prose`.
_IN_PLACE = re.compile(
    rf"(?:{re.escape(IDENTIFICATION)}officialTitle"
    rf"|{re.escape(CONDITIONS)}(?:conditions|keywords)\[\d+\]"
    rf"|{re.escape(DESCRIPTION)}(?:briefSummary|detailedDescription)"
    rf"|{re.escape(ARMS)}armGroups\[\d+\]\.(?:label|description)"
    rf"|{re.escape(ARMS)}interventions\[\d+\]\.(?:name|description|otherNames\[\d+\])"
    rf"|{re.escape(ELIGIBILITY)}(?:eligibilityCriteria|studyPopulation)"
    rf"|{re.escape(DESIGN)}designInfo\.interventionModelDescription"
    rf"|{re.escape(OUTCOMES)}\w+\[\d+\]\.(?:measure|timeFrame|description))"
)
# Where the page shows what else stands in a module of the record.
_PARTS = {
    "identificationModule": "about",
    "conditionsModule": "about",
    "descriptionModule": "about",
    "armsInterventionsModule": "given",
    "eligibilityModule": "who",
    "outcomesModule": "measured",
    "designModule": "design",
    "statusModule": "when",
    "contactsLocationsModule": "where",
    "sponsorCollaboratorsModule": "sponsors",
    "conditionBrowseModule": "record",
    "interventionBrowseModule": "record",
}

Span = tuple[int, int]


def text_at(record: StudyRecord, path: str) -> str:
    """The text at a path; "" where there is none."""
    try:
        return value_at(record, path)
    except (LookupError, ValueError):
        return ""


def stands(record: StudyRecord, item: Mapping[str, Any]) -> bool:
    """Whether the record still has the quoted words of a piece of evidence where it says."""
    quote = item["quote"]
    return bool(quote) and text_at(record, item["path"])[item["start"] : item["end"]] == quote


def words_read(item: Mapping[str, Any]) -> list[Span]:
    """The words within a quote that a rule read, in order; the whole quote where no words are told."""
    start, end = item["start"], item["end"]
    marks = sorted((low, high) for low, high in item.get("marks") or () if start <= low < high <= end)
    return marks or [(start, end)]


class Marks:
    """The marks on one page, by the path of their text. Without any it shows the record's texts as they are."""

    def __init__(self, marks: Mapping[str, list[Mark]] | None = None) -> None:
        self._marks = marks or {}

    @classmethod
    def of(cls, record: StudyRecord, evidence: Iterable[Mapping[str, Any]]) -> Marks:
        spans: dict[str, set[Span]] = {}
        for item in evidence:
            if _IN_PLACE.fullmatch(item["path"]) and stands(record, item):
                spans.setdefault(item["path"], set()).update(words_read(item))
        marks: dict[str, list[Mark]] = {}
        count = 0
        for path, found in spans.items():
            marks[path] = []
            for start, end in _merged(sorted(found)):
                count += 1
                marks[path].append(Mark(start, end, f"read-{count}"))
        return cls(marks)

    def line(self, path: str, text: str | None) -> str:
        """A short text as it reads, marked."""
        marks = self._marks.get(path)
        return english_line(plain_marked(text, marks)) if text and marks else line(text)

    def prose(self, path: str, text: str | None) -> SafeString | str:
        """A long text as HTML, marked."""
        marks = self._marks.get(path)
        return english_html(render_marked(text, marks)) if text and marks else prose(text)

    def place(self, path: str, spans: Iterable[Span]) -> str:
        """The fragment at which the page shows the first of these words, or the part where their text would be."""
        for start, end in spans:
            for mark in self._marks.get(path, ()):
                if mark.start < end and start < mark.end:
                    return f"#{mark.id}"
        module = path.split(".")[1:2]
        return f"#{_PARTS[module[0]]}" if module and module[0] in _PARTS else ""


def _merged(spans: Iterable[Span]) -> Iterator[Span]:
    """Spans that overlap as one."""
    current: Span | None = None
    for start, end in spans:
        if current and start < current[1]:
            current = current[0], max(current[1], end)
        else:
            if current:
                yield current
            current = start, end
    if current:
        yield current
