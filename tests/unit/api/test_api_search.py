"""The search in the API: what it tells beside the results, and errors that name the character."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.api.serializers import SnippetSerializer, StudyPageSerializer
from apps.search.snippets import PLACES
from tests.factories.documents import entry, publish

pytestmark = pytest.mark.django_db

LIST = "/api/v1/studies/"
ALWAYS = {"count", "next", "previous", "results"}


@pytest.fixture(autouse=True)
def _studies(db: None) -> None:
    publish(
        entry("NCT90000001", title="Cells in Lupus"),
        entry("NCT90000002", title="Cells in joints", text_eligibility="Natalizumab has failed"),
    )


def test_a_list_tells_synonyms_and_snippets(api: Client) -> None:
    body = api.get(LIST, {"q": "lupus -MS"}).json()
    assert body["also_searched"] == ["systemic lupus erythematosus", "SLE"]
    assert body["also_left_out"] == ["multiple sclerosis", "disseminated sclerosis"]
    assert body["count"] == 0
    body = api.get(LIST, {"q": "natalizumab"}).json()
    assert set(body) == ALWAYS | {"snippets"}
    assert body["snippets"] == {
        "NCT90000002": [{"place": "eligibility", "text": "Natalizumab has failed", "marks": [[0, 11]]}]
    }


def test_a_list_tells_the_spelling_that_was_searched(api: Client) -> None:
    body = api.get(LIST, {"q": "lupsu"}).json()
    assert body["corrected_query"] == "lupus"
    assert [row["nct_id"] for row in body["results"]] == ["NCT90000001"]
    assert "corrected_query" not in api.get(LIST, {"q": '"lupsu"'}).json()
    assert api.get(LIST, {"q": "NCT99999999"}).json()["count"] == 0


def test_pages_of_a_corrected_search_stay_corrected(api: Client) -> None:
    first = api.get(LIST, {"q": "cels", "page_size": 1}).json()
    second = api.get(first["next"]).json()
    assert first["corrected_query"] == second["corrected_query"] == "cells"
    assert first["results"] != second["results"]


def test_a_list_without_a_text_tells_nothing_of_it(api: Client) -> None:
    assert set(api.get(LIST).json()) == ALWAYS


@pytest.mark.parametrize(
    ("q", "position", "sentence"),
    [
        ('lupus "cord', 6, "quotation mark"),
        ("titel:lupus", 0, "title, condition, intervention, sponsor, outcome, eligibility, country"),
        ("x country:Narnia", 10, "no country"),
        ("((((((((((((((((((((a", 17, "brackets"),
    ],
)
def test_a_text_that_cannot_be_read_is_refused_with_its_place(
    api: Client, q: str, position: int, sentence: str
) -> None:
    response = api.get(LIST, {"q": q})
    assert response.status_code == 400
    [error] = response.json()["errors"]
    assert (error["parameter"], error["value"], error["position"]) == ("q", q, position)
    assert sentence in error["message"]
    assert "position" not in api.get(LIST, {"status": "x"}).json()["errors"][0]


def test_the_description_names_what_is_told(api: Client) -> None:
    described = api.get("/api/v1/schema/").json()["components"]["schemas"]
    assert set(described["StudyPage"]["properties"]) == set(StudyPageSerializer().fields)
    assert set(described["StudyPage"]["required"]) == ALWAYS
    assert set(described["Snippet"]["properties"]) == set(SnippetSerializer().fields)
    assert "position" in described["ProblemError"]["properties"]
    body = api.get(LIST, {"q": "lupus"}).json()
    for snippets in body["snippets"].values():
        for snippet in snippets:
            assert set(snippet) == set(SnippetSerializer().fields)
            assert snippet["place"] in PLACES
