"""The cards of a trial: what belongs to which, how values and gates read, what is not stated, where it is read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from bs4 import BeautifulSoup

from apps.vocabulary.cards import FIELDS
from apps.vocabulary.taxonomy import CELL_TYPE_BY_SLUG
from apps.web.presenters.trial_card import Card, TrialCard, trial_card
from apps.web.presenters.trial_marks import Marks
from apps.web.trial_page import Standing
from tests.unit.web.trial_pages import SUMMARY, Label, record_of, sentence, soup_of

HSC_ALONE = [field for field in FIELDS if field.card == "hsc"]
MSC_ALONE = [field for field in FIELDS if field.card == "msc"]
ARMS = {"armsInterventionsModule": {"armGroups": [{"label": "Low dose"}, {"label": "High dose"}, {"label": "Placebo"}]}}


def card_of(labels: Sequence[Label], *kinds: str, modules: dict[str, Any] | None = None) -> TrialCard:
    record = record_of(modules)
    card = trial_card(record, labels, [CELL_TYPE_BY_SLUG[kind] for kind in kinds], Marks.of(record, []))
    assert card is not None
    return card


def rows_of(card: Card) -> dict[str, list[str]]:
    return {row.slug: [value.words for value in row.values] for part in card.parts for row in part.rows}


def page_of(labels: Sequence[Label], *kinds: str, modules: dict[str, Any] | None = None) -> BeautifulSoup:
    return soup_of(record_of(modules), Standing(cell_types=list(kinds)), labels=labels)


def test_a_study_whose_card_was_never_read_has_none() -> None:
    assert trial_card(record_of(), [], [CELL_TYPE_BY_SLUG["msc"]], Marks()) is None
    assert not page_of([Label("scope", "in_scope")], "msc").select("#card")


def test_a_product_card_has_its_fields_and_none_of_a_transplantation() -> None:
    (card,) = card_of(
        [Label("route", "intravenous"), Label("dose", "1e6/kg"), Label("conditioning", "beam")], "msc"
    ).cards
    rows = rows_of(card)
    assert rows["route"] == ["Into a vein"]
    assert rows["dose"] == ["1 million cells per kg of body weight"]
    assert rows["donor"] == []
    assert not set(rows) & {field.slug for field in HSC_ALONE}
    assert {field.slug for field in MSC_ALONE} <= set(rows)


def test_a_transplant_card_has_its_fields_and_none_of_a_product() -> None:
    labels = [Label("mobilisation", "cyclophosphamide+g-csf"), Label("dose", "1e6/kg"), Label("product", "prochymal")]
    (card,) = card_of(labels, "hsc").cards
    rows = rows_of(card)
    assert rows["mobilisation"] == ["Cyclophosphamide with G-CSF"]
    assert rows["conditioning"] == []
    assert not set(rows) & {field.slug for field in MSC_ALONE}
    assert [part.title for part in card.parts] == ["", "The transplantation"]


def test_two_kinds_of_cells_have_two_cards_and_nothing_crosses() -> None:
    labels = [
        Label("source", "bone-marrow", "told-msc", detail={"kind": "msc"}),
        Label("source", "peripheral-blood", "told-hsc", detail={"kind": "hsc"}),
        Label("cd34_dose", ">=2e6/kg", detail={"kind": "hsc"}),
        Label("dose", "1e6/kg", detail={"kind": "msc"}),
        Label("administrations", "1", detail={"kind": "hsc"}),
        Label("conditioning", "beam-atg"),
    ]
    msc, hsc = card_of(labels, "msc", "hsc").cards
    assert (msc.kind.slug, hsc.kind.slug) == ("msc", "hsc")
    assert (rows_of(msc)["source"], rows_of(hsc)["source"]) == (["Bone marrow"], ["Peripheral blood"])
    assert rows_of(hsc)["cd34_dose"] == ["At least 2 million CD34 cells per kg of body weight"]
    assert rows_of(hsc)["conditioning"] == ["BEAM with antithymocyte globulin"]
    assert rows_of(msc)["administrations"] == []
    page = page_of(labels, "msc", "hsc")
    headings = [heading.get_text() for heading in page.select("#card h3")]
    assert headings[:2] == ["Mesenchymal stem/stromal cells (MSC)", "Hematopoietic stem cell transplantation (HSC)"]
    assert "Peripheral blood" not in page.select("#card .trial-card")[0].get_text()


@pytest.mark.parametrize("label", [Label("donor", "autologous"), Label("dose", "1e6/kg", detail={"kind": None})])
def test_of_two_kinds_what_no_rule_could_tell_apart_stands_on_neithers_card(label: Label) -> None:
    msc, hsc, neither = card_of([label], "msc", "hsc").cards
    assert neither.kind is None
    assert list(rows_of(neither)) == [label.scheme]
    assert label.scheme not in rows_of(msc)
    assert label.scheme not in rows_of(hsc)
    page = page_of([label], "msc", "hsc").select_one("#card")
    assert "Our rules cannot tell from the record of which kind of cells this is said." in page.get_text()


def test_what_is_told_of_one_kind_and_of_no_kind_stands_in_both_places() -> None:
    labels = [Label("donor", "autologous", "a", detail={"kind": "msc"}), Label("donor", "allogeneic", "b")]
    msc, _hsc, neither = card_of(labels, "msc", "hsc").cards
    assert rows_of(msc)["donor"] == ["Own cells (autologous)"]
    assert rows_of(neither)["donor"] == ["Donor cells (allogeneic)"]


def test_cells_of_an_unclear_kind_have_a_card_without_one() -> None:
    (card,) = card_of([Label("source", "bone-marrow"), Label("dose", "3e7", detail={"kind": None})]).cards
    assert card.kind is None
    assert rows_of(card)["dose"] == ["30 million cells"]
    assert rows_of(card)["donor"] == []
    assert "conditioning" not in rows_of(card)


def test_what_holds_for_the_trial_is_told_once() -> None:
    card = card_of([Label("follow_up", "60"), Label("endpoint", "edss"), Label("comparator", "placebo")], "msc", "hsc")
    assert [row.slug for part in card.trial for row in part.rows] == ["comparator", "follow_up", "endpoint"]
    assert [value.words for part in card.trial for row in part.rows for value in row.values] == [
        "Placebo",
        "5 years",
        "Disability (EDSS)",
    ]


def test_what_is_not_stated_says_so_field_by_field() -> None:
    page = page_of([Label("route", "intravenous")], "msc").select_one("#card")
    silent = [line.get_text(" ", strip=True) for line in page.select(".reading--none")]
    assert "Dose Not stated in the registry" in silent
    assert "Longest follow-up Not stated in the registry" in silent
    assert not any("Way into the body" in line for line in silent)
    assert "Not stated in the registry: Age; Sex; Time since diagnosis" in page.get_text()


@pytest.mark.parametrize(
    ("times", "asked"), [(["1"], False), (["3"], True), (["1", "3"], True), (["1-2"], True), ([], True)]
)
def test_what_is_given_once_has_no_time_between(times: list[str], asked: bool) -> None:
    labels = [Label("route", "intravenous"), *(Label("administrations", time) for time in times)]
    assert ("interval" in rows_of(card_of(labels, "msc").cards[0])) is asked


def test_values_of_a_field_stand_in_order_each_with_its_own_sentences() -> None:
    labels = [Label("dose", "2e6/kg", "rule-b"), Label("dose", "1e6/kg", "rule-a"), Label("dose", "1e6/kg", "rule-c")]
    (row,) = [
        row for part in card_of(labels, "msc").cards[0].parts for row in part.rows if row.slug == "dose" and row.values
    ]
    assert [value.code for value in row.values] == ["1e6/kg", "2e6/kg"]
    assert [[reason.rule for reason in value.reasons] for value in row.values] == [["rule-a", "rule-c"], ["rule-b"]]


def test_a_dose_says_to_which_arm_it_belongs() -> None:
    labels = [
        Label("dose", "1e6/kg", detail={"kind": "msc", "arms": [0]}),
        Label("dose", "2e6/kg", detail={"kind": "msc", "arms": [1]}),
    ]
    page = page_of(labels, "msc", modules=ARMS)
    values = [value.get_text(" ", strip=True) for value in page.select("#card summary .reading__values > span")]
    assert values == [
        "1 million cells per kg of body weight (Low dose)",
        "2 million cells per kg of body weight (High dose)",
    ]


@pytest.mark.parametrize("arms", [[], [0, 1, 2], None, "x", [9, -1], [{}]])
def test_a_dose_of_all_arms_or_of_none_known_names_none(arms: Any) -> None:
    label = Label("dose", "1e6/kg", detail={"arms": arms})
    (value,) = [
        value
        for part in card_of([label], "msc", modules=ARMS).cards[0].parts
        for row in part.rows
        for value in row.values
    ]
    assert value.arms == []


def test_gates_are_chips_that_open_to_their_sentence() -> None:
    text = "People between 18 and 60 may join. Their disease began at most 3 years ago. They are not pregnant."
    labels = [
        Label("age", "18-60", evidence=[sentence(text, "People between 18 and 60 may join.", "18 and 60")]),
        Label(
            "duration",
            "<=36",
            evidence=[sentence(text, "Their disease began at most 3 years ago.", "at most 3 years ago")],
            detail={"since": "diagnosis"},
        ),
        Label("phenotype", "rrms"),
        Label("phenotype", "spms"),
    ]
    page = page_of(labels, "msc", modules={"descriptionModule": {"briefSummary": text}})
    gates = page.select("#card details.gate")
    assert [gate.summary.get_text(strip=True) for gate in gates] == [
        "Age 18 to 60 years",
        "Diagnosed at most 3 years ago",
        "Relapsing-remitting MS or secondary progressive MS",
    ]
    assert gates[0].blockquote.get_text().strip() == "People between 18 and 60 may join. …"
    assert [mark.get_text() for mark in gates[1].select("blockquote mark")] == ["at most 3 years ago"]


def test_the_way_to_all_the_criteria_stands_by_the_gates() -> None:
    criteria = {"eligibilityModule": {"eligibilityCriteria": "Adults."}}
    assert page_of([Label("age", "18-")], "msc", modules=criteria).select('#card a[href="#who"]')
    assert not page_of([Label("age", "18-")], "msc").select('#card a[href="#who"]')


def test_a_doubtful_reading_says_so_in_words_and_the_others_do_not() -> None:
    labels = [
        Label("route", "intravenous", doubtful=True),
        Label("donor", "autologous"),
        Label("age", "18-", doubtful=True),
    ]
    page = page_of(labels, "msc").select_one("#card")
    doubted = [mark.parent.get_text(" ", strip=True) for mark in page.select("summary .pill--unsure")]
    assert doubted == ["Into a vein Uncertain", "Age from 18 years Uncertain"]
    inside = [line.find_parent("details").summary.get_text(" ", strip=True) for line in page.select(".trial-doubt")]
    assert inside == ["Way into the body Into a vein Uncertain", "Age from 18 years Uncertain"]
    assert not page_of(labels[1:2], "msc").select("#card .pill--unsure")


def test_a_line_opens_without_a_script_and_names_the_rule_and_our_value() -> None:
    text = "Cells go into a vein."
    label = Label("route", "intravenous", "route-told", evidence=[sentence(text, text, "into a vein")])
    page = page_of([label], "msc", modules={"descriptionModule": {"briefSummary": text}})
    line = page.select_one("#card details.reading")
    assert line.summary.get_text(" ", strip=True) == "Way into the body Into a vein"
    assert line.blockquote.mark.get_text() == "into a vein"
    assert [code.get_text() for code in line.select("code")] == ["route-told", "intravenous"]
    assert line.select_one("figcaption a").get_text() == "See it in the record: Summary"
    assert line.select_one("figcaption a")["href"] == "#read-1"


def test_nothing_of_a_record_or_a_label_becomes_markup() -> None:
    text = "<img src=x onerror=alert(1)> cells"
    label = Label("product", "<script>x</script>", evidence=[sentence(text, text, "cells", path=SUMMARY)])
    page = page_of([label], "msc", modules={"descriptionModule": {"briefSummary": text}})
    assert not page.select("#card img, #card script")
    assert "<script>x</script>" in page.select_one("#card summary").get_text()
