"""The card on the list of trials: facets under their headings, rows, chips, and nonsense in every new parameter."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup, Tag
from django.test import Client

from apps.vocabulary.card_values import CARD_FILTERS
from apps.web.views.rows import rows_of
from tests.factories.documents import entry, publish

pytestmark = pytest.mark.django_db

MSC = {"source": ["umbilical-cord"], "donor": ["allogeneic"], "route": ["intravenous"], "dose": ["1e6/kg"]}
HSC = {"source": ["peripheral-blood"], "donor": ["autologous"], "conditioning": ["beam-atg"], "route": ["intravenous"]}


@pytest.fixture
def cards() -> None:
    """Two trials of MSC, two of HSC, one of both."""
    publish(
        entry("NCT90000001", title="One", card=MSC | {"age": ["18-65"], "endpoint": ["edss"]}),
        entry("NCT90000002", title="Two", card={"dose": ["3e7"], "comparator": ["placebo"]}, doubts=["dose"]),
        entry("NCT90000003", title="Three", cell_types=["hsc"], card=HSC),
        entry("NCT90000004", title="Four", cell_types=["hsc", "msc"], card=MSC | HSC | {"source": ["bone-marrow"]}),
        entry("NCT90000005", title="Five", cell_types=["hsc"]),
    )


def page(client: Client, path: str) -> BeautifulSoup:
    response = client.get(path)
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def section(document: BeautifulSoup, slug: str) -> Tag:
    found = document.find(id=f"facets-{slug}")
    assert isinstance(found, Tag)
    return found


def told(document: BeautifulSoup, title: str) -> list[str]:
    [row] = [row for row in document.select(".trial-row") if row.a.get_text() == title]
    return [part.get_text(": ") for part in row.select(".trial-row__card > div")]


@pytest.mark.usefixtures("cards")
def test_facets_stand_under_their_headings_and_the_two_kinds_apart(client: Client) -> None:
    document = page(client, "/trials/")
    named = {
        part["id"]: [facet["id"].removeprefix("facet-") for facet in part.select("details.facet")]
        for part in document.select("details.facets")
    }
    assert named == {
        "facets-cells": ["source", "donor", "route"],
        "facets-msc": ["dose"],
        "facets-hsc": ["conditioning"],
        "facets-joining": ["age"],
        "facets-design": ["controlled", "comparator"],
        "facets-measures": ["endpoint"],
    }
    assert section(document, "hsc").summary.get_text() == "HSC: the transplant"
    assert section(document, "msc").select_one("summary .kind--msc").get_text() == "MSC:"
    assert not document.select("details.facets[open]")
    assert all(part.select_one("details.facet").has_attr("open") for part in document.select("details.facets"))


@pytest.mark.usefixtures("cards")
def test_a_choice_opens_its_section_and_its_facet(client: Client) -> None:
    document = page(client, "/trials/?route=intravenous&comparator=placebo&comparator=not-stated")
    opened = [part["id"] for part in document.select("details.facets[open]")]
    assert opened == ["facets-cells", "facets-design"]
    assert document.find(id="facet-route").has_attr("open")
    ticked = [(box["name"], box["value"]) for box in document.select("input[checked]")]
    assert ticked == [("route", "intravenous"), ("comparator", "placebo"), ("comparator", "not-stated")]


@pytest.mark.usefixtures("cards")
def test_the_other_kinds_facets_go_when_a_kind_is_chosen(client: Client) -> None:
    publish(entry("NCT90000004", title="Four", cell_types=["hsc"], card=HSC | {"source": ["bone-marrow"]}))
    document = page(client, "/trials/?cell_type=msc")
    assert document.find(id="facets-hsc") is None
    assert document.find(id="facets-msc")
    assert page(client, "/trials/?cell_type=msc&conditioning=beam-atg").find(id="facet-conditioning")


def test_without_a_card_there_are_no_facets_for_it(client: Client) -> None:
    publish(entry(), entry(cell_types=["hsc"], countries=["FR"]))
    assert not page(client, "/trials/").select("details.facets")


@pytest.mark.usefixtures("cards")
def test_counts_chips_and_the_sentence(client: Client) -> None:
    document = page(client, "/trials/?dose=per-kg&dose=fixed")
    assert document.h1.get_text() == (
        "3 trials, dose: by body weight (cells per kg) or a number of cells, whatever the weight"
    )
    chips = {
        chip.get_text().removeprefix("Remove the filter: "): chip["href"] for chip in document.select(".chip:has(svg)")
    }
    assert chips == {
        "Dose: By body weight (cells per kg)": "/trials/?dose=fixed",
        "Dose: A number of cells, whatever the weight": "/trials/?dose=per-kg",
    }
    options = document.find(id="facet-source").select(".option")
    assert [option.get_text(" ", strip=True) for option in options] == [
        "Bone marrow 1",
        "Umbilical cord tissue 1",
        "Not stated in the registry 1",
    ]


@pytest.mark.usefixtures("cards")
def test_a_row_tells_the_card_of_its_kind_and_leaves_out_what_is_not_stated(client: Client) -> None:
    document = page(client, "/trials/")
    one = told(document, "One")
    assert one[:3] == [
        "Tissue: Umbilical cord tissue",
        "Donor: Donor cells (allogeneic)",
        "Way into the body: Into a vein",
    ]
    assert one[3].startswith("Dose: 1 million cells per kg")
    [dose] = told(document, "Two")
    assert dose == "Dose: 30 million cells, doubtful"
    assert told(document, "Three") == [
        "Tissue: Peripheral blood",
        "Donor: Own cells (autologous)",
        "Conditioning: BEAM with antithymocyte globulin",
    ]
    assert "not stated" not in document.select_one(".trial-list").get_text().lower()


@pytest.mark.usefixtures("cards")
def test_of_a_trial_of_both_kinds_a_row_tells_only_what_is_of_one_of_them(client: Client) -> None:
    fields = [words.split(":")[0] for words in told(page(client, "/trials/"), "Four")]
    assert fields == ["Dose", "Conditioning"]


def test_a_row_tells_the_first_of_many_values(client: Client) -> None:
    publish(entry("NCT90000001", title="One", card={"dose": ["1e6", "2e6", "3e6", "4e6", "5e6"]}))
    [dose] = told(page(client, "/trials/"), "One")
    assert dose.endswith("3 million cells and 2 more")


@pytest.mark.parametrize("slug", ["source", "donor", "route", "dose", "conditioning"])
def test_a_value_that_no_list_knows_does_not_break_its_row(slug: str) -> None:
    kind = "hsc" if slug == "conditioning" else "msc"
    [row] = rows_of([entry(cell_types=[kind], card={slug: ["<b>strange</b>"]})])  # type: ignore[list-item]
    assert [words for _name, words in row.card] == ["<b>strange</b>"]


@pytest.mark.usefixtures("cards")
@pytest.mark.parametrize("parameter", CARD_FILTERS)
def test_nonsense_in_a_parameter_of_the_card_is_told_and_left_out(client: Client, parameter: str) -> None:
    for value in ("norway", "<script>", "-1", "' OR 1=1 --", "9" * 300, "😀"):
        document = page(client, f"/trials/?{parameter}={value}")
        assert document.h1.get_text() == "5 trials"
        [notice] = document.select(".notice--warn")
        assert str(CARD_FILTERS[parameter].field.name) in notice.get_text()
    assert page(client, f"/trials/?{parameter}=%ff&{parameter}=%00&{parameter}=").h1
