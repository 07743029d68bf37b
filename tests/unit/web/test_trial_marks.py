"""The words that labels were read from, marked where the page shows the record."""

from __future__ import annotations

import re
from typing import Any

import pytest

from apps.studies.records import StudyRecord
from apps.web.presenters.trial_marks import ARMS, CONDITIONS, DESIGN, ELIGIBILITY, IDENTIFICATION, OUTCOMES, Marks
from apps.web.trial_page import Standing
from tests.unit.web.trial_pages import SUMMARY, Label, record_of, sentence, soup_of, words

DETAILS = "protocolSection.descriptionModule.detailedDescription"
# Every text that the page marks, with a record that has it.
PLACES: dict[str, dict[str, Any]] = {
    SUMMARY: {"descriptionModule": {"briefSummary": "TEXT"}},
    DETAILS: {"descriptionModule": {"detailedDescription": "TEXT"}},
    f"{IDENTIFICATION}officialTitle": {"identificationModule": {"nctId": "NCT90000050", "officialTitle": "TEXT"}},
    f"{CONDITIONS}conditions[1]": {"conditionsModule": {"conditions": ["MS", "TEXT"]}},
    f"{CONDITIONS}keywords[0]": {"conditionsModule": {"keywords": ["TEXT"]}},
    f"{ARMS}armGroups[1].label": {"armsInterventionsModule": {"armGroups": [{}, {"label": "TEXT"}]}},
    f"{ARMS}armGroups[0].description": {"armsInterventionsModule": {"armGroups": [{"description": "TEXT"}]}},
    f"{ARMS}interventions[0].name": {"armsInterventionsModule": {"interventions": [{"name": "TEXT"}]}},
    f"{ARMS}interventions[0].description": {"armsInterventionsModule": {"interventions": [{"description": "TEXT"}]}},
    f"{ARMS}interventions[0].otherNames[1]": {
        "armsInterventionsModule": {"interventions": [{"otherNames": ["x", "TEXT"]}]}
    },
    f"{ELIGIBILITY}eligibilityCriteria": {"eligibilityModule": {"eligibilityCriteria": "TEXT"}},
    f"{ELIGIBILITY}studyPopulation": {"eligibilityModule": {"studyPopulation": "TEXT"}},
    f"{DESIGN}designInfo.interventionModelDescription": {
        "designModule": {"designInfo": {"interventionModelDescription": "TEXT"}}
    },
    f"{OUTCOMES}primaryOutcomes[0].measure": {"outcomesModule": {"primaryOutcomes": [{"measure": "TEXT"}]}},
    f"{OUTCOMES}secondaryOutcomes[1].timeFrame": {
        "outcomesModule": {"secondaryOutcomes": [{}, {"measure": "m", "timeFrame": "TEXT"}]}
    },
    f"{OUTCOMES}otherOutcomes[0].description": {"outcomesModule": {"otherOutcomes": [{"description": "TEXT"}]}},
}
TEXT = r"People get \<3 doses of cells from bone marrow & more."


def filled(value: Any) -> Any:
    """A made-up record with our text in it."""
    if isinstance(value, dict):
        return {name: filled(item) for name, item in value.items()}
    if isinstance(value, list):
        return [filled(item) for item in value]
    return TEXT if value == "TEXT" else value


@pytest.mark.parametrize(("path", "modules"), PLACES.items(), ids=PLACES)
def test_a_quotation_leads_to_the_marked_words_in_the_record(path: str, modules: dict[str, Any]) -> None:
    label = Label("source", "bone-marrow", evidence=[sentence(TEXT, TEXT, "bone marrow", path=path)])
    page = soup_of(record_of(filled(modules)), Standing(cell_types=["msc"]), labels=[label])
    link = page.select_one("#card figcaption a")
    target = page.select_one(f"mark{link['href']}")
    assert target.get_text() == "bone marrow"
    assert "People get <3 doses of cells from bone marrow & more." in target.parent.get_text()
    assert not target.find_parent(id="card")


