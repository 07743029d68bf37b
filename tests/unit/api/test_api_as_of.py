"""Lists, counts and sponsors of earlier days in the API, and days of which there are none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client

from apps.search.models import StudyDocument, StudyDocumentPast
from tests.factories.documents import entry, publish_at

pytestmark = pytest.mark.django_db

LIST, FACETS, SPONSORS, LABELS = (f"/api/v1/{name}/" for name in ("studies", "facets", "sponsors", "labels"))
ONE, TWO, THREE = "NCT90000001", "NCT90000002", "NCT90000003"
LISTS = (LIST, FACETS, SPONSORS)


@pytest.fixture(autouse=True)
def _some_days() -> Iterator[None]:
    with time_machine.travel("2024-06-10T12:00:00Z"):
        publish_at(
            dt.datetime(2024, 3, 1, 10, tzinfo=dt.UTC),
            entry(ONE, title="Early cells", sponsor="First Hospital", enrollment=5),
            entry(TWO, text_d="orchid"),
        )
        publish_at(
            dt.datetime(2024, 3, 5, 10, tzinfo=dt.UTC),
            entry(ONE, title="Later cells", sponsor="Second Hospital", enrollment=50, overall_status="COMPLETED"),
            entry(TWO, registry_state="gone"),
            entry(THREE),
        )
        yield


def test_a_list_has_the_values_of_then(api: Client, django_assert_num_queries: Any) -> None:
    body = api.get(f"{LIST}?as_of=2024-03-04&sort=nct_id").json()
    assert body["as_of"] == "2024-03-04"
    assert [row["nct_id"] for row in body["results"]] == [ONE, TWO]
    first = body["results"][0]
    assert (first["title"], first["enrollment"], first["overall_status"]) == ("Early cells", 5, "RECRUITING")
    assert body["results"][1]["registry_state"] == "present"
    # 1 dataset version, 2 the page's rows
    with django_assert_num_queries(2):
        assert api.get(f"{LIST}?as_of=2024-03-04&status=COMPLETED&status=RECRUITING").json()["count"] == 2
    now = api.get(f"{LIST}?sort=nct_id").json()
    assert "as_of" not in now
    assert [(row["nct_id"], row["registry_state"]) for row in now["results"]] == [
        (ONE, "present"), (TWO, "gone"), (THREE, "present"),
    ]  # fmt: skip


def test_texts_are_those_of_then(api: Client) -> None:
    body = api.get(f"{LIST}?as_of=2024-03-04&q=orchid").json()
    assert [row["nct_id"] for row in body["results"]] == [TWO]
    assert body["snippets"][TWO] == [{"place": "description", "text": "orchid", "marks": [[0, 6]]}]
    assert api.get(f"{LIST}?q=orchid").json()["count"] == 0


def test_pages_and_harvests_keep_the_day(api: Client) -> None:
    for begin in ("as_of=2024-03-05&sort=title&page_size=1", "as_of=2024-03-05&page_size=1&cursor=*"):
        address, found = f"{LIST}?{begin}", []
        while address:
            body = api.get(address).json()
            found += [row["nct_id"] for row in body["results"]]
            assert body["as_of"] == "2024-03-05"
            address = body["next"]
        assert sorted(found) == [ONE, TWO, THREE]
    body = api.get(f"{LIST}?as_of=2024-03-04&cursor=*").json()
    assert body["results"][0]["title"] == "Early cells"


def test_facets_and_sponsors_are_those_of_then(api: Client) -> None:
    body = api.get(f"{FACETS}?as_of=2024-03-04").json()
    assert (body["count"], body["as_of"], body["scopes"]["in_scope"]) == (2, "2024-03-04", 2)
    [status] = [facet for facet in body["facets"] if facet["parameter"] == "status"]
    assert [(item["value"], item["count"]) for item in status["values"]] == [("RECRUITING", 2)]
    body = api.get(f"{SPONSORS}?as_of=2024-03-04&name=hospital&sort=name").json()
    assert body["as_of"] == "2024-03-04"
    assert [(row["sponsor"], row["recruiting"]) for row in body["results"]] == [
        ("First Hospital", 1), ("University Hospital of Testing", 1),
    ]  # fmt: skip
    now = api.get(f"{SPONSORS}?name=hospital&sort=name").json()["results"]
    assert [row["sponsor"] for row in now] == ["Second Hospital", "University Hospital of Testing"]


def test_today_is_the_present_so_far(api: Client) -> None:
    body = api.get(f"{LIST}?as_of=2024-06-10").json()
    assert (body["count"], body["as_of"]) == (3, "2024-06-10")


@pytest.mark.parametrize("address", LISTS)
@pytest.mark.parametrize("told", ["2024-02-29", "0001-01-01", "2024-06-11", "9999-12-31"])
def test_a_day_without_a_list_is_a_problem_that_names_the_first(api: Client, address: str, told: str) -> None:
    response = api.get(f"{address}?as_of={told}")
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")
    assert "ETag" not in response.headers
    body = response.json()
    assert (body["first_day"], body["last_day"]) == ("2024-03-01", "2024-06-10")
    assert "1 March 2024" in body["detail"]
    [error] = body["errors"]
    assert (error["parameter"], error["value"], error["allowed"]) == ("as_of", told, ["2024-03-01 to 2024-06-10"])


def test_before_anything_is_published_there_is_no_first_day(api: Client) -> None:
    StudyDocument.objects.all().delete()
    StudyDocumentPast.objects.all().delete()
    publish_at(dt.datetime(2024, 3, 6, tzinfo=dt.UTC))
    body = api.get(f"{LIST}?as_of=2024-06-09").json()
    assert (body["status"], body["first_day"], body["last_day"]) == (400, None, "2024-06-10")
    assert api.get(f"{LIST}?as_of=2024-06-10").json()["count"] == 0


@pytest.mark.parametrize("address", LISTS)
@pytest.mark.parametrize(
    "told",
    ["foo", "2026-02-30", "2024-3-1", "20240301", "2024-03-01T10:00:00Z", "today", "-1", "", "%00", "٢٠٢٤-٠٣-٠١"],
)
def test_nonsense_is_refused(api: Client, address: str, told: str) -> None:
    response = api.get(f"{address}?as_of={told}")
    assert response.status_code == 400
    [error] = response.json()["errors"]
    assert (error["parameter"], error["allowed"]) == ("as_of", ["a day as 2026-03-01"])


def test_two_days_are_refused_and_control_characters_go(api: Client) -> None:
    response = api.get(f"{LIST}?as_of=2024-03-01&as_of=2024-03-02")
    assert response.status_code == 400
    assert "can be given once" in response.json()["detail"]
    assert api.get(f"{LIST}?as_of=2024-03-04%00").json()["as_of"] == "2024-03-04"


def test_an_error_is_never_taken_for_a_copy_that_stands(api: Client) -> None:
    """Tomorrow the same address has a list."""
    etag = api.get(f"{LIST}?as_of=2024-06-10")["ETag"]
    assert api.get(f"{LIST}?as_of=2024-06-10", headers={"If-None-Match": etag}).status_code == 304
    assert api.get(f"{LIST}?as_of=2024-06-11").status_code == 400
    with time_machine.travel("2024-06-11T00:00:01Z"):
        assert api.get(f"{LIST}?as_of=2024-06-11").status_code == 200


def test_labels_have_no_earlier_days(api: Client) -> None:
    """They are the present ones: a list of then with labels of now would be neither."""
    response = api.get(f"{LABELS}?as_of=2024-03-04")
    assert response.status_code == 400
    assert response.json()["errors"][0]["parameter"] == "as_of"
