"""The card in the API: rows, labels with their marks, filters, and the description of all three."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from apps.api.serializers import CardSerializer, EvidenceSerializer, LabelSerializer
from apps.classification.rules import Evidence, Label, cards
from apps.classification.rules.cards.material import Material
from apps.vocabulary.card_values import CARD_FILTERS
from apps.vocabulary.cards import FIELDS
from tests.factories.studies import study

pytestmark = pytest.mark.django_db

LIST = "/api/v1/studies/"
NCT = "NCT90000001"
PROBLEM = "application/problem+json"


def a_dose(material: Material) -> Iterator[Label]:
    """A made-up reading of the summary: its third and fourth words."""
    text = material.record.protocol.description.brief_summary or ""
    quote = Evidence("protocolSection.descriptionModule.briefSummary", 0, len(text), text, ((6, 9), (10, 15)))
    detail = {"low": 1e6, "high": None, "basis": "kg", "written": "given once"}
    yield Label("dose", "1e6/kg", "made-up-dose", "Made up.", (quote,), doubtful=True, detail=detail)
    yield Label("source", "adipose", "made-up-tissue", "Made up.", (quote,))
    of_one = {"since": "diagnosis", "of_group": "Cohort 2"}
    yield Label("duration", "<24", "made-up-duration", "Made up.", (quote,), detail=of_one)


@pytest.fixture
def one_study(arrive: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    """A study through the whole corridor, its card made up."""
    monkeypatch.setattr(cards, "EXTRACTORS", (a_dose,))
    arrive(study(NCT))


@pytest.mark.usefixtures("one_study")
def test_a_row_has_every_field_of_the_card_its_doubts_and_whom_a_limit_binds(api: Client) -> None:
    [row] = api.get(LIST).json()["results"]
    assert list(row["card"]) == [field.slug for field in FIELDS]
    stated = {slug: values for slug, values in row["card"].items() if values}
    assert stated == {"source": ["adipose"], "dose": ["1e6/kg"], "duration": ["<24"]}
    assert row["doubts"] == ["dose"]
    assert row["qualified_limits"] == ["duration: <24; group: Cohort 2"]
    detail = api.get(f"{LIST}{NCT}/").json()
    assert (detail["card"], detail["doubts"]) == (row["card"], row["doubts"])


@pytest.mark.usefixtures("one_study")
def test_labels_carry_marks_doubt_and_parts_in_the_order_of_the_card(api: Client) -> None:
    labels = api.get(f"{LIST}{NCT}/").json()["labels"]
    of_card = [label for label in labels if label["scheme"] in CARD_FILTERS]
    assert [label["scheme"] for label in of_card] == ["source", "dose", "duration"]
    assert labels[-3:] == of_card
    source, dose, _duration = of_card
    assert set(dose) == set(LabelSerializer().fields)
    assert (dose["doubtful"], source["doubtful"]) == (True, False)
    assert (dose["detail"]["low"], source["detail"]) == (1e6, None)
    [evidence] = dose["evidence"]
    assert set(evidence) == set(EvidenceSerializer().fields)
    summary = study(NCT)["protocolSection"]["descriptionModule"]["briefSummary"]
    assert [summary[start:end] for start, end in evidence["marks"]] == ["are", "given"]


@pytest.mark.usefixtures("one_study")
def test_the_card_narrows_the_list(api: Client) -> None:
    assert api.get(LIST, {"source": "Adipose", "dose": "PER-KG", "route": "not_stated"}).json()["count"] == 1
    assert api.get(LIST, {"source": "not-stated"}).json()["count"] == 0
    assert api.get(LIST, {"conditioning": "not-stated"}).json()["count"] == 0


@pytest.mark.parametrize("parameter", CARD_FILTERS)
def test_nonsense_in_a_field_of_the_card_is_refused_with_what_is_allowed(api: Client, parameter: str) -> None:
    for value in (
        "bogus",
        "0",
        "-1",
        "1e6/kg",
        "<=36",
        "'; --",
        "😀",
        "a" * 5000,
        "٣",
        "not-stated,",
        "\u202enot-stated",
    ):
        response = api.get(LIST, {parameter: value})
        assert (response.status_code, response["Content-Type"]) == (400, PROBLEM), value
        [error] = response.json()["errors"]
        assert error["parameter"] == parameter
        assert error["allowed"] == list(CARD_FILTERS[parameter].words)
    empty = api.get(LIST, {parameter: ["", "\x01"]})
    assert (empty.status_code, empty.json()["errors"][0]["allowed"]) == (400, list(CARD_FILTERS[parameter].words))


def test_the_description_lists_the_values_of_each_filter_and_the_fields_of_the_card(api: Client) -> None:
    schema: dict[str, Any] = json.loads(api.get("/api/v1/schema/").content)
    parameters = {item["name"]: item for item in schema["paths"][LIST]["get"]["parameters"]}
    for slug, item in CARD_FILTERS.items():
        assert parameters[slug]["schema"]["items"]["enum"] == list(item.words)
        assert str(item.field.name) in parameters[slug]["description"]
    described = schema["components"]["schemas"]
    assert list(described["Card"]["properties"]) == list(CardSerializer().fields) == [field.slug for field in FIELDS]
    assert all(item["description"] for item in described["Card"]["properties"].values())
    assert {"card", "doubts"} <= set(described["Study"]["properties"])
    assert {"doubtful", "detail"} <= set(described["Label"]["properties"])
    assert described["Evidence"]["properties"]["marks"]["items"]["type"] == "array"
