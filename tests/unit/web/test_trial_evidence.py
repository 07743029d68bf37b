"""Each label with its sentence, the decisive words marked in place."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pytest

from apps.web.presenters.trial_evidence import REACH, Quotation, field_name, quotations, why_here
from apps.web.presenters.trial_marks import Marks
from apps.web.trial_page import Standing
from tests.unit.web.trial_pages import SUMMARY, Label, record_of, sentence, soup_of, words


@dataclass
class Membership:
    query: str
    since: dt.datetime = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)
    until: dt.datetime | None = None


def quoted(text: str, *read: str) -> list[Quotation]:
    record = record_of({"descriptionModule": {"briefSummary": text}})
    return quotations(record, [words(text, word) for word in read], Marks())


def told(quotation: Quotation) -> str:
    return "".join(f"[{piece.text}]" if piece.marked else piece.text for piece in quotation.pieces)


def test_the_words_are_marked_within_their_sentence_alone() -> None:
    text = "Background. People get mesenchymal stem cells once. They are followed."
    (quotation,) = quoted(text, "mesenchymal stem cells")
    assert told(quotation) == "… People get [mesenchymal stem cells] once. …"
    assert quotation.field == "Summary"


def test_a_short_text_is_quoted_whole() -> None:
    assert [told(item) for item in quoted("Stem cells, twice", "Stem cells")] == ["[Stem cells], twice"]


def test_two_marks_in_a_sentence_make_one_quotation() -> None:
    text = "In multiple sclerosis people get stem cells. Nothing else."
    (quotation,) = quoted(text, "multiple sclerosis", "stem cells")
    assert told(quotation) == "In [multiple sclerosis] people get [stem cells]. …"


def test_overlapping_marks_become_one_mark_without_repeating_a_letter() -> None:
    (quotation,) = quoted("autologous stem cells", "autologous stem", "stem cells")
    assert told(quotation).replace("[", "").replace("]", "") == "autologous stem cells"


def test_marks_far_apart_make_two_quotations() -> None:
    text = "First stem cells. " + "Filler words here. " * 60 + "Then a transplant."
    assert [told(item) for item in quoted(text, "stem cells", "transplant")] == [
        "First [stem cells]. …",
        "… Then a [transplant].",
    ]


def test_an_endless_sentence_is_cut_between_words() -> None:
    text = "word " * 200 + "stem cells" + " word" * 200
    (quotation,) = quoted(text, "stem cells")
    assert told(quotation).startswith("… word")
    assert told(quotation).endswith("word …")
    assert len(told(quotation)) < 2 * REACH + 30


def test_offsets_count_code_points_of_the_raw_text() -> None:
    (quotation,) = quoted(r"𝛼 \<400 cells and 𝛽 stem cells \> 5", "stem cells")
    assert told(quotation) == "𝛼 <400 cells and 𝛽 [stem cells] > 5"


def test_what_the_record_no_longer_says_is_told_as_such() -> None:
    record = record_of({"descriptionModule": {"briefSummary": "Another text."}})
    (quotation,) = quotations(record, [{"path": SUMMARY, "start": 3, "end": 7, "quote": "stem"}], Marks())
    assert (told(quotation), quotation.field) == ("[stem]", "Summary, in an earlier version")


def test_a_quoted_sentence_has_its_deciding_words_marked_and_no_others() -> None:
    text = "Background on cells. The cells come from bone marrow of the patient. They are kept cold."
    record = record_of({"descriptionModule": {"briefSummary": text}})
    item = sentence(text, "The cells come from bone marrow of the patient.", "bone marrow", "patient")
    (quotation,) = quotations(record, [item], Marks())
    assert told(quotation) == "… The cells come from [bone marrow] of the [patient]. …"


def test_a_sentence_that_two_pieces_of_evidence_quote_is_told_once() -> None:
    text = "Cells from bone marrow, into a vein. Nothing else."
    record = record_of({"descriptionModule": {"briefSummary": text}})
    items = [sentence(text, "Cells from bone marrow, into a vein.", word) for word in ("into a vein", "bone marrow")]
    (quotation,) = quotations(record, items, Marks())
    assert told(quotation) == "Cells from [bone marrow], [into a vein]. …"


def test_a_sentence_of_an_earlier_version_keeps_its_marks() -> None:
    text = "Cells from bone marrow."
    item = sentence(text, text, "bone marrow")
    (quotation,) = quotations(record_of({"descriptionModule": {"briefSummary": "Changed."}}), [item], Marks())
    assert (told(quotation), quotation.link) == ("Cells from [bone marrow].", "")


@pytest.mark.parametrize("marks", [[[0, 3]], [[30, 60]], [[12, 12]], [], None])
def test_marks_outside_their_quote_are_not_believed(marks: list[list[int]] | None) -> None:
    text = "Other text. Cells from bone marrow. Other text."
    record = record_of({"descriptionModule": {"briefSummary": text}})
    item = words(text, "Cells from bone marrow.") | {"marks": marks}
    (quotation,) = quotations(record, [item], Marks())
    assert told(quotation) == "… [Cells from bone marrow.] …"


@pytest.mark.parametrize(
    ("module", "path", "shown"),
    [
        ({"eligibilityModule": {"sex": "FEMALE"}}, "eligibilityModule.sex", "Female"),
        (
            {"designModule": {"designInfo": {"interventionModel": "SINGLE_GROUP"}}},
            "designModule.designInfo.interventionModel",
            "Single group",
        ),
    ],
)
def test_a_word_from_a_closed_list_is_quoted_as_the_page_shows_it(module: dict, path: str, shown: str) -> None:
    record = record_of(module)
    (word,) = [value for part in module.values() for value in _texts(part)]
    item = {"path": "protocolSection." + path, "start": 0, "end": len(word), "quote": word}
    (quotation,) = quotations(record, [item | {"marks": [[0, len(word)]]}], Marks())
    assert told(quotation) == shown


def _texts(part: object) -> list[str]:
    return [part] if isinstance(part, str) else [text for item in part.values() for text in _texts(item)]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("protocolSection.armsInterventionsModule.interventions[0].description", "Intervention 1, description"),
        ("protocolSection.armsInterventionsModule.armGroups[2].label", "Arm 3, name"),
        ("protocolSection.armsInterventionsModule.interventions[1].otherNames[3]", "Intervention 2, other name 4"),
        ("protocolSection.conditionsModule.conditions[1]", "Condition 2"),
        ("protocolSection.identificationModule.briefTitle", "Title"),
        ("derivedSection.conditionBrowseModule.meshes[0].term", "Index term (MeSH) 1 for the condition"),
        ("protocolSection.outcomesModule.secondaryOutcomes[1].timeFrame", "Secondary outcome 2, when"),
        ("protocolSection.eligibilityModule.minimumAge", "Who can join, lowest age"),
        ("protocolSection.someNewModule.aField[4].text", "Some new, a field, text, 5"),
    ],
)
def test_places_have_plain_names(path: str, name: str) -> None:
    assert field_name(path) == name


def test_every_label_has_its_sentence_in_the_page() -> None:
    text = "People get stem cells once."
    record = record_of({"descriptionModule": {"briefSummary": text}})
    labels = [Label("cell_type", "msc", evidence=[words(text, "stem cells")]), Label("scope", "in_scope")]
    why = soup_of(record, labels=labels, memberships=[Membership("multiple-sclerosis-msc")]).find(id="why")
    assert [summary.get_text(strip=True) for summary in why.select(".disclosure > summary")] == [
        "In our list: yes",
        "Kind of cell: Mesenchymal stem/stromal cells",
    ]
    assert [mark.get_text() for mark in why.select("mark")] == ["stem cells"]
    assert "Multiple sclerosis and Mesenchymal stem/stromal cells since 1 May 2026" in " ".join(why.get_text().split())


def test_a_text_that_a_rule_read_whole_is_quoted_without_a_mark() -> None:
    text = "Stem cells in multiple sclerosis"
    record = record_of({"descriptionModule": {"briefSummary": text}})
    why = soup_of(record, labels=[Label("cell_type", "msc", evidence=[words(text, text)])]).find(id="why")
    assert why.blockquote.get_text(strip=True) == text
    assert not why.select("mark")


def test_a_quotation_cannot_bring_markup_in() -> None:
    text = "People get <b onclick=x>stem</b> cells."
    record = record_of({"descriptionModule": {"briefSummary": text}})
    page = soup_of(record, labels=[Label("scope", "review", evidence=[words(text, "<b onclick=x>stem</b>")])])
    assert page.select_one("mark").get_text() == "<b onclick=x>stem</b>"
    assert not page.select("[onclick]")


def test_queries_that_find_it_no_longer_are_dated_and_unknown_labels_shown() -> None:
    until = dt.datetime(2026, 5, 2, tzinfo=dt.UTC)
    labels, queries = [Label("later_scheme", "some-value")], [Membership("retired-query", until=until)]
    why = why_here(record_of(), labels, queries, "out", Marks())
    assert (why.labels[0].scheme, why.labels[0].name) == ("Later scheme", "Some value")
    assert (why.queries[0].told, why.queries[0].until) == ("retired-query", "2 May 2026")


def test_nothing_to_tell_makes_no_section() -> None:
    assert why_here(record_of(), [], [], "in_scope", Marks()) is None


def test_labels_of_the_card_stand_on_the_card_alone() -> None:
    labels = [Label("cell_type", "msc"), Label("route", "intravenous")]
    page = soup_of(record_of(), Standing(cell_types=["msc"]), labels=labels)
    assert [summary.get_text(strip=True) for summary in page.select("#why .disclosure > summary")] == [
        "Kind of cell: Mesenchymal stem/stromal cells"
    ]
    assert "Into a vein" in page.select_one("#card").get_text()


def test_a_doubtful_label_says_so() -> None:
    why = soup_of(record_of(), labels=[Label("disease", "multiple-sclerosis", doubtful=True)]).find(id="why")
    assert "Our reading is uncertain; a person will look." in why.get_text()