@pytest.mark.parametrize(
    ("path", "text", "part"),
    [
        ("protocolSection.identificationModule.briefTitle", "A title", "about"),
        ("protocolSection.eligibilityModule.minimumAge", "18 Years", "who"),
        ("derivedSection.conditionBrowseModule.meshes[0].term", "Multiple Sclerosis", "record"),
    ],
)
def test_a_place_without_marks_is_led_to_by_its_part(path: str, text: str, part: str) -> None:
    assert Marks().place(path, [(0, len(text))]) == f"#{part}"


@pytest.mark.parametrize("path", ["protocolSection.newModule.field", "nothing", ""])
def test_an_unknown_place_has_no_link(path: str) -> None:
    assert Marks().place(path, [(0, 4)]) == ""


def both(text: str, *items: dict[str, Any]) -> tuple[StudyRecord, Marks]:
    record = record_of({"descriptionModule": {"briefSummary": text}})
    return record, Marks.of(record, items)


def test_words_that_overlap_are_one_mark_to_which_both_lead() -> None:
    text = "autologous stem cells"
    _record, marks = both(text, words(text, "autologous stem"), words(text, "stem cells"))
    shown = marks.prose(SUMMARY, text)
    assert shown.count("<mark") == 1
    assert marks.place(SUMMARY, [(0, 10)]) == marks.place(SUMMARY, [(16, 21)]) == "#read-1"


def test_each_mark_of_a_page_has_its_own_name() -> None:
    text, other = "cells and more cells", "other cells"
    record = record_of({"descriptionModule": {"briefSummary": text, "detailedDescription": other}})
    items = [words(text, "cells"), words(text, "more"), words(other, "cells", DETAILS)]
    page = soup_of(record, labels=[Label("scope", "in_scope", evidence=items)])
    assert [mark["id"] for mark in page.select("mark[id]")] == ["read-1", "read-2", "read-3"]


def test_what_the_record_no_longer_says_is_not_marked() -> None:
    text = "People get cells."
    _record, marks = both(text, {"path": SUMMARY, "start": 0, "end": 6, "quote": "Others"})
    assert "<mark" not in marks.prose(SUMMARY, text)


def test_without_labels_the_record_is_shown_as_it_is() -> None:
    assert Marks().line(SUMMARY, r"\<b\>") == "<b>"
    assert Marks().prose(SUMMARY, "a < b") == "<p>a &lt; b</p>"
    assert Marks().line(SUMMARY, None) == Marks().prose(SUMMARY, None) == ""


def test_a_heading_of_the_criteria_stays_one_beside_marks() -> None:
    text = "Inclusion Criteria:\n\n* Age 18 to 60\n* EDSS 3 to 6\n\nExclusion Criteria:\n\n* Pregnancy"
    record = record_of({"eligibilityModule": {"eligibilityCriteria": text}})
    path = f"{ELIGIBILITY}eligibilityCriteria"
    item = sentence(text, "EDSS 3 to 6\n\nExclusion Criteria:\n\n* Pregnancy", "EDSS 3 to 6", "Pregnancy", path=path)
    who = soup_of(record, labels=[Label("severity", "edss:3-6", evidence=[item])]).find(id="who")
    assert [heading.get_text() for heading in who.select("h4")] == ["Inclusion Criteria:", "Exclusion Criteria:"]
    assert [mark.get_text() for mark in who.select("li > mark")] == ["EDSS 3 to 6", "Pregnancy"]


def test_a_page_has_no_link_that_leads_nowhere() -> None:
    labels = [Label("scope", "in_scope")] + [
        Label("source", "bone-marrow", f"rule-{i}", evidence=[sentence(TEXT, TEXT, "bone marrow", path=path)])
        for i, path in enumerate(PLACES)
    ]
    modules: dict[str, Any] = {}
    for wanted in (SUMMARY, f"{ELIGIBILITY}eligibilityCriteria", f"{OUTCOMES}primaryOutcomes[0].measure"):
        modules |= filled(PLACES[wanted])
    page = soup_of(record_of(modules), Standing(cell_types=["msc"]), labels=labels)
    links = {link["href"] for link in page.select('a[href^="#"]')}
    assert any(re.fullmatch(r"#read-\d+", link) for link in links)
    assert [link for link in links if not page.select(link)] == []
