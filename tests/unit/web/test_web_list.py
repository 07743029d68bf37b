"""The list of trials: what the address asks for, and nothing that a reader types breaks it."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from apps.search.indexer import move_dataset_version
from apps.search.query import PARAMETERS, StudyQuery
from apps.search.selectors import search_studies
from tests.factories.documents import entry, publish


def page(client: Client, path: str, status: int = 200) -> BeautifulSoup:
    response = client.get(path)
    assert response.status_code == status
    return BeautifulSoup(response.content, "html.parser")


def titles(document: BeautifulSoup) -> list[str]:
    return [title.get_text() for title in document.select(".trial-row__title")]


@pytest.mark.usefixtures("some_trials")
def test_a_row_says_what_matters(client: Client) -> None:
    row = page(client, "/trials/?q=lupus").select_one(".trial-row")
    assert row.a["href"] == "/trials/NCT90000002/"
    assert row.select_one(".pill").get_text() == "Completed"
    assert row.select_one(".kind--hsc").get_text() == "HSC"
    text = row.get_text(" ", strip=True)
    for words in (
        "Phase 2",
        "20 people planned",
        "3 places in Germany, France",
        "changed 1 January 2025",
        "NCT90000002",
    ):
        assert words in text
    unknown = page(client, "/trials/?country=CN").select_one(".trial-row").get_text(" ", strip=True)
    assert "Number of people not stated" in unknown
    assert "Interventional" in unknown


@pytest.mark.usefixtures("some_trials")
def test_titles_are_text_not_markup(client: Client) -> None:
    document = page(client, "/trials/?country=CN")
    assert titles(document) == ["Gamma <b>cells</b> & more"]
    assert not document.select(".trial-row b")
    assert page(client, '/trials/?q=""><script>alert</script>').h1.get_text().count("<script>") == 1


@pytest.mark.usefixtures("some_trials")
def test_filters_chips_and_counts(client: Client) -> None:
    document = page(client, "/trials/?cell_type=msc&country=CN&country=ES")
    assert document.h1.get_text() == "2 MSC trials in China or Spain"
    chips = {chip.get_text(strip=True).split(":")[-1].strip(): chip["href"] for chip in document.select("a.chip")}
    assert chips["MSC"] == "/trials/?country=CN&country=ES"
    assert chips["China"] == "/trials/?cell_type=msc&country=ES"
    assert chips["Clear all"] == "/trials/"
    ticked = {(box["name"], box["value"]) for box in document.select("#filter-form input:checked, input[checked]")}
    assert ticked == {("cell_type", "msc"), ("country", "CN"), ("country", "ES")}
    assert document.find("meta", {"name": "robots"})["content"] == "noindex, follow"
    plain = page(client, "/trials/")
    assert plain.find("meta", {"name": "robots"})["content"] == "index, follow"
    assert not plain.select(".chip")


@pytest.mark.usefixtures("some_trials")
def test_only_what_is_in_scope_is_listed_at_first(client: Client) -> None:
    document = page(client, "/trials/")
    assert document.h1.get_text() == "3 trials"
    assert "One more record may belong here" in document.get_text()
    waiting = page(client, "/trials/?scope=review")
    assert titles(waiting) == ["Unclear delta"]
    assert "Waiting for a person" in waiting.select_one(".trial-row").get_text()
    assert waiting.select_one("#filter-form input[name=scope]")["value"] == "review"


@pytest.mark.usefixtures("some_trials")
def test_an_unknown_value_is_named_and_an_unknown_parameter_is_not(client: Client) -> None:
    document = page(client, "/trials/?status=norway&colour=green")
    notice = document.select_one(".notice--warn").get_text()
    assert "norway" in notice
    assert "green" not in document.get_text()
    assert document.h1.get_text() == "3 trials"


@pytest.mark.usefixtures("some_trials")
def test_the_form_keeps_what_it_does_not_show(client: Client) -> None:
    document = page(client, "/trials/?sort=title&page_size=2&q=cells")
    hidden = {field["name"]: field["value"] for field in document.select("#filter-form input[type=hidden]")}
    assert hidden == {"sort": "title", "page_size": "2"}
    assert document.find(id="q")["value"] == "cells"
    assert document.find(id="q")["form"] == "filter-form"
    chosen = document.select_one(".orders [aria-current]")
    assert chosen.get_text() == "title"


def test_pages_and_the_way_back(client: Client, db: None) -> None:
    publish(*(entry() for _ in range(60)))
    first = page(client, "/trials/")
    assert "1 to 25 of 60" in first.select_one(".list__bar").get_text()
    assert not first.find("a", rel="prev")
    assert first.find("a", rel="next")["href"] == "/trials/?page=2"
    assert first.find("link", rel="next")["href"] == "/trials/?page=2"
    last = page(client, "/trials/?page=3&status=RECRUITING")
    assert "51 to 60 of 60" in last.select_one(".list__bar").get_text()
    assert last.find("a", rel="prev")["href"] == "/trials/?status=RECRUITING&page=2"
    assert not last.find("a", rel="next")
    past = page(client, "/trials/?page=4&status=RECRUITING", 404)
    assert past.select_one("main a.button")["href"] == "/trials/?status=RECRUITING&page=3"
    assert page(client, "/trials/?page=999999999", 404).h1
    assert len(titles(page(client, "/trials/?page_size=200"))) == 60


@pytest.mark.usefixtures("some_trials")
def test_nothing_found_is_a_page_not_an_error(client: Client) -> None:
    document = page(client, "/trials/?q=zebra&country=NO")
    assert document.h1.get_text().startswith("0 trials")
    assert "No trial fits all of this" in document.select_one(".empty").get_text()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    params=st.lists(
        st.tuples(
            st.one_of(st.sampled_from(PARAMETERS), st.text(max_size=8)),
            st.one_of(
                st.text(max_size=30),
                st.sampled_from(
                    ["-1", "0", "1e9", "NaN", "\x00", "' OR 1=1 --", "RECRUITING", "%", "-", "title", "all"]
                ),
            ),
        ),
        max_size=6,
    )
)
@pytest.mark.usefixtures("some_trials")
def test_nonsense_in_every_parameter(client: Client, params: list[tuple[str, str]]) -> None:
    query: dict[str, list[str]] = {}
    for name, value in params:
        query.setdefault(name.encode("utf-8", "ignore").decode(), []).append(value.encode("utf-8", "ignore").decode())
    response = client.get("/trials/", query)
    assert response.status_code in {200, 404}
    if response.status_code == 404:
        assert "page" in query
    assert BeautifulSoup(response.content, "html.parser").h1


@pytest.mark.usefixtures("some_trials")
def test_bytes_that_are_no_text(client: Client) -> None:
    assert client.get("/trials/?q=%ff%fe&status=%00&page=%f0").status_code == 200


@pytest.mark.usefixtures("some_trials")
def test_queries_of_a_list(client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    from apps.web.views.site import known

    client.get("/trials/")
    known.forget()
    # 1 the dataset's version, 2 the runs behind it (for the registry's date), 3 the rows.
    with django_assert_num_queries(3):
        client.get("/trials/")
    # 1 the version, 2 the search of the texts, 3 their ranking, 4 the rows. The runs are remembered for some seconds.
    with django_assert_num_queries(4):
        client.get("/trials/?q=cells&disease=multiple-sclerosis")


@pytest.mark.usefixtures("some_trials")
def test_queries_of_other_pages(client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    client.get("/")
    # 1 the dataset's version, 2 the trials that changed last.
    with django_assert_num_queries(2):
        client.get("/")
    # 1 the dataset's version, 2 the MSC trials that recruit; of HSC and of completed trials there are none to read.
    with django_assert_num_queries(2):
        client.get("/diseases/multiple-sclerosis/")
    # 1 the dataset's version.
    with django_assert_num_queries(1):
        client.get("/about/")


@pytest.mark.usefixtures("some_trials")
@pytest.mark.parametrize("slug", ["multiple-sclerosis", "type-1-diabetes"])
def test_queries_for_what_people_write(
    slug: str, client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.get(f"/diseases/{slug}/")
    with CaptureQueriesContext(connection) as before:
        client.get(f"/diseases/{slug}/")
    move_dataset_version()
    search_studies(StudyQuery())  # the index in memory follows the version, too
    # Pages, glossary and their sources, once for a version of the dataset, whatever is written on them.
    with django_assert_num_queries(len(before) + 3):
        client.get(f"/diseases/{slug}/")
    with django_assert_num_queries(len(before)):
        client.get(f"/diseases/{slug}/")


@pytest.mark.usefixtures("some_trials")
def test_the_two_kinds_are_explained_above_the_list(client: Client) -> None:
    legend = page(client, "/trials/").select_one(".legend")
    assert [mark.get_text() for mark in legend.select(".kind")] == ["MSC:", "HSC:"]
    assert legend.a["href"] == "/#kinds"


@pytest.mark.usefixtures("some_trials")
def test_an_unknown_value_is_named_in_words_for_readers(client: Client) -> None:
    notice = page(client, "/trials/?status=norway&sort=shuffle").select(".notice")
    assert [item.get_text(strip=True) for item in notice] == [
        "We do not know “norway” under “Status”, so we left it out.",
        "We do not know “shuffle” under “sort”, so we left it out.",
    ]


def test_before_the_first_load_nothing_is_counted(client: Client, db: None) -> None:
    assert page(client, "/trials/").h1.get_text() == "Trials"
    assert not page(client, "/").select(".disease-card__number")
