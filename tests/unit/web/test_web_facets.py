"""Facets as links, sponsors on a page of their own, and nonsense in every parameter of the list."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.search.query import FILTERS
from tests.factories.documents import entry, publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def trials() -> None:
    publish(
        entry("NCT90000001", title="One", allocation="RANDOMIZED", masking="DOUBLE", sponsor="Alpha & Söhne <AG>"),
        entry("NCT90000002", title="Two", allocation="RANDOMIZED", masking="NONE", countries=["CN"]),
        entry("NCT90000003", title="Three", allocation="NA", start_date="2019-01", overall_status="COMPLETED"),
    )


def page(client: Client, path: str, status: int = 200) -> BeautifulSoup:
    response = client.get(path)
    assert response.status_code == status
    return BeautifulSoup(response.content, "html.parser")


def heading(document: BeautifulSoup) -> str:
    assert document.h1
    return document.h1.get_text()


@pytest.mark.usefixtures("trials")
@pytest.mark.parametrize("path", ["/trials/", "/trials/?allocation=RANDOMIZED&status=RECRUITING&sort=title&view=table"])
def test_every_number_of_a_facet_leads_to_just_so_many_trials(client: Client, path: str) -> None:
    document = page(client, path)
    links = document.select("a.option__count")
    assert len(links) >= 8
    for link in links:
        count = int(link.get_text())
        told = page(client, link["href"])
        assert heading(told).startswith(f"{count} "), link["href"]
        assert link["aria-label"].startswith(f"{count}: ")
        box = link.find_parent(class_="option").input
        asked = dict(parse_qsl(urlsplit(link["href"]).query))
        assert asked[box["name"]] == box["value"]
        if "sort" in path:
            assert (asked["sort"], asked["view"]) == ("title", "table")


@pytest.mark.usefixtures("trials")
def test_what_nobody_has_is_hidden_and_what_is_chosen_is_not(client: Client) -> None:
    boxes = {box["value"] for box in page(client, "/trials/").select("input[name=allocation]")}
    assert boxes == {"RANDOMIZED", "NA"}
    chosen = page(client, "/trials/?allocation=NON_RANDOMIZED").select("#facet-allocation .option")
    told = [option.get_text(" ", strip=True) for option in chosen]
    assert told == ["Randomised 2", "Not randomised 0", "Not applicable, as with one group 1"]


@pytest.mark.usefixtures("trials")
def test_chips_say_of_what_they_are(client: Client) -> None:
    document = page(client, "/trials/?start_year=2019&sponsor=alpha+%26+s%C3%B6hne+<ag>&view=table")
    chips = {chip.get_text().split("filter: ")[-1]: chip["href"] for chip in document.select(".chip:has(svg)")}
    assert set(chips) == {"Year of start: 2019", "Lead sponsor: Alpha & Söhne <AG>"}
    assert chips["Lead sponsor: Alpha & Söhne <AG>"] == "/trials/?start_year=2019&view=table"
    assert "year of start: 2019" in heading(document)


@pytest.mark.usefixtures("trials")
def test_a_sponsor_that_no_trial_has_is_told(client: Client) -> None:
    document = page(client, "/trials/?sponsor=Nobody")
    assert heading(document).startswith("0 trials")
    assert "Nobody" in document.select_one(".notice--warn").get_text()


def test_all_sponsors_of_a_list_stand_on_a_page(client: Client) -> None:
    publish(*(entry(sponsor=f"Sponsor {at:02d}", countries=["CN" if at % 2 else "ES"]) for at in range(24)))
    document = page(client, "/trials/?country=CN&view=table")
    link = document.select_one("#facet-sponsor p.more a")
    assert link.get_text() == "All 12: Lead sponsor"
    assert link["href"] == "/trials/values/sponsor/?country=CN&view=table"
    told = page(client, link["href"])
    assert heading(told) == "Lead sponsor"
    assert "Of this list: 12 trials in China." in told.get_text()
    values = told.select(".values li")
    assert [value.get_text(" ", strip=True) for value in values][:2] == ["Sponsor 01 1", "Sponsor 03 1"]
    assert len(values) == 12
    assert values[0].a["href"] == "/trials/?country=CN&view=table&sponsor=Sponsor+01"
    assert heading(page(client, values[0].a["href"])).startswith("1 trial in China")
    assert told.find("meta", {"name": "robots"})["content"] == "noindex, follow"


@pytest.mark.usefixtures("trials")
@pytest.mark.parametrize("parameter", FILTERS)
def test_every_filter_has_such_a_page(client: Client, parameter: str) -> None:
    document = page(client, f"/trials/values/{parameter}/?status=RECRUITING&{parameter}=bogus&view=norway")
    assert heading(document) == str(FILTERS[parameter].label)


@pytest.mark.parametrize("parameter", ["colour", "scope", "q", "page", "1", "sponsor-"])
def test_there_is_no_page_for_what_is_no_filter(client: Client, parameter: str) -> None:
    page(client, f"/trials/values/{parameter}/", 404)


@pytest.mark.usefixtures("trials")
@pytest.mark.parametrize("value", ["nowhere", "<script>", "-1", "' OR 1=1 --", "9" * 400, "😀", "%00", "%ff"])
def test_nonsense_in_every_parameter(client: Client, value: str) -> None:
    for parameter in FILTERS:
        document = page(client, f"/trials/?{parameter}={value}")
        found = heading(document)
        if parameter == "sponsor" and value not in {"%00", "9" * 400}:
            assert found.startswith("0 trials")
        else:
            assert found == "3 trials"
        assert bool(document.select(".notice--warn")) == (value != "%00")
    page(client, f"/trials/values/sponsor/?sponsor={value}&q={value}&page={value}")


def test_queries_of_the_page_of_values(client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    publish(*(entry(sponsor=f"Sponsor {at}") for at in range(30)))
    client.get("/trials/values/sponsor/")
    with django_assert_num_queries(2):
        client.get("/trials/values/sponsor/?status=RECRUITING")
