"""What the list says about a search: snippets, synonyms, the nearest spelling, and texts that cannot be read."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from tests.factories.documents import entry, publish

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _trials(db: None) -> None:
    publish(
        entry("NCT90000001", title="Cells in <b>Lupus</b>", text_d="Nothing else."),
        entry(
            "NCT90000002",
            title="Cells in joints",
            text_d="First.\nGiven & measured: <i>flares</i> of SLE, weekly.",
            text_eligibility="Natalizumab has failed",
        ),
    )


def listed(client: Client, q: str, status: int = 200) -> BeautifulSoup:
    response = client.get("/trials/", {"q": q})
    assert response.status_code == status
    return BeautifulSoup(response.content, "html.parser")


def asked(link: object) -> str:
    return parse_qs(urlsplit(link["href"]).query)["q"][0]


def test_found_words_are_marked_and_nothing_of_a_record_becomes_markup(client: Client) -> None:
    first, second = listed(client, "lupus").select(".trial-row")
    assert [mark.get_text() for mark in first.select("mark")] == ["Lupus"]
    assert first.h2.get_text() == "Cells in <b>Lupus</b>"
    [found] = second.select(".trial-row__found")
    assert found.get_text() == "Description: Given & measured: <i>flares</i> of SLE, weekly."
    assert [mark.get_text() for mark in found.select("mark")] == ["SLE"]
    assert not second.select("i, b")


def test_without_a_search_nothing_is_marked(client: Client) -> None:
    document = BeautifulSoup(client.get("/trials/").content, "html.parser")
    assert document.select(".trial-row")
    assert not document.select("mark, .trial-row__found, .asked-also, .notice")


def test_synonyms_are_named_with_a_way_to_do_without(client: Client) -> None:
    told = listed(client, "lupus").select_one(".asked-also")
    assert told.get_text(" ", strip=True) == "Also searched: systemic lupus erythematosus, SLE. Only my own words"
    assert asked(told.a) == '"lupus"'
    assert not listed(client, '"lupus"').select(".asked-also")
    told = listed(client, "cells -lupus").select_one(".asked-also").get_text(" ", strip=True)
    assert told.startswith("Left out as well: systemic lupus erythematosus, SLE.")


def test_the_nearest_spelling_is_said_with_a_way_back(client: Client) -> None:
    document = listed(client, "lupsu")
    notice = document.select_one(".notice--info")
    assert "Nothing has “lupsu” as it is spelt, so we searched for lupus." in notice.get_text()
    assert asked(notice.a) == '"lupsu"'
    assert document.h1.get_text() == "2 trials, matching “lupus”"
    assert document.find(id="q")["value"] == "lupsu"
    exactly = listed(client, asked(notice.a))
    assert not exactly.select(".notice")
    assert exactly.select(".empty")


@pytest.mark.parametrize(
    ("q", "marked", "place", "sentence", "plain"),
    [
        ('lupus "cord', '"', 7, "This quotation mark is not closed.", "lupus cord"),
        ("(lupus", "(", 1, "This bracket is not closed.", "lupus"),
        ("titel:lupus OR x", "t", 1, "There is no field of this name.", "titel lupus x"),
        ("lupus title:", "\xa0", 13, "must follow", "lupus title"),
        ("country:<b>", "<", 9, "We know no country of this name.", "country b"),
    ],
)
def test_a_search_that_cannot_be_read_shows_where(
    client: Client, q: str, marked: str, place: int, sentence: str, plain: str
) -> None:
    document = listed(client, q)
    notice = document.select_one("#q-wrong")
    assert notice.select_one("code").get_text().replace("\xa0", "") == q
    assert notice.mark.get_text() == marked
    assert f"At character {place}: " in notice.get_text()
    assert sentence in notice.get_text()
    assert asked(notice.a) == plain
    assert document.find(id="q")["aria-describedby"] == "q-wrong"
    assert document.find(id="q")["value"] == q
    assert document.h1.get_text() == "We could not read this search"
    assert not document.select(".trial-row")
    assert "No trial fits" not in document.get_text()


def test_a_search_without_any_word_offers_no_plain_words(client: Client) -> None:
    notice = listed(client, '("').select_one("#q-wrong")
    assert notice.select("mark")
    assert not notice.select("a")


def test_a_page_of_what_cannot_be_read_is_no_page_past_the_end(client: Client) -> None:
    assert client.get("/trials/?q=(&page=9").status_code == 200


def test_every_example_of_the_help_can_be_searched(client: Client) -> None:
    links = BeautifulSoup(client.get("/trials/").content, "html.parser").select("#search-help dt a")
    assert len(links) > 10
    for link in links:
        assert asked(link) == link.get_text()
        document = listed(client, asked(link))
        assert not document.select("#q-wrong, .notice"), link.get_text()
