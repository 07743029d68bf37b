"""The list of an earlier day on the site: what it says of its day, which links keep it, and days that have none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from bs4 import BeautifulSoup, Tag
from django.test import Client

from apps.search import bitmaps
from tests.factories.documents import entry, publish_at

pytestmark = pytest.mark.django_db

ONE, TWO = "NCT90000001", "NCT90000002"


@pytest.fixture(autouse=True)
def _some_days() -> Iterator[None]:
    with time_machine.travel("2024-06-10T12:00:00Z"):
        publish_at(
            dt.datetime(2024, 3, 1, 10, tzinfo=dt.UTC),
            entry(ONE, title="Early cells", text_d="orchid", last_update_posted="2022-02-01"),
            *[entry(f"NCT9001{number:04d}", countries=["CN"]) for number in range(30)],
        )
        publish_at(
            dt.datetime(2024, 3, 5, 10, tzinfo=dt.UTC),
            entry(ONE, title="Later cells", overall_status="COMPLETED", text_d=""),
            entry(TWO, title="Newcomer", scope="review"),
        )
        yield


def page(client: Client, address: str, status: int = 200) -> BeautifulSoup:
    response = client.get(address)
    assert response.status_code == status, response.content
    return BeautifulSoup(response.content, "html.parser")


def text(element: Tag) -> str:
    return " ".join(element.get_text().split())


def test_the_heading_the_notice_and_a_chip_tell_the_day(client):
    document = page(client, "/trials/?as_of=2024-03-02&country=ES")
    assert text(document.select("h1")[0]) == "1 trial in Spain, as known on 2 March 2024"
    [notice] = document.select(".list__state .notice--info")
    assert "as it stood here at the end of 2 March 2024 (UTC)" in text(notice)
    assert notice.select("a")[0]["href"] == "/trials/?country=ES"
    chips = {text(chip): chip["href"] for chip in document.select(".chips a")}
    assert chips["Remove the filter: As known on 2 March 2024"] == "/trials/?country=ES"
    assert chips["Remove the filter: Spain"] == "/trials/?as_of=2024-03-02"
    assert document.select('meta[name="robots"]')[0]["content"].startswith("noindex")
    assert document.select('link[rel="canonical"]')[0]["href"].endswith("?country=ES&as_of=2024-03-02")


def test_rows_are_those_of_then_and_say_that_their_pages_are_not(client):
    document = page(client, "/trials/?as_of=2024-03-02&country=ES")
    [row] = document.select(".trial-row")
    assert "Early cells" in text(row)
    assert "Recruiting" in text(row)
    assert f"{ONE} (its page shows the present)" in text(row)
    assert row.select("h2 a")[0]["href"] == f"/trials/{ONE}/"
    # As old as it was on that day.
    assert "2 years ago" in text(row)
    [row] = page(client, "/trials/?country=ES").select(".trial-row")
    assert "Later cells" in text(row)
    assert "its page shows" not in text(row)


def test_a_word_of_then_is_found_then_and_shown(client):
    document = page(client, "/trials/?q=orchid&as_of=2024-03-04")
    assert text(document.select("h1")[0]) == "1 trial, matching “orchid”, as known on 4 March 2024"
    assert [text(mark) for mark in document.select(".trial-row mark")] == ["orchid"]
    assert page(client, "/trials/?q=orchid").select(".trial-row") == []


def test_every_link_of_the_list_keeps_the_day(client):
    document = page(client, "/trials/?as_of=2024-03-05&sort=title&page=2")
    links = [*document.select(".orders a"), *document.select(".pager a"), *document.select("#list .small a")]
    links += document.select(".take-away__files a")
    inside = [link["href"] for link in links if link["href"].startswith(("/trials/?", "/trials/export"))]
    assert len(inside) > 10
    for href in inside:
        assert parse_qs(urlsplit(href).query)["as_of"] == ["2024-03-05"], href
    [field] = document.select('#filter-form input[name="as_of"]')
    assert (field.get("value"), field.get("max"), field.get("type")) == ("2024-03-05", "2024-06-10", "date")
    assert document.select('#filter-form input[type="hidden"][name="as_of"]') == []


def test_a_table_keeps_the_day_and_says_the_same(client):
    document = page(client, "/trials/?as_of=2024-03-02&country=ES&view=table")
    [row] = document.select(".trials tbody tr")
    assert f"{ONE} (its page shows the present)" in text(row)
    assert "Early cells" in text(row)
    for link in document.select(".trials thead a"):
        assert parse_qs(urlsplit(link["href"]).query)["as_of"] == ["2024-03-02"]
    assert document.select(".list__state .notice--info a")[0]["href"] == "/trials/?country=ES&view=table"
    hidden = {field["name"]: field["value"] for field in document.select('form input[type="hidden"][name="as_of"]')}
    assert hidden == {"as_of": "2024-03-02"}
    assert "its page shows" not in text(page(client, "/trials/?country=ES&view=table"))


def test_all_values_of_a_filter_are_those_of_then(client):
    document = page(client, "/trials/values/country/?as_of=2024-03-02&status=RECRUITING")
    assert "as known on 2 March 2024" in text(document.select(".lead")[0])
    counts = {text(item.a): text(item.select(".option__count")[0]) for item in document.select(".values li")}
    assert counts == {"China": "30", "Spain": "1"}
    for link in document.select(".values a"):
        assert parse_qs(urlsplit(link["href"]).query)["as_of"] == ["2024-03-02"]
    page(client, "/trials/values/country/?as_of=0001-01-01", 400)
    now = page(client, "/trials/values/country/?status=RECRUITING")
    assert [text(item.a) for item in now.select(".values li")] == ["China"]


def test_the_plain_list_offers_a_day_and_names_none(client):
    document = page(client, "/trials/")
    [field] = document.select('#filter-form input[name="as_of"]')
    assert (field.get("value"), field.get("max")) == ("", "2024-06-10")
    assert document.select(".list__state .notice") == []
    # What a browser sends of a form in which no day was chosen.
    assert text(page(client, "/trials/?q=&as_of=").select("h1")[0]) == "31 trials"


def test_today_is_told_to_be_not_over(client):
    document = page(client, "/trials/?as_of=2024-06-10")
    assert text(document.select("h1")[0]) == "31 trials, as known on 10 June 2024"
    assert "10 June 2024 is not over yet (UTC)" in text(document.select(".list__state .notice")[0])
    assert "its page shows" not in text(document)


@pytest.mark.parametrize("told", ["2024-02-29", "0001-01-01", "1969-12-31"])
def test_a_day_before_the_first_is_an_error_that_names_the_first(client, told):
    response = client.get(f"/trials/?as_of={told}&status=RECRUITING&page=3")
    document = BeautifulSoup(response.content, "html.parser")
    assert response.status_code == 400
    assert text(document.select("h1")[0]) == "There is no list of that day"
    assert "The first list is that of 1 March 2024." in text(document)
    links = [(text(link), link["href"]) for link in document.select(".buttons a")]
    assert links == [
        ("The present list", "/trials/?status=RECRUITING"),
        ("The list as of 1 March 2024", "/trials/?status=RECRUITING&as_of=2024-03-01"),
    ]
    assert document.select('meta[name="robots"]')[0]["content"] == "noindex"
    assert document.select(".trial-row") == []
    assert response.headers["Cache-Control"] == "no-store"
    assert "ETag" not in response.headers
    for _text, href in links:
        page(client, href)


@pytest.mark.parametrize("told", ["2024-06-11", "9999-12-31"])
def test_a_day_to_come_is_an_error(client, told):
    document = page(client, f"/trials/?as_of={told}", 400)
    assert text(document.select("h1")[0]) == "That day is still to come"
    assert "from 1 March 2024 to today, 10 June 2024" in text(document)
    assert document.select(".buttons a")[0]["href"] == "/trials/"


@pytest.mark.parametrize(
    "told",
    [
        "foo",
        "2026-02-30",
        "2024-3-1",
        "20240301",
        "2024-W10-5",
        "2024-03-01T10:00",
        "-1",
        "٢٠٢٤-٠٣-٠١",
        "<b>",
        "0000-00-00",
    ],
)
def test_nonsense_is_left_out_and_named(client, told):
    document = page(client, f"/trials/?as_of={told}")
    [notice] = document.select(".list__state .notice--warn")
    assert text(notice) == f"“{told}” is no day, so this is the present list. Write a day as 2026-03-01."
    assert text(document.select("h1")[0]) == "Trials" or text(document.select("h1")[0]) == "31 trials"
    assert document.select(".chips") == []


def test_control_characters_go_and_a_second_day_is_told(client):
    assert "as known on 2 March" in text(page(client, "/trials/?as_of=2024-03-02%00").select("h1")[0])
    document = page(client, "/trials/?as_of=2024-03-02&as_of=2024-03-05")
    assert "as known on 2 March" in text(document.select("h1")[0])
    assert "can be given once" in text(document.select(".list__state .notice--warn")[0])
    assert page(client, "/trials/?as_of=2024-03-02&as_of=2024-03-02").select(".notice--warn") == []


def test_a_page_past_the_end_leads_back_to_the_same_day(client):
    document = page(client, "/trials/?as_of=2024-03-02&page=9", 404)
    assert [link["href"] for link in document.select(".buttons a")] == [
        "/trials/?as_of=2024-03-02&page=2",
        "/trials/?as_of=2024-03-02",
    ]


def test_a_list_that_could_not_be_made_in_time_says_so(client, monkeypatch):
    def busy(*_arguments: object) -> None:
        raise bitmaps.Busy

    monkeypatch.setattr("apps.search.selectors.index_at", busy)
    page(client, "/trials/values/country/?as_of=2024-03-02", 503)
    document = page(client, "/trials/?as_of=2024-03-02", 503)
    assert text(document.select("h1")[0]) == "The list was not ready in time"
    assert "please try again in half a minute" in text(document).lower()


def test_a_list_of_an_earlier_day_costs_as_many_statements_as_the_present_one(client, django_assert_num_queries):
    client.get("/trials/?as_of=2024-03-02")
    # 1 dataset version, 2 the page's rows
    with django_assert_num_queries(2):
        client.get("/trials/?as_of=2024-03-02&country=ES")
    # 1 dataset version, 2 the kinds of caution, 3 the facet columns of another day, 4 the page's rows, 5 the runs
    # behind that day
    with django_assert_num_queries(5):
        client.get("/trials/?as_of=2024-03-03")


def test_a_cached_list_stands_while_the_dataset_does(client):
    etag = client.get("/trials/?as_of=2024-03-02").headers["ETag"]
    assert client.get("/trials/?as_of=2024-03-02", headers={"If-None-Match": etag}).status_code == 304
    assert client.get("/trials/?as_of=2024-03-03", headers={"If-None-Match": etag}).status_code == 200
